"""PaymentEvents: notes what the payment provider tells of and no task saw.

A refund that failed after it had been made, a refund made outside the platform or lost with its
tables, a dispute: the ledger is brought to agree with the provider, and operators are told. An
event only says where to look. The truth is asked of the provider each time, so events may come
twice and in any order; of a dispute it is believed that it exists, for the event is signed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from contracts.ids import is_order_id
from functions.checkout.refunding import promised
from functions.checkout.task import Found, database, find, find_order
from functions.checkout.wiring import payment_gateway
from functions.orders.domain import CLOSED, Order
from functions.orders.refunds import (
    OrderRefund,
    RefundMoved,
    RefundState,
    RefundWrites,
    read_refunds,
)
from functions.orders.settlement import SettlementWrites
from functions.payments.gateway import (
    Dispute,
    GatewayRefused,
    PaymentGateway,
    PaymentIntent,
    Refund,
)
from functions.payments.ledger import LedgerChanged, LedgerWrites, require_payment
from functions.payments.observations import observed, strange
from functions.payments.provider_events import HANDLED, ProviderEvent
from functions.shared.clock import Clock, utc_now
from functions.shared.deliveries import handle_each
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended, Inconsistent, RetryableError
from functions.shared.logs import about, count, logger
from functions.shared.settings import setting
from functions.shared.writes import Write

ATTEMPTS: Final = 3
"""How often the provider is asked anew because the ledger moved meanwhile."""
UNKNOWN: Final = "resource_missing"

SENT_BACK: Final = "refund_failed"
REFUND_FAILED: Final = "RefundFailed"
REFUNDED_OUTSIDE: Final = "RefundedOutside"
DISPUTED: Final = "PaymentDisputed"
DISPUTE_LOST: Final = "DisputeLost"
DISPUTE_WON: Final = "DisputeWon"
REMEDIES: Final = {
    REFUND_FAILED: "The customer's bank sent the money back: pay it in another way, in the "
    "provider's dashboard.",
    REFUNDED_OUTSIDE: "Refunded in the provider's dashboard, or by a refund that was lost with a "
    "table: cancel the order if it is not to be shipped.",
    DISPUTED: "Answer the dispute in the provider's dashboard, before its due date.",
    DISPUTE_LOST: "The bank has paid the customer: cancel the order if it is not to be shipped. A "
    "cancel that stands goes on with a redrive, and refunds the rest only.",
    DISPUTE_WON: "The money stays. A cancel that stands goes on with a redrive.",
}


class BeingCompensated(RetryableError):
    """A task is at work on the same money: what it leaves behind is judged when it is done."""


@dataclass(frozen=True, slots=True)
class NotePaymentEvent:
    """Handles one event."""

    database: Database
    settlements: SettlementWrites
    ledger: LedgerWrites
    gateway: PaymentGateway
    now: Clock

    def __call__(self, event: ProviderEvent) -> str:
        """Says in a word what was done: noted, nothing new, ignored, or unknown.

        Raises:
            BeingCompensated: a refund failed whose order's saga has not ended.
            GatewayUnavailable: the provider cannot be asked.
        """
        if event.type not in HANDLED:
            return "ignored"
        intent = self._intent(event)
        if intent is None:
            return "unknown"
        for _ in range(ATTEMPTS):
            found = self._found(intent)
            if found is None:
                return "unknown"
            about(found.order.order_id)
            try:
                return self._note(event, intent, found)
            except (LedgerChanged, RefundMoved):
                continue
        raise Contended(f"the ledger of intent {intent.id} is being written by others")

    def _intent(self, event: ProviderEvent) -> PaymentIntent | None:
        if event.intent_id is None:
            return None
        try:
            return self.gateway.retrieve_intent(event.intent_id)
        except GatewayRefused as refusal:
            if refusal.code != UNKNOWN:
                raise
            return None

    def _found(self, intent: PaymentIntent) -> Found | None:
        """The order whose ledger names this intent. An intent that none names was never
        confirmed by the platform: it is somebody else's business on the same account."""
        if intent.order_id is None or not is_order_id(intent.order_id):
            return None
        try:
            found = find(self.database, self.settlements.table, intent.order_id)
        except Inconsistent:
            return None
        return found if found.payment and found.payment.intent_id == intent.id else None

    def _note(self, event: ProviderEvent, intent: PaymentIntent, found: Found) -> str:
        order, payment = found.order, require_payment(found.payment, found.order.order_id)
        at, table = self.now(), self.settlements.table
        recorded = read_refunds(self.database, table, order)
        refunds = self.gateway.list_refunds(intent.id)
        unknown = strange(refunds, order.order_id, promised(recorded))
        if any(one.reference for one in unknown) and self._has_new_refunds(order):
            raise LedgerChanged(payment)
        unpaid = {one.refund_id for one in recorded if one.state is RefundState.PENDING}
        known_dispute = event.dispute_id or payment.dispute
        disputes = self.gateway.list_disputes(intent.id) if known_dispute else []
        changes = observed(
            payment, refunds, known_dispute, unknown=unknown, unpaid=unpaid, disputes=disputes
        )
        back = sent_back(recorded, refunds)
        told = [
            self.settlements.attention(order, reason, subject, REMEDIES[reason], at)
            for reason, subject in (
                *concerns(order, intent, refunds, unknown, recorded, disputes),
                *disputed(event.dispute_id, disputes),
            )
        ]
        known = self.database.read({table: [write.key for write in told]})[table]
        new: list[Write] = [write for write in told if write.key not in known]
        if not (changes or back or new):
            return "nothing new"
        returned = sum(one.amount for one in back)
        failed = [RefundWrites(table).fail(one, SENT_BACK) for one in back]
        observe = self.ledger.observe(payment, changes, returned)
        self.database.transact([observe, *failed, *new])
        if new:
            count("OrdersNeedingAttention", len(new))
        return "noted"

    def _has_new_refunds(self, order: Order) -> bool:
        """Whether a refund was recorded since: what the provider lists is recorded before."""
        now = find_order(self.database, self.settlements.table, order.order_id)
        return now.refund_ids != order.refund_ids


def sent_back(recorded: Sequence[OrderRefund], refunds: Sequence[Refund]) -> list[OrderRefund]:
    """The refunds of parts that were paid, and that the customer's bank has sent back."""
    dead = {refund.reference for refund in refunds if not refund.status.living}
    return [one for one in recorded if one.state is RefundState.REFUNDED and one.refund_id in dead]


def concerns(
    order: Order,
    intent: PaymentIntent,
    refunds: Sequence[Refund],
    unknown: Sequence[Refund],
    recorded: Sequence[OrderRefund],
    disputes: Sequence[Dispute],
) -> Iterator[tuple[str, str]]:
    """What operators have to know of: (reason, id of what it is about).

    A closed order is to cost its customer nothing: only what is missing matters, not how the rest
    was paid. Of any other order each refund matters. Of a refund of a part whose task still decides
    it, or has given it up and said so, nothing is said.

    Args:
        unknown: of the refunds, those that nothing of the order accounts for.
        recorded: the order's refunds of parts.
        disputes: of the intent; what they took back for good is missing no more.

    Raises:
        BeingCompensated: see there.
    """
    undecided = {one.refund_id: one for one in recorded if one.state is RefundState.PENDING}
    known = {*undecided, *(x.refund_id for x in recorded if x.state is RefundState.REFUSED)}
    given = sum(r.amount for r in refunds if r.status.living and r.reference not in undecided)
    given += sum(one.amount for one in undecided.values())
    given += sum(one.amount for one in disputes if one.lost)
    missing = order.status not in CLOSED or given < intent.amount_received
    lost = [r.id for r in refunds if not r.status.living and r.reference not in known]
    if lost and missing and order.status in CLOSED and order.saga_open:
        raise BeingCompensated(f"order {order.order_id}")
    if missing:
        yield from ((REFUND_FAILED, refund_id) for refund_id in lost)
    if order.status not in CLOSED:
        yield from ((REFUNDED_OUTSIDE, refund.id) for refund in unknown)


def disputed(told_of: str | None, disputes: Sequence[Dispute]) -> Iterator[tuple[str, str]]:
    """What operators have to know of disputes: that there is one, and how it ended.

    Args:
        told_of: the id of one that an event is about, which is signed: it exists.
    """
    if told_of:
        yield DISPUTED, told_of
    for dispute in disputes:
        if dispute.lost or dispute.won:
            yield (DISPUTE_LOST if dispute.lost else DISPUTE_WON), dispute.id


@cache
def _note_payment_event() -> NotePaymentEvent:
    table = setting("ORDERS_TABLE")
    return NotePaymentEvent(
        database(), SettlementWrites(table), LedgerWrites(table), payment_gateway(), utc_now
    )


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of the queue; what cannot be noted now comes again, at last to the DLQ."""
    return handle_each(event, _noted, "not noted")


def _noted(body: str) -> None:
    told = ProviderEvent.model_validate_json(body)
    outcome = _note_payment_event()(told)
    logger.info(
        "payment event",
        event_id=told.id,
        event_type=told.type,
        intent_id=told.intent_id,
        outcome=outcome,
    )
