"""IssueRefund: has the provider pay a recorded refund of a part, once.

What the provider definitely refuses is given up: the amount may be claimed again, operators are
told. Everything else that fails is a technical error, and comes again.
"""

from dataclasses import dataclass
from typing import Final

from contracts.tasks import TaskInput
from functions.checkout.refunding import idempotency_key, is_kept
from functions.checkout.task import FoundRefund, database, find_refund, refund_of, task_handler
from functions.checkout.wiring import payment_gateway
from functions.orders.domain import CLOSED, Order
from functions.orders.refunds import OrderRefund, RefundMoved, RefundState, RefundWrites
from functions.orders.returns import ReturnWrites
from functions.orders.settlement import SettlementWrites
from functions.payments.gateway import GatewayError, GatewayRefused, PaymentGateway, Refund
from functions.payments.ledger import LedgerWrites
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import count
from functions.shared.settings import setting
from functions.shared.writes import Write

REFUND_REFUSED: Final = "RefundRefused"
REMEDY: Final = (
    "The provider will not pay this refund; its amount may be refunded anew. If the order was "
    "cancelled, pay it in another way, in the provider's dashboard."
)
UNSETTLED: Final = frozenset({"idempotency_error", "resource_missing"})
"""Refusals that say nothing about the refund: a key that was used otherwise, an unknown intent."""
SENT_BACK: Final = "refund_failed"
OTHER_AMOUNT: Final = "other_amount"
"""The provider has another refund of this id: one that was lost with the tables, and then asked for
anew under the same key. It stands, and is accounted for as one from outside."""


@dataclass(frozen=True, slots=True)
class IssueRefund:
    """The task. Raises technical errors only.

    Args:
        table: the orders table's name.
    """

    database: Database
    table: str
    gateway: PaymentGateway
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Pays the refund, or gives it up."""
        found = find_refund(self.database, self.table, task.order_id, refund_of(task))
        if found.refund.state is not RefundState.PENDING:
            return
        try:
            made = self._made(found) or self._make(found)
            code = _refusal(made, found.refund)
        except GatewayRefused as refusal:
            if refusal.code in UNSETTLED:
                raise
            code = refusal.code
        writes = self._paid(found) if code is None else self._refused(found, code)
        try:
            self.database.transact(writes)
        except RefundMoved:
            return  # a twin of this attempt was faster
        count("RefundsMade" if code is None else "RefundsRefused")

    def _made(self, found: FoundRefund) -> Refund | None:
        """The refund at the provider, if it is there."""
        refunds = self.gateway.list_refunds(found.payment.intent_id)
        return next((r for r in refunds if r.reference == found.refund.refund_id), None)

    def _make(self, found: FoundRefund) -> Refund:
        """Raises GatewayRefused if it is not there, and will not be."""
        refund = found.refund
        name = f"{refund.order_id}:refund:{refund.refund_id}"
        try:
            return self.gateway.refund_intent(
                found.payment.intent_id,
                refund.amount,
                idempotency_key=idempotency_key(name, (), refund.refund_id, refund.retries),
                reference=refund.refund_id,
            )
        except GatewayError as error:
            if isinstance(error, GatewayRefused) and error.code not in UNSETTLED:
                made = self._made(found)
                if made is None:
                    raise
                return made  # of a twin's call, which left no room for this one
            if is_kept(error):
                self.database.write(RefundWrites(self.table).count_retry(refund))
            raise

    def _paid(self, found: FoundRefund) -> list[Write]:
        refund, at = found.refund, self.now()
        paid = LedgerWrites(self.table).pay(found.payment, refund.refund_id, refund.amount, at)
        return [RefundWrites(self.table).pay(refund, at), *paid]

    def _refused(self, found: FoundRefund, code: str) -> list[Write]:
        order, payment, refund = found
        at, undone = self.now(), order.status not in CLOSED
        told = SettlementWrites(self.table).attention(
            order, REFUND_REFUSED, refund.refund_id, REMEDY, at
        )
        return [
            RefundWrites(self.table).refuse(refund, code, at, undone=undone),
            LedgerWrites(self.table).release_claim(payment, refund.amount),
            self._returns(order, refund),
            told,
        ]

    def _returns(self, order: Order, refund: OrderRefund) -> Write:
        """The order keeps the lines; one that is closed gives them back all the same."""
        returns = ReturnWrites(self.table)
        if order.status in CLOSED:
            return returns.require_closed(order.order_id)
        return returns.undo(order, refund.returned())


def _refusal(made: Refund, refund: OrderRefund) -> str | None:
    """Why what the provider has is not what was asked for; None if it is."""
    if not made.status.living:
        return SENT_BACK
    return None if made.amount == refund.amount else OTHER_AMOUNT


def _build() -> IssueRefund:
    return IssueRefund(database(), setting("ORDERS_TABLE"), payment_gateway(), utc_now)


handler = task_handler(_build)
