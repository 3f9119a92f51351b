"""Customers who order from one shop at once; each goes through the saga as its machine does."""

import random
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, Final, NamedTuple
from uuid import uuid4

from contracts.errors import BusinessError
from contracts.tasks import Failure, TaskInput
from functions.inventory.items import sku_key, stock_key
from functions.inventory.stock import Stock
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import OrderWrites, from_item, order_key
from functions.payments.gateway import IntentStatus
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.errors import RetryableError
from functions.shared.writes import Write
from tests.support.fake_gateway import FakeGateway
from tests.support.shop import INVENTORY, ORDERS, STATES, Mailbox, new_order, saga_tasks
from workflows.place_order import COMPENSATION, FORWARD
from workflows.timing import Backoff

CROWD: Final = 64
"""Buyers at any moment."""
_PACE: Final = 0.1
"""A machine's waits, in a test's time."""

_BUDGETS: Final = {**FORWARD, **COMPENSATION}


class Bought(NamedTuple):
    """How an order ended."""

    status: OrderStatus
    reason: str | None


class Buyers:
    """One shop and its customers."""

    def __init__(self, database: DynamoDatabase) -> None:
        self.database = database
        self.gateway = FakeGateway()
        self.tasks = saga_tasks(database, self.gateway, Mailbox(), utc_now)

    def place(self, *lines: tuple[str, int]) -> str:
        """An order that is accepted and not started."""
        order_id = str(uuid4())
        self.database.transact(OrderWrites(ORDERS).place(new_order(order_id, utc_now(), *lines)))
        return order_id

    def buy(self, order_id: str) -> Bought:
        """The saga of one order, forward or back."""
        try:
            for task in ("charge", "reserve", "confirm", "send"):
                self.run(task, order_id)
        except (BusinessError, RetryableError) as error:
            failure = Failure(Error=type(error).__name__, Cause=str(error))
            for task in ("reject", "release", "refund"):
                self.run(task, order_id, failure)
        order = self.order(order_id)
        return Bought(order.status, order.rejection.reason if order.rejection else None)

    def run(self, task: str, order_id: str, failure: Failure | None = None) -> None:
        """A task with the retries of its state."""
        budget: Backoff = _BUDGETS[STATES[task]].failing
        for wait in budget.waits:
            try:
                return self.tasks[task](TaskInput(orderId=order_id, failure=failure))
            except RetryableError:
                time.sleep(random.uniform(0, wait * _PACE))
        return self.tasks[task](TaskInput(orderId=order_id, failure=failure))

    def order(self, order_id: str) -> Order:
        """The order as it is."""
        key = order_key(order_id)
        return from_item(self.database.read({ORDERS: [key]})[ORDERS][key])

    def held_or_charged(self, orders: Sequence[str]) -> dict[IntentStatus, int]:
        """How many intents of these orders stand in which status."""
        found: dict[IntentStatus, int] = {}
        for order_id in orders:
            status = self.gateway.intents[f"pi_{order_id}"].status
            found[status] = found.get(status, 0) + 1
        return found


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Runs all jobs from the same moment on, a crowd at a time; their results in order."""
    crowd = min(CROWD, len(jobs))
    barrier = Barrier(crowd)

    def run(number: int, job: Callable[[], Any]) -> Any:
        if number < crowd:
            barrier.wait()
        return job()

    with ThreadPoolExecutor(crowd) as pool:
        return list(pool.map(run, range(len(jobs)), jobs))


def shelve(database: DynamoDatabase, *shards: int) -> str:
    """Stock of a new SKU, shard by shard."""
    sku = f"SKU-{uuid4().hex[:8].upper()}"
    database.write(Write(INVENTORY, sku_key(sku), "put", item={"shards": len(shards)}))
    for shard, units in enumerate(shards):
        item = {"available": units, "received": units}
        database.write(Write(INVENTORY, stock_key(sku, shard), "put", item=item))
    return sku


def left(database: DynamoDatabase, sku: str) -> int:
    """Units left, over all shards."""
    return sum(Stock(database, INVENTORY).levels([sku])[sku].values())
