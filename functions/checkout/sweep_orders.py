"""SweepOrders, every minute: finds overdue orders whose saga has not ended, and settles them.

Status events of executions are best effort, and a start may have failed: the sweeper relies on
neither. It asks a sparse sharded index, reads each order anew, and takes a bounded number a run.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from functions.checkout.executions import StepFunctionsExecutions
from functions.checkout.settle_order import SettleOrder
from functions.checkout.task import database
from functions.orders.settlement import SettlementWrites
from functions.orders.store import open_partitions
from functions.shared import clients
from functions.shared.clock import Clock, to_millis, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import logger
from functions.shared.settings import setting

PER_PARTITION: Final = 25
"""Orders of one partition of the index a run: the rest waits for the next minute."""


@dataclass(frozen=True, slots=True)
class SweepOrders:
    """Settles what is overdue."""

    database: Database
    table: str
    settle: Callable[[str], str]
    now: Clock

    def __call__(self) -> dict[str, int]:
        """One run. Returns how many orders met which end; one that fails does not stop others."""
        until = f"{to_millis(self.now()):014d}"
        outcomes: dict[str, int] = {}
        for partition in open_partitions():
            for key in self.database.due(self.table, "GSI2", partition, until, PER_PARTITION):
                outcome = self._settled(key.PK.removeprefix("ORDER#"))
                outcomes[outcome] = outcomes.get(outcome, 0) + 1
        return outcomes

    def _settled(self, order_id: str) -> str:
        try:
            return self.settle(order_id)
        except Exception:  # noqa: BLE001 - logged and counted; the index brings it again
            logger.exception("not settled", order_id=order_id)
            return "failed"


_sweep: list[SweepOrders] = []


def settle_order() -> SettleOrder:
    """`SettleOrder` of a deployed function."""
    executions = StepFunctionsExecutions(
        clients.step_functions, setting("PLACE_ORDER_ARN"), setting("CANCEL_ORDER_ARN")
    )
    orders = SettlementWrites(setting("ORDERS_TABLE"))
    return SettleOrder(database(), orders, executions, utc_now)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """One run of the schedule."""
    if not _sweep:
        _sweep.append(SweepOrders(database(), setting("ORDERS_TABLE"), settle_order(), utc_now))
    outcomes = _sweep[0]()
    logger.info("swept", outcomes=outcomes)
    if outcomes.get("failed"):
        raise RuntimeError(f"{outcomes['failed']} orders could not be settled")
    return outcomes
