"""RestockInventory: puts what a refund takes back on the shelf if it is to, and ends the refund."""

from dataclasses import dataclass

from contracts.tasks import TaskInput
from functions.checkout.task import database, refund_of, task_handler
from functions.inventory.domain import Reservation
from functions.inventory.items import from_item as reservation_from
from functions.inventory.items import reservation_key
from functions.inventory.store import InventoryWrites, ReservationExists
from functions.orders.domain import Order
from functions.orders.refunds import (
    OrderRefund,
    RefundMoved,
    RefundState,
    RefundWrites,
    refund_key,
)
from functions.orders.refunds import from_item as refund_from
from functions.orders.store import from_item as order_from
from functions.orders.store import order_key
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended, Inconsistent
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class RestockInventory:
    """The task. Raises technical errors only.

    Args:
        table: the orders table's name.
    """

    database: Database
    table: str
    inventory: InventoryWrites
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Restocks once, in the transaction that ends the refund."""
        order, refund, reservation = self._find(task.order_id, refund_of(task))
        if not refund.saga_open:
            return
        if refund.state is RefundState.PENDING:
            raise Inconsistent(f"refund {refund.refund_id} is PENDING and to be restocked")
        at = self.now()
        writes = RefundWrites(self.table).end(refund, order, at)
        units = refund.units(restock=True)
        if units and reservation is not None:
            writes += self.inventory.restock(reservation, refund.refund_id, units, at)
        try:
            self.database.transact(writes)
        except RefundMoved as moved:
            if moved.refund.saga_open:
                raise Contended(f"refund {refund.refund_id} was moved by others") from moved
            return  # a twin of this attempt has ended it
        except ReservationExists as changed:
            raise Contended(f"the reservation of order {order.order_id} has changed") from changed

    def _find(self, order_id: str, refund_id: str) -> tuple[Order, OrderRefund, Reservation | None]:
        order, refund = order_key(order_id), refund_key(order_id, refund_id)
        held = reservation_key(order_id)
        found = self.database.read({self.table: [order, refund], self.inventory.table: [held]})
        if len(found[self.table]) < 2:
            raise Inconsistent(f"order {order_id} has no refund {refund_id}")
        reservation = found[self.inventory.table].get(held)
        return (
            order_from(found[self.table][order]),
            refund_from(found[self.table][refund]),
            reservation_from(reservation) if reservation else None,
        )


def _build() -> RestockInventory:
    inventory = InventoryWrites(setting("INVENTORY_TABLE"))
    return RestockInventory(database(), setting("ORDERS_TABLE"), inventory, utc_now)


handler = task_handler(_build)
