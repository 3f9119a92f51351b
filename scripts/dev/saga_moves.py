"""Every move of order, payment, reservation and mail: who makes it, and by which writes.

The writes are those of the code, made for a sample order. What they move, and from where, is read
off them; only who makes the move, and what else goes into the transaction, is said here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from functions.inventory import domain as inventory
from functions.inventory.domain import Portion, Reservation, ReservationState
from functions.inventory.store import InventoryWrites
from functions.notifications import claims
from functions.notifications.claims import EmailState, EmailWrites
from functions.orders import domain as orders
from functions.orders import refunds
from functions.orders.domain import Order, OrderLine, OrderStatus, Rejection
from functions.orders.refunds import OrderRefund, RefundState, RefundWrites
from functions.orders.settlement import Closer, SettlementWrites
from functions.orders.store import OrderWrites
from functions.payments import ledger
from functions.payments.ledger import LedgerWrites, Payment, PaymentState
from functions.shared.transitions import State
from functions.shared.writes import Write

AT: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
ID: Final = "00000000-0000-4000-8000-000000000001"
LINE: Final = OrderLine("mug", "blue", "MUG-BLUE", "Mug", 2, 1250)
ORDER: Final = Order(
    order_id=ID,
    customer_id="customer-1",
    status=OrderStatus.PENDING,
    lines=(LINE,),
    address={},
    payment_method="pm_card_visa",
    total=LINE.total,
    currency="EUR",
    fingerprint="f",
    created_at=AT,
    steps={},
    saga_open=True,
)
PAYMENT: Final = Payment(ID, "pi_1", PaymentState.CREATED, LINE.total, "EUR")
REFUND: Final = OrderRefund(ID, ID, RefundState.PENDING, 100, "EUR", (), "f", "boss", AT)
RESERVATION: Final = Reservation(ID, ReservationState.HELD, (Portion("MUG-BLUE", 0, 2),), AT)


@dataclass(frozen=True)
class Move:
    """A write that moves an item.

    Attributes:
        by: who makes it.
        method: the method that makes the write, as `Class.method`.
        beside: what else is in the same transaction; empty: nothing but its event.
    """

    by: str
    method: str
    write: Write
    beside: str = ""


@dataclass(frozen=True)
class Machine:
    """The states of one kind of item, its table in the code, and all moves.

    Attributes:
        attribute: the item's attribute that holds the state.
        table: where the table stands in the code.
        allowed: each of its transitions, as (from, to).
    """

    name: str
    attribute: str
    table: str
    allowed: frozenset[tuple[str, str]]
    moves: Sequence[Move]


def _pairs(transitions: Mapping[State, frozenset[State]]) -> frozenset[tuple[str, str]]:
    return frozenset(
        (str(one), str(to)) for one, following in transitions.items() for to in following
    )


def machines() -> list[Machine]:
    """All of them."""
    return [
        Machine(
            "order", "status", "functions/orders/domain.py", _pairs(orders.TRANSITIONS), _orders()
        ),
        Machine(
            "payment",
            "state",
            "functions/payments/ledger.py",
            _pairs(ledger.TRANSITIONS),
            _ledger(),
        ),
        Machine(
            "refund",
            "state",
            "functions/orders/refunds.py",
            _pairs(refunds.TRANSITIONS),
            _refunds(),
        ),
        Machine(
            "reservation",
            "state",
            "functions/inventory/domain.py",
            _pairs(inventory.TRANSITIONS),
            _holds(),
        ),
        Machine(
            "mail",
            "state",
            "functions/notifications/claims.py",
            _pairs(claims.TRANSITIONS),
            _mails(),
        ),
    ]


def _orders() -> list[Move]:
    writes, settlements = OrderWrites("orders"), SettlementWrites("orders")
    refused = Rejection("OutOfStock")
    confirming = replace(ORDER, status=OrderStatus.CONFIRMING)
    confirmed = replace(ORDER, status=OrderStatus.CONFIRMED)

    def reject(order: Order) -> Write:
        return writes.reject(order, refused, AT, since=order.status)[0]

    def close(order: Order, closer: Closer) -> Write:
        return settlements.close(order, closer, AT)[0]

    people, machine = "cancel, by customer or operator", "reconciler, sweeper"
    return [
        Move("`POST /orders`", "OrderWrites.place", writes.place(ORDER)[0]),
        Move("ConfirmOrder", "OrderWrites.lock", writes.lock(ORDER), "reservation → COMMITTED"),
        Move(
            "ConfirmOrder",
            "OrderWrites.confirm",
            writes.confirm(confirming, AT)[0],
            "payment → CAPTURED",
        ),
        Move("RejectOrder", "OrderWrites.reject", reject(ORDER)),
        Move("RejectOrder, after a declined capture", "OrderWrites.reject", reject(confirming)),
        Move(machine, "SettlementWrites.close", close(ORDER, Closer.RECONCILER)),
        Move(people, "SettlementWrites.close", close(ORDER, Closer.CUSTOMER)),
        Move(people, "SettlementWrites.close", close(confirmed, Closer.CUSTOMER)),
    ]


def _ledger() -> list[Move]:
    writes = LedgerWrites("orders")
    refunded = replace(PAYMENT, state=PaymentState.REFUNDED)
    failed = replace(PAYMENT, state=PaymentState.REFUND_FAILED)
    pending = "order stamped, while PENDING"
    ended = "the order's saga ends, while closed"
    return [
        Move(
            "ChargePayment, before it confirms",
            "LedgerWrites.open",
            writes.open(ID, "pi_1", LINE.total, "EUR"),
            "check: order is PENDING",
        ),
        Move("ChargePayment", "LedgerWrites.authorize", writes.authorize(PAYMENT, AT)[0], pending),
        Move("ChargePayment", "LedgerWrites.decline", writes.decline(PAYMENT, "declined")),
        Move(
            "ConfirmOrder",
            "LedgerWrites.capture",
            writes.capture(PAYMENT),
            "order CONFIRMING → CONFIRMED",
        ),
        Move(
            "ConfirmOrder",
            "LedgerWrites.decline_capture",
            writes.decline_capture(PAYMENT, "declined"),
            "check: order is CONFIRMING",
        ),
        Move("RefundPayment", "LedgerWrites.void", writes.void(PAYMENT, AT)[0], ended),
        Move("RefundPayment", "LedgerWrites.refund", writes.refund(PAYMENT, 0, 0, 0, AT)[0], ended),
        Move(
            "IssueRefund: refused when the order's own refund had left it out",
            "LedgerWrites.release_claim",
            writes.release_claim(refunded, 1),
            "refund PENDING → REFUSED",
        ),
        Move(
            "PaymentEvents, told by the provider",
            "LedgerWrites.observe",
            writes.observe(refunded, {"state": PaymentState.REFUND_FAILED}),
            "event for operators; only if nothing was noted since it was read",
        ),
        Move(
            "PaymentEvents, told by the provider",
            "LedgerWrites.observe",
            writes.observe(failed, {"state": PaymentState.REFUNDED}),
            "only if nothing was noted since it was read",
        ),
    ]


def _refunds() -> list[Move]:
    writes = RefundWrites("orders")
    paid = replace(REFUND, state=RefundState.REFUNDED)
    return [
        Move(
            "`POST /orders/{id}/refunds`",
            "RefundWrites.record",
            writes.record(REFUND, ORDER)[0],
            "amount claimed, while the claims leave room for it; lines counted as returned, while "
            "no more than sold; order is CONFIRMED and not shipped",
        ),
        Move(
            "IssueRefund",
            "RefundWrites.pay",
            writes.pay(REFUND, AT),
            "claimed amount noted as paid",
        ),
        Move(
            "IssueRefund: refused for good",
            "RefundWrites.refuse",
            writes.refuse(REFUND, "charge_disputed", AT, undone=True),
            "claim released; lines given up, while the order is CONFIRMED; event for operators",
        ),
        Move(
            "PaymentEvents: the customer's bank sent it back",
            "RefundWrites.fail",
            writes.fail(paid, "refund_failed"),
            "claim released; event for operators",
        ),
    ]


def _holds() -> list[Move]:
    writes = InventoryWrites("inventory")
    hold, _ = writes.hold(ID, RESERVATION.portions, AT, AT)
    return [
        Move(
            "ReserveInventory",
            "InventoryWrites.hold",
            hold,
            "order stamped, while PENDING; stock down, while there is enough",
        ),
        Move(
            "ConfirmOrder",
            "InventoryWrites.commit",
            writes.commit(ID),
            "order PENDING → CONFIRMING",
        ),
        Move(
            "ReleaseInventory",
            "InventoryWrites.release",
            writes.release(RESERVATION, AT)[0],
            "order stamped, while closed; stock up",
        ),
        Move(
            "ExpireReservations",
            "InventoryWrites.expire",
            writes.expire(RESERVATION, AT)[0],
            "stock up",
        ),
    ]


def _mails() -> list[Move]:
    writes = EmailWrites("orders", "confirmation")

    def settle(state: EmailState) -> Write:
        return writes.settle(ID, state, None)

    ended = "the order's saga ends, while CONFIRMED"
    by = "SendConfirmation"
    return [
        Move(by, "EmailWrites.claim", writes.claim(ID)),
        Move(f"{by}: SES took it", "EmailWrites.settle", settle(EmailState.SENT), ended),
        Move(
            f"{by}: no address, or refused for good",
            "EmailWrites.settle",
            settle(EmailState.UNDELIVERABLE),
            ended,
        ),
        Move(
            f"{by}, a later attempt that finds the claim",
            "EmailWrites.settle",
            settle(EmailState.UNKNOWN),
            ended,
        ),
        Move(f"{by}: certainly not sent (throttled)", "EmailWrites.unclaim", writes.unclaim(ID)),
        Move(
            "InformCustomer, days after the event: a replay, or a rule added later",
            "EmailWrites.outdated",
            writes.outdated(ID),
        ),
    ]
