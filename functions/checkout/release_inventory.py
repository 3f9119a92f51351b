"""ReleaseInventory: gives the stock of a closed order back, once."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.tasks import TaskInput
from functions.checkout.task import database, task_handler
from functions.inventory.domain import LIVE
from functions.inventory.store import InventoryWrites, ReservationExists, Stock
from functions.orders.domain import CLOSED
from functions.orders.store import OrderWrites
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.settings import setting
from functions.shared.writes import Write


@dataclass(frozen=True, slots=True)
class ReleaseInventory:
    """The task. Raises technical errors only.

    An order without a reservation needs none of it: its status refuses a late reserve.
    """

    database: Database
    orders: OrderWrites
    stock: Stock
    inventory: InventoryWrites
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Releases the order's reservation, if it has a live one."""
        at = self.now()
        stamp = self.orders.stamp(task.order_id, "ReleaseInventory", at, *CLOSED)
        reservation = self.stock.reservation(task.order_id)
        released: Sequence[Write] = ()
        if reservation is not None and reservation.state in LIVE:
            released = self.inventory.release(reservation, at)
        try:
            self.database.transact([*released, stamp])
        except ReservationExists:
            self.database.write(stamp)  # a twin of this attempt, or its expiry, has released it


def _build() -> ReleaseInventory:
    kept = database()
    table = setting("INVENTORY_TABLE")
    return ReleaseInventory(
        kept,
        OrderWrites(setting("ORDERS_TABLE")),
        Stock(kept, table),
        InventoryWrites(table),
        utc_now,
    )


handler = task_handler(_build)
