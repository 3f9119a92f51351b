"""Settling a refund whose saga has not ended, as `settle_order` does an order.

A recorded refund was promised: however late, it is started, never given up. What the provider
definitely refuses ends normally; an execution that failed waits for an operator.
"""

from dataclasses import dataclass

from functions.checkout.executions import RUNNING, Executions
from functions.checkout.settle_order import ATTENDED_AGAIN, LOOK_AGAIN, REDRIVE
from functions.checkout.task import find_refund
from functions.orders.domain import Order
from functions.orders.refunds import OrderRefund, RefundMoved, RefundWrites
from functions.orders.settlement import SettlementWrites
from functions.shared.clock import Clock
from functions.shared.dynamodb import Database
from functions.shared.logs import about, count


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """Brings one refund on: starts it, or raises it to operators.

    Args:
        table: the orders table's name.
    """

    database: Database
    table: str
    executions: Executions
    now: Clock

    def __call__(self, order_id: str, refund_id: str) -> str:
        """Settles the refund as it is now, and says in a word what was done."""
        about(order_id)
        order, _, refund = find_refund(self.database, self.table, order_id, refund_id)
        if not refund.saga_open:
            return "ended"
        try:
            return self._settle(order, refund)
        except RefundMoved:
            return "moved on"

    def _settle(self, order: Order, refund: OrderRefund) -> str:
        status = self.executions.refund_status(refund.refund_id)
        if status is None:
            self.executions.start_refund(refund.order_id, refund.refund_id)
        elif status != RUNNING:
            return self._raise(order, refund, status)
        later = RefundWrites(self.table).postpone(refund, self.now() + LOOK_AGAIN)
        self.database.write(later)
        return "started" if status is None else "running"

    def _raise(self, order: Order, refund: OrderRefund, status: str) -> str:
        at = self.now()
        told = SettlementWrites(self.table).attention(
            order,
            f"Refund{status}",
            refund.refund_id,
            f"{REDRIVE} refund-{refund.refund_id}",
            at,
        )
        later = RefundWrites(self.table).postpone(refund, at + ATTENDED_AGAIN, status)
        self.database.transact([later, told])
        count("OrdersNeedingAttention")
        return "raised"
