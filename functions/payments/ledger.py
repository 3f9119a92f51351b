"""The ledger of an order's payment: what the provider was asked for, and what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from boto3.dynamodb.conditions import Attr, ConditionBase

from contracts.events.payments import PaymentAuthorized, PaymentRefunded, PaymentVoided
from functions.shared.errors import Inconsistent
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent


class PaymentState(StrEnum):
    """The states of an order's payment."""

    CREATED = "CREATED"
    """The intent exists at the provider, unconfirmed: nothing is authorised."""
    AUTHORIZED = "AUTHORIZED"
    DECLINED = "DECLINED"
    CAPTURED = "CAPTURED"
    CAPTURE_DECLINED = "CAPTURE_DECLINED"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"
    REFUND_FAILED = "REFUND_FAILED"
    """It was REFUNDED, and then money came back from the customer's bank: an operator refunds it
    in another way, which makes it REFUNDED again."""


TRANSITIONS: Final[Mapping[PaymentState, frozenset[PaymentState]]] = {
    PaymentState.CREATED: frozenset(
        {PaymentState.AUTHORIZED, PaymentState.DECLINED, PaymentState.VOIDED}
    ),
    PaymentState.AUTHORIZED: frozenset(
        {
            PaymentState.CAPTURED,
            PaymentState.CAPTURE_DECLINED,
            PaymentState.VOIDED,
            PaymentState.REFUNDED,
        }
    ),
    PaymentState.DECLINED: frozenset({PaymentState.DECLINED, PaymentState.VOIDED}),
    PaymentState.CAPTURED: frozenset({PaymentState.REFUNDED}),
    PaymentState.CAPTURE_DECLINED: frozenset({PaymentState.CAPTURE_DECLINED, PaymentState.VOIDED}),
    PaymentState.VOIDED: frozenset(),
    PaymentState.REFUNDED: frozenset({PaymentState.REFUND_FAILED}),
    PaymentState.REFUND_FAILED: frozenset({PaymentState.REFUNDED}),
}
"""Every allowed move. A refusal may be noted twice: twins of an attempt hear the same."""

VERSIONS: Final[Mapping[PaymentState, int]] = {
    PaymentState.CREATED: 1,
    PaymentState.AUTHORIZED: 2,
    PaymentState.DECLINED: 2,
    PaymentState.CAPTURED: 3,
    PaymentState.CAPTURE_DECLINED: 3,
    PaymentState.VOIDED: 4,
    PaymentState.REFUNDED: 4,
    PaymentState.REFUND_FAILED: 5,
}
"""The aggregate version of the event by which a payment reached a state."""

PART_REFUNDED_VERSION: Final = 2
"""The aggregate version of PaymentRefunded where its aggregate is a refund of a part."""

PAID_BACK: Final = frozenset({PaymentState.REFUNDED, PaymentState.REFUND_FAILED})
"""Between these two the provider's word moves a payment after its saga has ended."""


@dataclass(frozen=True, slots=True)
class Payment:
    """The ledger of one order.

    Attributes:
        intent_id: of the payment intent at the provider.
        amount: in minor units of `currency`: what the order costs.
        captured, refunded: in minor units; of an order that was cancelled, `refunded` counts what
            was refunded outside as well.
        claimed: set aside for refunds of a part, in minor units: asked for or paid. At most what
            was captured and not refunded outside.
        pending: of what is claimed, not yet paid.
        code: the provider's, where it declined.
        outside: of what was captured, refunded outside the platform, or by a refund that was lost
            with its tables; in minor units.
        dispute: id of the customer's dispute at the provider.
        lost: what disputes took back for good, in minor units; no refund, and as good as one.
        observed: how often the provider's word was noted; tells apart two observations.
        refund_retries: answers that the provider keeps, to the cancelled order's refund.
    """

    order_id: str
    intent_id: str
    state: PaymentState
    amount: int
    currency: str
    captured: int = 0
    refunded: int = 0
    code: str | None = None
    outside: int = 0
    dispute: str | None = None
    lost: int = 0
    observed: int = 0
    claimed: int = 0
    pending: int = 0
    refund_retries: int = 0

    @property
    def refundable(self) -> int:
        """What is left for refunds, in minor units."""
        return self.captured - self.outside - self.lost - self.claimed


class LedgerChanged(Exception):
    """The payment is not in the state from which this step starts. `payment` is what is stored."""

    def __init__(self, payment: Payment | None) -> None:
        super().__init__(f"the payment is {payment.state if payment else 'absent'}")
        self.payment = payment


def ledger_key(order_id: str) -> Key:
    """The key of the ledger's item, in the order's partition."""
    return Key(f"ORDER#{order_id}", "PAYMENT")


def from_item(item: Item) -> Payment:
    """The stored ledger."""
    return Payment(
        order_id=item["PK"].removeprefix("ORDER#"),
        intent_id=item["intentId"],
        state=PaymentState(item["state"]),
        amount=item["amount"],
        currency=item["currency"],
        captured=item.get("captured", 0),
        refunded=item.get("refunded", 0),
        code=item.get("code"),
        outside=item.get("outside", 0),
        dispute=item.get("dispute"),
        lost=item.get("lost", 0),
        observed=item.get("observed", 0),
        claimed=item.get("claimed", 0),
        pending=item.get("pending", 0),
        refund_retries=item.get("refundRetries", 0),
    )


class LedgerWrites:
    """What may be done to a ledger, as writes. Refused with LedgerChanged.

    Args:
        table: the orders table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def open(self, order_id: str, intent_id: str, amount: int, currency: str) -> Write:
        """Notes the intent's id, before anything can be authorised with it."""
        return Write(
            table=self.table,
            key=ledger_key(order_id),
            kind="put",
            item={
                "intentId": intent_id,
                "state": str(PaymentState.CREATED),
                "amount": amount,
                "currency": currency,
            },
            condition=absent(),
            refused=_changed,
        )

    def authorize(self, payment: Payment, at: datetime) -> list[Write]:
        """The provider has authorised the amount."""
        event = PaymentAuthorized(
            order_id=payment.order_id, amount=payment.amount, currency=payment.currency
        )
        move = self._move(payment.order_id, PaymentState.AUTHORIZED, {})
        return [move, self._event(payment, event, PaymentState.AUTHORIZED, at)]

    def decline(self, payment: Payment, code: str) -> Write:
        """The provider has definitely refused to authorise."""
        return self._move(payment.order_id, PaymentState.DECLINED, {"code": code})

    def capture(self, payment: Payment) -> Write:
        """The provider has captured the amount."""
        return self._move(payment.order_id, PaymentState.CAPTURED, {"captured": payment.amount})

    def decline_capture(self, payment: Payment, code: str) -> Write:
        """The provider has definitely refused to capture: the saga goes back."""
        return self._move(payment.order_id, PaymentState.CAPTURE_DECLINED, {"code": code})

    def void(self, payment: Payment, at: datetime) -> list[Write]:
        """The intent is cancelled at the provider: nothing was or can be charged."""
        event = PaymentVoided(
            order_id=payment.order_id, amount=payment.amount, currency=payment.currency
        )
        move = self._move(payment.order_id, PaymentState.VOIDED, {})
        return [move, self._event(payment, event, PaymentState.VOIDED, at)]

    def refund(
        self, payment: Payment, captured: int, outside: int, given: int, at: datetime
    ) -> list[Write]:
        """All that was captured is paid back, but for refunds that are still to be paid.

        Args:
            payment: as it was read before the rest was reckoned: no claim has gone meanwhile.
            captured: in minor units.
            outside: of it, refunded outside the platform.
            given: of it, the rest that the cancelled order's own refund gave back.
        """
        event = PaymentRefunded(order_id=payment.order_id, amount=given, currency=payment.currency)
        paid = payment.claimed - payment.pending
        changes = {"captured": captured, "refunded": paid + outside + given}
        as_read = _still("claimed", payment.claimed) & _still("pending", payment.pending)
        move = self._move(payment.order_id, PaymentState.REFUNDED, changes, as_read)
        return [move, self._event(payment, event, PaymentState.REFUNDED, at)]

    def claim(self, payment: Payment, amount: int) -> Write:
        """Sets an amount aside for a refund; together never more than was captured.

        Args:
            amount: in minor units, at most what was refundable when `payment` was read.
        """
        room = payment.refundable + payment.claimed - amount
        within = Attr("claimed").not_exists() | Attr("claimed").lte(room)
        return Write(
            table=self.table,
            key=ledger_key(payment.order_id),
            kind="update",
            increments={"claimed": amount, "pending": amount},
            condition=moved_from("state", PaymentState.CAPTURED)
            & _still("outside", payment.outside)
            & _still("lost", payment.lost)
            & within,
            refused=_changed,
        )

    def pay(self, payment: Payment, refund_id: str, amount: int, at: datetime) -> list[Write]:
        """A claimed amount was paid. The refund's own item sees to it that it counts once."""
        move = Write(
            table=self.table,
            key=ledger_key(payment.order_id),
            kind="update",
            increments={"pending": -amount, "refunded": amount},
            condition=moved_from("state", PaymentState.CAPTURED, *PAID_BACK),
            refused=_changed,
        )
        event = outbox(
            self.table,
            f"ORDER#{payment.order_id}",
            PaymentRefunded(order_id=payment.order_id, amount=amount, currency=payment.currency),
            aggregate_id=f"refund-{refund_id}",
            aggregate_version=PART_REFUNDED_VERSION,
            correlation_id=payment.order_id,
            occurred_at=at,
            occasion=refund_id,
        )
        return [move, event]

    def release_claim(self, payment: Payment, amount: int) -> Write:
        """A claimed amount will not be paid. A cancelled order that had left it out owes it."""
        owes = payment.state is PaymentState.REFUNDED
        return Write(
            table=self.table,
            key=ledger_key(payment.order_id),
            kind="update",
            changes={"state": str(PaymentState.REFUND_FAILED)} if owes else {},
            increments={"claimed": -amount, "pending": -amount},
            condition=moved_from("state", payment.state),
            refused=_changed,
        )

    def observe(self, payment: Payment, changes: Mapping[str, Any], returned: int = 0) -> Write:
        """Notes what the provider says (see `observations`), if nothing happened since.

        Args:
            payment: the ledger as it was read before the provider was asked.
            returned: paid refunds that came back from the customer's bank, in minor units.
        """
        to = changes.get("state", payment.state)
        assert to in {payment.state, *TRANSITIONS[payment.state]}  # noqa: S101 - the one table
        back = {"claimed": -returned} if returned else {}
        if returned and "refunded" not in changes:
            back["refunded"] = -returned
        return Write(
            table=self.table,
            key=ledger_key(payment.order_id),
            kind="update",
            changes={
                name: str(value) if isinstance(value, PaymentState) else value
                for name, value in changes.items()
            },
            increments={"observed": 1, **back},
            condition=moved_from("state", payment.state)
            & _still("observed", payment.observed)
            & _still("refunded", payment.refunded),
            refused=_changed,
        )

    def count_refund_retry(self, payment: Payment) -> Write:
        """The provider keeps a failure under the refund's key, if nobody has counted it."""
        return Write(
            table=self.table,
            key=ledger_key(payment.order_id),
            kind="update",
            changes={"refundRetries": payment.refund_retries + 1},
            condition=_still("refundRetries", payment.refund_retries),
            refused=_changed,
        )

    def count_attempt(self, order_id: str, call: Literal["confirm", "capture", "cancel"]) -> Write:
        """Counts one more try of a provider call whose last answer may be a stored failure."""
        return Write(
            table=self.table,
            key=ledger_key(order_id),
            kind="update",
            increments={f"{call}Retries": 1},
            condition=Attr("intentId").exists(),
            refused=_changed,
        )

    def _move(
        self,
        order_id: str,
        to: PaymentState,
        changes: dict[str, Any],
        besides: ConditionBase | None = None,
    ) -> Write:
        allowed: ConditionBase = moved_from("state", *sources(TRANSITIONS, to))
        return Write(
            table=self.table,
            key=ledger_key(order_id),
            kind="update",
            changes={"state": str(to), **changes},
            condition=allowed & besides if besides else allowed,
            refused=_changed,
        )

    def _event(
        self,
        payment: Payment,
        event: PaymentAuthorized | PaymentVoided | PaymentRefunded,
        reached: PaymentState,
        at: datetime,
    ) -> Write:
        return outbox(
            self.table,
            f"ORDER#{payment.order_id}",
            event,
            aggregate_id=f"payment-{payment.order_id}",
            aggregate_version=VERSIONS[reached],
            correlation_id=payment.order_id,
            occurred_at=at,
        )


def _still(name: str, value: int) -> ConditionBase:
    """An amount or number is as it was read; what is not there is zero."""
    return Attr(name).eq(value) if value else Attr(name).not_exists() | Attr(name).eq(0)


def _changed(item: Item | None) -> Exception:
    return LedgerChanged(from_item(item) if item else None)


def require_payment(payment: Payment | None, order_id: str) -> Payment:
    """The payment, which must exist by now."""
    if payment is None:
        raise Inconsistent(f"order {order_id} has no payment")
    return payment
