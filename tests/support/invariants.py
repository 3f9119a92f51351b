"""The platform's invariants, computed from what is stored, from the provider, and from the mailbox.

Money, stock, status and mails are judged order by order: `breaches` says in words what is wrong,
also for an order whose saga is still open. Everything is plain data, so that a test can hand in a
broken world and see that it is noticed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from functions.inventory.domain import LIVE, Reservation, ReservationState, demand_of
from functions.notifications.claims import EmailState
from functions.orders.domain import CLOSED, TRANSITIONS, Order, OrderStatus
from functions.payments.ledger import Payment, PaymentState

LOCKED = frozenset({OrderStatus.CONFIRMING, OrderStatus.CONFIRMED, OrderStatus.CANCELLED})


@dataclass(frozen=True)
class Charge:
    """A payment intent as the provider has it; amounts in minor units."""

    id: str
    status: str
    authorised: int
    captured: int
    refunded: int


@dataclass(frozen=True)
class Account:
    """Everything about one order.

    Attributes:
        statuses: the order's statuses as they were seen, one after another; may be empty.
        charges: every intent of the order at the provider.
        mails: how many confirmations its customer got.
        events: types of the events in its outboxes.
    """

    order: Order
    payment: Payment | None = None
    reservation: Reservation | None = None
    charges: tuple[Charge, ...] = ()
    email: EmailState | None = None
    mails: int = 0
    events: frozenset[str] = frozenset()
    statuses: tuple[OrderStatus, ...] = ()


@dataclass(frozen=True)
class Shelf:
    """The stock of a SKU: units left in each shard, and units ever received."""

    sku: str
    available: tuple[int, ...]
    received: int


def breaches(accounts: Sequence[Account], shelves: Iterable[Shelf]) -> list[str]:
    """What is wrong, in words; empty if nothing is."""
    found: list[str] = []
    for account in accounts:
        order = account.order
        for rule in (_money, _ledger, _holds, _statuses, _events, _mails):
            found += [
                f"order {order.order_id} ({order.status}): {wrong}" for wrong in rule(account)
            ]
    return found + [wrong for shelf in shelves for wrong in _stock(shelf, accounts)]


def _money(account: Account) -> Iterable[str]:
    order, charges = account.order, account.charges
    kept = sum(charge.captured - charge.refunded for charge in charges)
    live = [c for c in charges if c.authorised or c.captured > c.refunded]
    if len(live) > 1:
        yield f"{len(live)} live authorisations"
    if any(charge.refunded > charge.captured for charge in charges):
        yield "more refunded than captured"
    if any(charge.captured for charge in charges) and order.status not in LOCKED:
        yield "captured, though not locked for confirmation"
    stored = account.payment.intent_id if account.payment else None
    if any(charge.id != stored for charge in live):
        yield "an authorisation whose id is not in the ledger"
    if order.status is OrderStatus.CONFIRMED and kept != order.total:
        yield f"captured - refunded is {kept}, not the total of {order.total}"
    if order.saga_open or order.status is OrderStatus.CONFIRMED:
        return
    if kept:
        yield f"its customer is {kept} short"
    if any(charge.authorised for charge in charges):
        yield "money is still held on the card"
    if any(c.id == stored and c.status not in ("canceled", "succeeded") for c in charges):
        yield "its intent can still be confirmed"


def _ledger(account: Account) -> Iterable[str]:
    order, payment = account.order, account.payment
    if payment is None:
        if order.status in (OrderStatus.CONFIRMING, OrderStatus.CONFIRMED):
            yield "no ledger"
        return
    charge = next((c for c in account.charges if c.id == payment.intent_id), None)
    if charge is None:
        yield "the ledger's intent is unknown to the provider"
        return
    if payment.amount != order.total:
        yield f"the ledger's amount is {payment.amount}"
    told = {
        PaymentState.CAPTURED: (payment.amount, 0),
        PaymentState.REFUNDED: (charge.captured, charge.captured),
        PaymentState.VOIDED: (0, 0),
        PaymentState.DECLINED: (0, 0),
        PaymentState.CAPTURE_DECLINED: (0, 0),
    }
    moved = (charge.captured, charge.refunded)
    if told.get(payment.state, moved) != moved:
        yield f"the ledger is {payment.state}, captured and refunded are {moved}"
    if order.status is OrderStatus.CONFIRMED and payment.state is not PaymentState.CAPTURED:
        yield f"the ledger is {payment.state}"
    settled = (PaymentState.VOIDED, PaymentState.REFUNDED)
    if order.status in CLOSED and not order.saga_open and payment.state not in settled:
        yield f"the saga has ended and the ledger is {payment.state}"


def _holds(account: Account) -> Iterable[str]:
    order, reservation = account.order, account.reservation
    state = reservation.state if reservation else None
    wanted = demand_of((line.sku, line.quantity) for line in order.lines)
    if reservation and reservation.by_sku() != wanted:
        yield f"the reservation is of {reservation.by_sku()}, the order of {wanted}"
    locked = order.status in (OrderStatus.CONFIRMING, OrderStatus.CONFIRMED)
    if locked and state is not ReservationState.COMMITTED:
        yield f"its reservation is {state}"
    if state is ReservationState.COMMITTED and order.status is OrderStatus.PENDING:
        yield "its reservation is COMMITTED"
    if order.status in CLOSED and not order.saga_open and state in LIVE:
        yield f"the saga has ended and the reservation is {state}"


def _stock(shelf: Shelf, accounts: Iterable[Account]) -> Iterable[str]:
    taken = sum(
        account.reservation.by_sku().get(shelf.sku, 0)
        for account in accounts
        if account.reservation and account.reservation.state in LIVE
    )
    if min(shelf.available) < 0:
        yield f"{shelf.sku}: a shard is below zero: {shelf.available}"
    if sum(shelf.available) + taken != shelf.received:
        yield f"{shelf.sku}: {shelf.available} left and {taken} taken of {shelf.received}"


def _statuses(account: Account) -> Iterable[str]:
    seen = account.statuses
    for before, after in pairwise(seen):
        if before is not after and after not in TRANSITIONS[before]:
            yield f"it went from {before} to {after}"
    if seen and seen[-1] is not account.order.status:
        yield f"it was last seen {seen[-1]}"
    declined = account.payment and account.payment.code
    rejected = account.order.status is OrderStatus.REJECTED
    if rejected and OrderStatus.CONFIRMING in seen and not declined:
        yield "it went back from CONFIRMING, though no capture was declined"
    if not account.order.saga_open and account.order.status not in (
        OrderStatus.CONFIRMED,
        *CLOSED,
    ):
        yield "its saga has ended"


def _events(account: Account) -> Iterable[str]:
    order, payment, reservation = account.order, account.payment, account.reservation
    paid = payment.state if payment else None
    held = reservation.state if reservation else None
    told = account.events
    rules = {
        "OrderPlaced": True,
        "OrderConfirmed": order.status is OrderStatus.CONFIRMED,
        "OrderRejected": order.status is OrderStatus.REJECTED,
        "PaymentAuthorized": paid in (PaymentState.AUTHORIZED, PaymentState.CAPTURED),
        "PaymentVoided": paid is PaymentState.VOIDED,
        "PaymentRefunded": paid is PaymentState.REFUNDED,
        "InventoryReserved": held is not None,
        "InventoryReleased": held is ReservationState.RELEASED,
    }
    for event, happened in rules.items():
        if happened and event not in told:
            yield f"{event} was not published"
    never = {
        OrderStatus.CONFIRMED: {"OrderRejected", "PaymentVoided", "InventoryReleased"},
        OrderStatus.REJECTED: {"OrderConfirmed", "PaymentRefunded"},
        OrderStatus.PENDING: {"OrderConfirmed", "OrderRejected"},
        OrderStatus.CONFIRMING: {"OrderConfirmed", "OrderRejected"},
    }
    for event in sorted(never.get(order.status, set()) & told):
        yield f"{event} was published"


def _mails(account: Account) -> Iterable[str]:
    order, email, mails = account.order, account.email, account.mails
    if mails > 1:
        yield f"{mails} confirmations were mailed"
    if mails and order.status not in (OrderStatus.CONFIRMED, OrderStatus.CANCELLED):
        yield "a confirmation was mailed"
    if email is EmailState.SENT and mails != 1:
        yield "a confirmation is marked as SENT, but was not mailed"
    if email is EmailState.UNDELIVERABLE and mails:
        yield "a confirmation is marked as UNDELIVERABLE, but was mailed"
    if mails and email is None:
        yield "a confirmation was mailed without a claim"
    ended = order.status is OrderStatus.CONFIRMED and not order.saga_open
    if ended and email in (None, EmailState.CLAIMED):
        yield f"the saga has ended and its confirmation is {email}"
