"""ReleaseInventory: gives the stock of a closed order back, once.

What refunds of a part have taken back is theirs: it is left out here.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.tasks import TaskInput
from functions.checkout.task import database, find_with_stock, task_handler
from functions.inventory.domain import LIVE, Reservation, demand_of
from functions.inventory.store import InventoryWrites, ReservationExists
from functions.orders.domain import CLOSED, Order
from functions.orders.store import OrderWrites
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended, Inconsistent
from functions.shared.settings import setting
from functions.shared.writes import Write


@dataclass(frozen=True, slots=True)
class ReleaseInventory:
    """The task. Raises technical errors only.

    An order without a reservation needs none of it: its status refuses a late reserve.
    """

    database: Database
    orders: OrderWrites
    inventory: InventoryWrites
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Releases the order's reservation, if it has a live one."""
        at = self.now()
        order, reservation = find_with_stock(
            self.database, self.orders.table, self.inventory.table, task.order_id
        )
        if order.status not in CLOSED:
            raise Inconsistent(f"order {order.order_id} is {order.status} and to be released")
        stamp = self.orders.stamp(task.order_id, "ReleaseInventory", at, *CLOSED)
        released: Sequence[Write] = ()
        if reservation is not None and reservation.state in LIVE:
            rest = unreturned(order, reservation)
            released = self.inventory.release(reservation, at, rest)
        try:
            self.database.transact([*released, stamp])
        except ReservationExists as other:
            if other.reservation.state in LIVE:
                raise Contended(f"a refund of order {order.order_id} has restocked") from other
            self.database.write(stamp)  # a twin of this attempt, or its expiry, has released it


def unreturned(order: Order, reservation: Reservation) -> dict[str, int] | None:
    """SKU → units of a closed order that no refund has taken back; None: all of them.

    No refund is recorded of a closed order, so this does not change any more.
    """
    returned = order.returned_by_sku()
    if not returned:
        return None
    sold = demand_of((line.sku, line.quantity) for line in order.lines)
    return {sku: sold[sku] - returned.get(sku, 0) for sku in reservation.by_sku()}


def _build() -> ReleaseInventory:
    return ReleaseInventory(
        database(),
        OrderWrites(setting("ORDERS_TABLE")),
        InventoryWrites(setting("INVENTORY_TABLE")),
        utc_now,
    )


handler = task_handler(_build)
