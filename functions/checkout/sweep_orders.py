"""SweepOrders, every minute: finds overdue orders and refunds whose saga has not ended.

Status events of executions are best effort, and a start may have failed: the sweeper relies on
neither. It asks a sparse sharded index, reads each one anew, and takes a bounded number a run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from functions.checkout.executions import StepFunctionsExecutions
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.task import database
from functions.orders.open_sagas import due_key, open_partitions
from functions.orders.refunds import ids_of, is_refund
from functions.orders.settlement import SettlementWrites
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import about, logger
from functions.shared.settings import setting
from functions.shared.writes import Key

PER_PARTITION: Final = 25
"""Orders and refunds of one partition of the index a run: the rest waits for the next minute."""


@dataclass(frozen=True, slots=True)
class SweepOrders:
    """Settles what is overdue: an order by its id, a refund by its order's and its own."""

    database: Database
    table: str
    settle: Callable[[str], str]
    settle_refund: Callable[[str, str], str]
    now: Clock

    def __call__(self) -> dict[str, int]:
        """One run. Returns how many met which end; one that fails does not stop others."""
        until = due_key(self.now())
        outcomes: dict[str, int] = {}
        for partition in open_partitions():
            for key in self.database.due(self.table, "GSI2", partition, until, PER_PARTITION):
                outcome = self._settled(key)
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return outcomes

    def _settled(self, key: Key) -> str:
        order_id, refund_id = ids_of(key)
        try:
            if is_refund(key):
                return self.settle_refund(order_id, refund_id)
            return self.settle(order_id)
        except Exception:  # noqa: BLE001 - logged and counted; the index brings it again
            logger.exception("not settled", item=key.SK)
            return "failed"


def settle_order() -> SettleOrder:
    """`SettleOrder` of a deployed function."""
    orders = SettlementWrites(setting("ORDERS_TABLE"))
    return SettleOrder(database(), orders, _executions(), utc_now)


def settle_refund() -> SettleRefund:
    """`SettleRefund` of a deployed function."""
    return SettleRefund(database(), setting("ORDERS_TABLE"), _executions(), utc_now)


def _executions() -> StepFunctionsExecutions:
    return StepFunctionsExecutions(
        clients.step_functions,
        setting("PLACE_ORDER_ARN"),
        setting("CANCEL_ORDER_ARN"),
        setting("REFUND_ORDER_ARN"),
    )


@cache
def _sweep_orders() -> SweepOrders:
    table = setting("ORDERS_TABLE")
    return SweepOrders(database(), table, settle_order(), settle_refund(), utc_now)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """One run of the schedule."""
    outcomes = _sweep_orders()()
    about(None)
    logger.info("swept", outcomes=outcomes)
    if outcomes.get("failed"):
        raise RuntimeError(f"{outcomes['failed']} orders or refunds could not be settled")
    return outcomes
