"""A hot SKU: reservations a second when its stock stands on one shard, and when on eight.

The real task on the store in memory, which keeps the items of a transaction for 10 ms and refuses
what overlaps, as DynamoDB does; the waits between its tries are the real ones. So what is measured
is how orders stand in each other's way, not the machine. That nothing is sold twice on a real
engine under the same conflicts is shown by `tests/integration/test_races.py`.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import uuid4

from contracts.tasks import TaskInput
from functions.catalog.store import sku_key
from functions.checkout.reserve_inventory import ReserveInventory
from functions.inventory.receipts import ReceiveStock
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.orders.store import OrderWrites
from functions.shared.clock import utc_now
from functions.shared.dynamodb import ATTEMPTS, jittered
from functions.shared.errors import Contended, RetryableError
from functions.shared.writes import Write
from tests.benchmarks.report import Row, middle
from tests.support.conflict_proxy import HOLD_SECONDS, Items
from tests.support.memory import MemoryDatabase
from tests.support.shop import CATALOG, INVENTORY, ORDERS, new_order

SHARDS: Final = 8
TIMES: Final = 4
"""As many reservations a second on eight shards as on one, at least."""
BUYERS: Final = 64
"""Reserving at any moment."""
SECONDS: Final = 2.0
"""A turn."""
TURNS: Final = 3
WANTED: Final = 1600
"""More than a turn reserves: so many shards could serve no more."""


class _Holding(MemoryDatabase):
    """Keeps the items of a transaction for a while."""

    def __init__(self) -> None:
        super().__init__()
        self._held = Items()

    def transact(self, writes: Sequence[Write]) -> None:
        """See `Database.transact`."""
        places = [(write.table, *write.key) for write in writes]
        for attempt in range(ATTEMPTS):
            if not any(self._held.take_all(places)):
                try:
                    time.sleep(HOLD_SECONDS)
                    return super().transact(writes)
                finally:
                    self._held.give_back(places)
            time.sleep(jittered(attempt))
        raise Contended("others hold the items")


def rows() -> Iterator[Row]:
    """One shard against eight."""
    turns = [(shards, *_turn(shards)) for _ in range(TURNS) for shards in (1, SHARDS)]
    one, many = (
        middle(reserved / SECONDS for shards, reserved, _ in turns if shards == wanted)
        for wanted in (1, SHARDS)
    )
    wrong = sum(abs(units) for _, _, units in turns)
    yield Row(
        f"reservations of one SKU, {SHARDS} shards, {HOLD_SECONDS * 1000:.0f} ms a hold",
        f"{many:.0f} a second",
        f"{one:.0f} on one shard; at least {TIMES} x",
        one / many,
        many >= TIMES * one,
    )
    yield Row("  units sold twice or lost", str(wrong), "none", None, wrong == 0, counted=True)


def _turn(shards: int) -> tuple[int, int]:
    """A crowd reserves units of a new SKU, of which there are enough for all.

    Returns:
        How many were reserved in time, and by how many units what is left and what is held in the
        end differ from what there was.
    """
    database, sku = _Holding(), "HOT-SKU"
    stock, inventory = Stock(database, INVENTORY), InventoryWrites(INVENTORY)
    orders = OrderWrites(ORDERS)
    database.put(CATALOG, sku_key(sku), {"productId": "hot", "variantId": "one"})
    ReceiveStock(database, stock, CATALOG, utc_now)(sku, 2 * WANTED, "bench")
    resharding = Resharding(database, stock, inventory)
    resharding.announce(sku, shards)
    while resharding.move(sku):
        pass
    placed = [new_order(str(uuid4()), utc_now(), (sku, 1)) for _ in range(WANTED)]
    for order in placed:
        MemoryDatabase.transact(database, orders.place(order))
    reserve = ReserveInventory(database, orders, stock, inventory, utc_now, timedelta(minutes=30))
    until = time.monotonic() + SECONDS
    with ThreadPoolExecutor(BUYERS) as pool:
        ids = [order.order_id for order in placed]
        in_time = sum(pool.map(partial(_reserve, reserve, until), ids))
    held = sum(_held(stock, order_id) for order_id in ids)
    return in_time, sum(stock.levels([sku])[sku].values()) + held - 2 * WANTED


def _held(stock: Stock, order_id: str) -> int:
    reservation = stock.reservation(order_id)
    return sum(reservation.by_sku().values()) if reservation else 0


def _reserve(reserve: ReserveInventory, until: float, order_id: str) -> bool:
    """Whether the order was served in time. A state machine would wait between two tries."""
    while time.monotonic() < until:
        with suppress(RetryableError):
            reserve(TaskInput(orderId=order_id))
            return time.monotonic() < until
    return False
