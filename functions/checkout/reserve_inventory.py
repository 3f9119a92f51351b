"""ReserveInventory: holds the units of every line, all or none, while the order is PENDING."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from contracts.errors import OutOfStock, ReservationExpired
from contracts.tasks import TaskInput
from functions.checkout.task import database, find_order, task_handler
from functions.inventory.domain import (
    LIVE,
    MAX_PORTIONS,
    Portion,
    allocate,
    demand_of,
    gathered,
    guess,
)
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites, ReservationExists, ShardShort
from functions.orders.domain import OrderStatus
from functions.orders.store import OrderWrites
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended
from functions.shared.logs import count
from functions.shared.settings import setting

ALLOCATIONS: Final = 6
"""Times that the stock is read and allocated anew before the task's retry takes over."""


@dataclass(frozen=True, slots=True)
class ReserveInventory:
    """The task. Raises OutOfStock, OrderClosed, or a technical error to be retried.

    `hold` is how long the units are held for an order that is not confirmed.
    """

    database: Database
    orders: OrderWrites
    stock: Stock
    inventory: InventoryWrites
    now: Clock
    hold: timedelta
    rng: random.Random = field(default_factory=random.SystemRandom)

    def __call__(self, task: TaskInput) -> None:
        """Reserves the order's lines, once."""
        order = find_order(self.database, self.orders.table, task.order_id)
        order.require(OrderStatus.PENDING)
        demand = demand_of((line.sku, line.quantity) for line in order.lines)
        try:
            self._reserve(order.order_id, demand)
        except OutOfStock:
            count("ReservationsFailed")
            raise

    def _reserve(self, order_id: str, demand: dict[str, int]) -> None:
        portions = guess(demand, self.stock.shards(demand), self.rng)
        for _ in range(ALLOCATIONS):
            try:
                return self._take(order_id, portions)
            except ShardShort:
                portions = self._allocate(demand)
        raise Contended(f"the stock of order {order_id} moves faster than it can be read")

    def _allocate(self, demand: dict[str, int]) -> tuple[Portion, ...]:
        """Where to take the units from. That there are too few is said by one moment alone."""
        try:
            return allocate(demand, self.stock.glance(demand), self.rng)
        except OutOfStock:
            return allocate(demand, self.stock.levels(demand), self.rng)

    def _take(self, order_id: str, portions: Sequence[Portion]) -> None:
        if len(portions) > MAX_PORTIONS:
            transfers, portions = gathered(portions)
            for transfer in transfers:
                self.database.transact(self.inventory.transfer(transfer))
        at = self.now()
        reservation, rest = self.inventory.hold(order_id, portions, at, at + self.hold)
        stamp = self.orders.stamp(order_id, "ReserveInventory", at, OrderStatus.PENDING)
        try:
            self.database.transact([reservation, stamp, *rest])
        except ReservationExists as held:
            if held.reservation.state not in LIVE:
                raise ReservationExpired(f"reservation of order {order_id}") from held


def _build() -> ReserveInventory:
    kept = database()
    table = setting("INVENTORY_TABLE")
    return ReserveInventory(
        kept,
        OrderWrites(setting("ORDERS_TABLE")),
        Stock(kept, table),
        InventoryWrites(table),
        utc_now,
        timedelta(seconds=int(setting("HOLD_SECONDS"))),
    )


handler = task_handler(_build)
