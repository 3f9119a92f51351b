"""Settling an order whose saga has not ended: what the reconciler and the sweeper have in common.

The truth is asked anew each time: the order from its base item, the execution from Step Functions.
So a late or repeated event, and two runs at once, do no harm.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from contracts.errors import OrderClosed
from functions.checkout.executions import RUNNING, Executions, NotStarted
from functions.checkout.task import find_order
from functions.orders.domain import CLOSED, Order, OrderStatus
from functions.orders.settlement import Closer, NoLongerOpen, SettlementWrites
from functions.shared.clock import Clock
from functions.shared.dynamodb import Database
from functions.shared.logs import about, count, logger

START_WITHIN: Final = timedelta(minutes=30)
"""An order that was not started by then is rejected, never started late."""
LOOK_AGAIN: Final = timedelta(minutes=5)
ATTENDED_AGAIN: Final = timedelta(hours=6)
"""How long operators have before an order that waits for them is looked at again."""
REDRIVE: Final = "scripts/shop redrive"


@dataclass(frozen=True, slots=True)
class SettleOrder:
    """Brings one order on: starts, closes, compensates, or raises it to operators."""

    database: Database
    settlements: SettlementWrites
    executions: Executions
    now: Clock

    def __call__(self, order_id: str) -> str:
        """Settles the order as it is now, and says in a word what was done."""
        about(order_id)
        order = find_order(self.database, self.settlements.table, order_id)
        if not order.saga_open:
            return "ended"
        try:
            return self._settle(order)
        except (NoLongerOpen, OrderClosed):
            return "moved on"

    def _settle(self, order: Order) -> str:
        if order.status in CLOSED:
            return self._compensate(order)
        status = self.executions.place_status(order.order_id)
        if status == RUNNING:
            return self._later(order)
        if order.status is not OrderStatus.PENDING:
            return self._raise(order, status or "GONE")
        if status is None:
            return self._start(order)
        return self._close(order, Closer.RECONCILER)

    def _start(self, order: Order) -> str:
        if self.now() - order.created_at > START_WITHIN:
            return self._close(order, Closer.SWEEPER)
        self.executions.start_place(order.order_id)
        self.database.write(self.settlements.postpone(order, self.now() + LOOK_AGAIN))
        return "started"

    def _close(self, order: Order, closer: Closer) -> str:
        self.database.transact(self.settlements.close(order, closer, self.now()))
        count("OrdersRejected", reason=str(closer))
        self._start_cancel(order)
        return "closed"

    def _compensate(self, order: Order) -> str:
        """A closed order is compensated by CancelOrder, unless that is what failed."""
        status = self.executions.cancel_status(order.order_id)
        if status is None:
            self._start_cancel(order)
            return "compensating"
        return self._later(order) if status == RUNNING else self._raise(order, status)

    def _start_cancel(self, order: Order) -> None:
        try:
            self.executions.start_cancel(order.order_id)
        except NotStarted as error:
            logger.warning("not started", reason=str(error))

    def _later(self, order: Order) -> str:
        self.database.write(self.settlements.postpone(order, self.now() + LOOK_AGAIN))
        return "running"

    def _raise(self, order: Order, status: str) -> str:
        at = self.now()
        remedy = f"{REDRIVE} {order.order_id}"
        told = self.settlements.raise_attention(order, status, remedy, at, at + ATTENDED_AGAIN)
        self.database.transact(told)
        count("OrdersNeedingAttention")
        return "raised"
