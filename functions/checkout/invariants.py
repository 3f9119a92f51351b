"""The platform's promises, computed from what is stored, from the provider, and from the mailbox.

Money, stock, status and mails are judged order by order, stock SKU by SKU. Everything is plain
data: who reads it, and how, is the caller's business. `scripts/shop audit` judges a stage by this,
the tests every world in which they have broken something.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from functions.inventory.domain import LIVE, Reservation, ReservationState, demand_of
from functions.notifications.claims import EmailState
from functions.orders.domain import CLOSED, Order, OrderStatus, Variant
from functions.orders.refunds import OrderRefund, RefundState
from functions.payments.ledger import PAID_BACK, Payment, PaymentState

LOCKED: Final = frozenset({OrderStatus.CONFIRMING, OrderStatus.CONFIRMED, OrderStatus.CANCELLED})
SETTLED: Final = frozenset({PaymentState.VOIDED, *PAID_BACK})
_FINAL: Final = ("canceled", "succeeded")
"""States of an intent in which no confirm can succeed any more."""


class Promise(StrEnum):
    """What is promised of every order and SKU, whatever fails."""

    MONEY = "money"
    """What was taken and given back adds up; a rejected customer is never charged."""
    STOCK = "stock"
    """What is left and what is taken add up; no hold outlives its order."""
    TRUTH = "truth"
    """The order's status decides, and everything else agrees with it."""
    NOTHING_LOST = "nothing lost"
    """Every order comes to an end, or is raised to a person; every change has its event."""
    NOTHING_TWICE = "nothing twice"
    """Every effect happens once."""


class Remedy(StrEnum):
    """What puts a breach right. None of them edits money or stock by hand."""

    CANCEL = "start CancelOrder: it releases, voids and refunds what the order still has"
    CLOSE = "close the order and start CancelOrder"
    SETTLE = "settle the order as the sweeper would"
    PROVIDER = "void or refund it in the provider's dashboard; the webhook brings it to the ledger"
    NOTE = "take the provider's refunds over into the ledger: `scripts/shop audit --repair`"
    UNSELL = "cancel the order, all was given back: `scripts/shop call POST /orders/ID/cancel`"
    RETURN = "void or refund it: `scripts/shop audit --repair`"
    NONE = "none: all of it was given back; find out how it could be taken"
    PERSON = "a person must decide: see `scripts/shop order ID`"
    COUNT = "count the shelf, and receive or write off the difference"


@dataclass(frozen=True, slots=True)
class Breach:
    """One promise that is not kept, in words, and what puts it right."""

    promise: Promise
    words: str
    remedy: Remedy


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
        charges: every intent of the order that the provider was asked about.
        mails: how many confirmations its customer got.
        events: types of the events in its outboxes.
        refunds: those of parts that were ever recorded.
    """

    order: Order
    payment: Payment | None = None
    reservation: Reservation | None = None
    charges: tuple[Charge, ...] = ()
    email: EmailState | None = None
    mails: int = 0
    events: frozenset[str] = frozenset()
    statuses: tuple[OrderStatus, ...] = ()
    refunds: tuple[OrderRefund, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether the saga of the order or of a refund has not ended: something is yet to come."""
        return self.order.saga_open or any(refund.saga_open for refund in self.refunds)


@dataclass(frozen=True)
class Shelf:
    """The stock of a SKU: units left in each shard, and units ever received."""

    sku: str
    available: tuple[int, ...]
    received: int


def order_breaches(account: Account) -> list[Breach]:
    """What is wrong with an order, also while its saga is open; empty if nothing is."""
    money = (_money, _ended_money, _ledger, _ended_ledger, _refunds)
    rules = (*money, _holds, _returns, _end, _claim)
    return [breach for rule in rules for breach in rule(account)]


def outside_breaches(account: Account) -> list[Breach]:
    """What is wrong with an order's events and mails, for who has read outbox and mailbox."""
    return [breach for rule in (_events, _mails) for breach in rule(account)]


def shelf_breaches(shelf: Shelf, taken: int) -> list[Breach]:
    """What is wrong with a SKU of which live reservations have `taken` units."""
    found = []
    if any(units < 0 for units in shelf.available):
        words = f"{shelf.sku}: a shard is below zero: {shelf.available}"
        found.append(Breach(Promise.STOCK, words, Remedy.COUNT))
    if sum(shelf.available) + taken != shelf.received:
        words = f"{shelf.sku}: {shelf.available} left and {taken} taken of {shelf.received}"
        found.append(Breach(Promise.STOCK, words, Remedy.COUNT))
    return found


def _has_ended(account: Account) -> bool:
    """Whether the order is closed and claims that nothing is left to be done."""
    return account.order.status in CLOSED and not account.order.saga_open


def _undo(account: Account) -> Remedy:
    """CancelOrder trusts a ledger that says settled: what it says wrongly, people put right."""
    settled = account.payment is None or account.payment.state in SETTLED
    return Remedy.CANCEL if _has_ended(account) and not settled else Remedy.PROVIDER


def _mend(account: Account) -> Remedy:
    """Of a confirmed order the provider may have given back what the ledger does not know of."""
    order = account.order
    if order.status is not OrderStatus.CONFIRMED:
        return _undo(account)
    kept, captured = _kept(account), sum(charge.captured for charge in account.charges)
    if captured != order.total or kept >= order.total - _given_back(account):
        return Remedy.PERSON
    return Remedy.UNSELL if kept <= 0 and order.shipped_at is None else Remedy.NOTE


def _money(account: Account) -> Iterator[Breach]:
    order, charges = account.order, account.charges
    live = [c for c in charges if c.authorised or c.captured > c.refunded]
    stored = account.payment.intent_id if account.payment else None
    if len(live) > 1:
        words = f"{len(live)} live authorisations"
        yield Breach(Promise.NOTHING_TWICE, words, Remedy.PROVIDER)
    if any(charge.refunded > charge.captured for charge in charges):
        yield Breach(Promise.MONEY, "more refunded than captured", Remedy.PERSON)
    if any(charge.captured for charge in charges) and order.status not in LOCKED:
        given_back = all(charge.captured == charge.refunded for charge in charges)
        remedy = Remedy.NONE if given_back else _undo(account)
        yield Breach(Promise.MONEY, "captured, though not locked for confirmation", remedy)
    if any(charge.id != stored for charge in live):
        words = "an authorisation whose id is not in the ledger"
        yield Breach(Promise.MONEY, words, Remedy.PROVIDER)
    kept, due = _kept(account), order.total - _given_back(account)
    if order.status is OrderStatus.CONFIRMED and not due - _pending(account) <= kept <= due:
        words = f"captured - refunded is {kept}, not the total of {due}"
        yield Breach(Promise.MONEY, words, _mend(account))


def _ended_money(account: Account) -> Iterator[Breach]:
    if account.order.saga_open or account.order.status is OrderStatus.CONFIRMED:
        return
    stored = account.payment.intent_id if account.payment else None
    lost = account.payment.lost if account.payment else 0
    kept = _kept(account) - lost  # no refund, but the customer has it
    if not 0 <= kept <= _pending(account):
        yield Breach(Promise.MONEY, f"its customer is {kept} short", _undo(account))
    if any(charge.authorised for charge in account.charges):
        yield Breach(Promise.MONEY, "money is still held on the card", _undo(account))
    if any(c.id == stored and c.status not in _FINAL for c in account.charges):
        yield Breach(Promise.MONEY, "its intent can still be confirmed", _undo(account))


def _kept(account: Account) -> int:
    return sum(charge.captured - charge.refunded for charge in account.charges)


def _pending(account: Account) -> int:
    """What refunds are still to pay, or have paid and not noted yet."""
    return account.payment.pending if account.payment else 0


def _given_back(account: Account) -> int:
    """What the ledger of a confirmed order says was given back."""
    payment = account.payment
    return payment.refunded + payment.outside if payment else 0


def _ledger(account: Account) -> Iterator[Breach]:
    order, payment = account.order, account.payment
    if payment is None:
        if order.status in (OrderStatus.CONFIRMING, OrderStatus.CONFIRMED):
            yield Breach(Promise.MONEY, "no ledger", Remedy.PERSON)
        return
    charge = next((c for c in account.charges if c.id == payment.intent_id), None)
    if charge is None:
        words = "the ledger's intent is unknown to the provider"
        yield Breach(Promise.MONEY, words, Remedy.PERSON)
        return
    if payment.amount != order.total:
        words = f"the ledger's amount is {payment.amount}"
        yield Breach(Promise.MONEY, words, Remedy.PERSON)
    told = {
        PaymentState.CAPTURED: (payment.amount, _given_back(account)),
        PaymentState.REFUNDED: (
            charge.captured,
            charge.captured - payment.pending - payment.lost,
        ),
        PaymentState.REFUND_FAILED: (charge.captured, payment.refunded),
        PaymentState.VOIDED: (0, 0),
        PaymentState.DECLINED: (0, 0),
        PaymentState.CAPTURE_DECLINED: (0, 0),
    }
    moved = (charge.captured, charge.refunded)
    captured, refunded = told.get(payment.state, moved)
    if captured != charge.captured or not 0 <= charge.refunded - refunded <= payment.pending:
        words = f"the ledger is {payment.state}, captured and refunded are {moved}"
        yield Breach(Promise.MONEY, words, _mend(account))


def _ended_ledger(account: Account) -> Iterator[Breach]:
    order, payment = account.order, account.payment
    if payment is None:
        return
    if order.status is OrderStatus.CONFIRMED and payment.state is not PaymentState.CAPTURED:
        yield Breach(Promise.TRUTH, f"the ledger is {payment.state}", Remedy.PERSON)
    if _has_ended(account) and payment.state not in SETTLED:
        words = f"the saga has ended and the ledger is {payment.state}"
        yield Breach(Promise.TRUTH, words, Remedy.CANCEL)


def _holds(account: Account) -> Iterator[Breach]:
    order, reservation = account.order, account.reservation
    state = reservation.state if reservation else None
    wanted = demand_of((line.sku, line.quantity) for line in order.lines)
    restocked = _units(account.refunds, restock=True, ended=True)
    if reservation and _sum(reservation.by_sku(), restocked) != wanted:
        words = f"the reservation is of {reservation.by_sku()}, the order of {wanted}"
        yield Breach(Promise.STOCK, words, Remedy.PERSON)
    locked = order.status in (OrderStatus.CONFIRMING, OrderStatus.CONFIRMED)
    if locked and state is not ReservationState.COMMITTED:
        yield Breach(Promise.STOCK, f"its reservation is {state}", Remedy.PERSON)
    if state is ReservationState.COMMITTED and order.status is OrderStatus.PENDING:
        yield Breach(Promise.STOCK, "its reservation is COMMITTED", Remedy.PERSON)
    if _has_ended(account) and state in LIVE:
        words = f"the saga has ended and the reservation is {state}"
        yield Breach(Promise.STOCK, words, Remedy.CANCEL)


def _refunds(account: Account) -> Iterator[Breach]:
    """The ledger's sums are those of the refunds, each of which is there."""
    payment, refunds = account.payment, account.refunds
    if {refund.refund_id for refund in refunds} != set(account.order.refund_ids):
        words = f"{len(account.order.refund_ids)} refunds were recorded, {len(refunds)} are there"
        yield Breach(Promise.NOTHING_LOST, words, Remedy.PERSON)
    pending = sum(r.amount for r in refunds if r.state is RefundState.PENDING)
    paid = sum(r.amount for r in refunds if r.state is RefundState.REFUNDED)
    if payment and (payment.claimed, payment.pending) != (pending + paid, pending):
        words = f"claimed and pending are {(payment.claimed, payment.pending)}"
        words += f", the refunds are {pending} pending and {paid} paid"
        yield Breach(Promise.MONEY, words, Remedy.PERSON)
    if payment and payment.state is PaymentState.CAPTURED and payment.refunded != paid:
        words = f"the ledger refunded {payment.refunded}, the refunds are {paid}"
        yield Breach(Promise.MONEY, words, Remedy.PERSON)


def _returns(account: Account) -> Iterator[Breach]:
    """What refunds take back is counted, never more than was sold, and kept out of a release."""
    order, reservation, refunds = account.order, account.reservation, account.refunds
    counted: dict[Variant, int] = {}
    for refund in refunds:
        for variant, units in () if refund.undone else refund.returned().items():
            counted[variant] = counted.get(variant, 0) + units
    if {variant: units for variant, units in order.returned.items() if units} != counted:
        words = f"{dict(order.returned)} are counted as returned, the refunds are of {counted}"
        yield Breach(Promise.STOCK, words, Remedy.PERSON)
    if any(order.returned.get(line.variant, 0) > line.quantity for line in order.lines):
        yield Breach(Promise.STOCK, "more was returned than sold", Remedy.PERSON)
    if reservation and reservation.state is ReservationState.RELEASED:
        wanted = _sum(_units(refunds, restock=False), _units(refunds, restock=True, ended=False))
        if reservation.taken_by_sku() != wanted:
            words = f"its release kept {reservation.taken_by_sku()}, its refunds have {wanted}"
            yield Breach(Promise.STOCK, words, Remedy.PERSON)


def _units(
    refunds: Iterable[OrderRefund], *, restock: bool, ended: bool | None = None
) -> dict[str, int]:
    """SKU → units that refunds take back to the shelf, or not; of those that (not) ended alone."""
    units: dict[str, int] = {}
    for refund in refunds:
        if ended is None or ended is not refund.saga_open:
            units = _sum(units, refund.units(restock=restock))
    return units


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {sku: one.get(sku, 0) + other.get(sku, 0) for sku in {**one, **other}}


def _end(account: Account) -> Iterator[Breach]:
    order = account.order
    if not order.saga_open and order.status not in (OrderStatus.CONFIRMED, *CLOSED):
        pending = order.status is OrderStatus.PENDING
        remedy = Remedy.CLOSE if pending else Remedy.PERSON
        yield Breach(Promise.NOTHING_LOST, "its saga has ended", remedy)


def _events(account: Account) -> Iterator[Breach]:
    for event in _happened(account):
        if event not in account.events:
            words = f"{event} was not published"
            yield Breach(Promise.NOTHING_LOST, words, Remedy.PERSON)
    never = {
        OrderStatus.CONFIRMED: {"OrderRejected", "PaymentVoided", "InventoryReleased"},
        OrderStatus.REJECTED: {"OrderConfirmed", "PaymentRefunded"},
        OrderStatus.PENDING: {"OrderConfirmed", "OrderRejected"},
        OrderStatus.CONFIRMING: {"OrderConfirmed", "OrderRejected"},
    }
    for event in sorted(never.get(account.order.status, set()) & account.events):
        yield Breach(Promise.TRUTH, f"{event} was published", Remedy.PERSON)


def _happened(account: Account) -> Iterable[str]:
    """The events that must have been written, by what is stored."""
    order, payment, reservation = account.order, account.payment, account.reservation
    paid = payment.state if payment else None
    held = reservation.state if reservation else None
    rules = {
        "OrderPlaced": True,
        "OrderConfirmed": order.status is OrderStatus.CONFIRMED,
        "OrderRejected": order.status is OrderStatus.REJECTED,
        "PaymentAuthorized": paid in (PaymentState.AUTHORIZED, PaymentState.CAPTURED),
        "PaymentVoided": paid is PaymentState.VOIDED,
        "PaymentRefunded": paid is PaymentState.REFUNDED,
        "InventoryReserved": held is not None,
        "InventoryReleased": held is ReservationState.RELEASED,
        "RefundRequested": bool(account.refunds),
        "OrderRefunded": any(
            refund.state is RefundState.REFUNDED and not refund.saga_open
            for refund in account.refunds
        ),
    }
    return [event for event, happened in rules.items() if happened]


def _claim(account: Account) -> Iterator[Breach]:
    order, email = account.order, account.email
    ended = order.status is OrderStatus.CONFIRMED and not order.saga_open
    if ended and email in (None, EmailState.CLAIMED):
        words = f"the saga has ended and its confirmation is {email}"
        yield Breach(Promise.NOTHING_LOST, words, Remedy.PERSON)


def _mails(account: Account) -> Iterator[Breach]:
    order, email, mails = account.order, account.email, account.mails
    if mails > 1:
        words = f"{mails} confirmations were mailed"
        yield Breach(Promise.NOTHING_TWICE, words, Remedy.PERSON)
    if mails and order.status not in (OrderStatus.CONFIRMED, OrderStatus.CANCELLED):
        yield Breach(Promise.TRUTH, "a confirmation was mailed", Remedy.PERSON)
    if mails and email is None:
        words = "a confirmation was mailed without a claim"
        yield Breach(Promise.NOTHING_TWICE, words, Remedy.PERSON)
    if email is EmailState.SENT and mails != 1:
        words = "a confirmation is marked as SENT, but was not mailed"
        yield Breach(Promise.NOTHING_LOST, words, Remedy.PERSON)
    if email is EmailState.UNDELIVERABLE and mails:
        words = "a confirmation is marked as UNDELIVERABLE, but was mailed"
        yield Breach(Promise.TRUTH, words, Remedy.PERSON)
