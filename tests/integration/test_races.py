"""Races, on an engine that is correct under concurrency: the embedded cloud's DynamoDB."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from contracts.errors import BusinessError, OutOfStock
from contracts.tasks import Failure, TaskInput
from functions.checkout.place_order import PlaceOrder
from functions.inventory.store import Stock, sku_key, stock_key
from functions.orders.domain import OrderStatus
from functions.orders.store import OrderWrites, from_item, order_key
from functions.payments.gateway import IntentStatus
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Key, Write
from tests.support.catalog import MUG, request_of
from tests.support.emulator import Emulator
from tests.support.fake_executions import FakeExecutions
from tests.support.fake_gateway import FakeGateway
from tests.support.shop import CATALOG, INVENTORY, ORDERS, Mailbox, new_order, saga_tasks
from tests.support.tables import create_table

BUYERS = 24


@pytest.fixture(scope="module")
def database(emulator: Emulator) -> DynamoDatabase:
    client = emulator.client("dynamodb")
    for table, indexes in ((ORDERS, ["GSI1", "GSI2"]), (INVENTORY, ["GSI1"]), (CATALOG, ["GSI1"])):
        create_table(client, table, *indexes)
    return DynamoDatabase(lambda: client)


def at_once(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Runs all jobs from the same moment on, and returns their results in order."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], Any]) -> Any:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(run, jobs))


def shelve(database: DynamoDatabase, sku: str, *shards: int) -> None:
    database.write(Write(INVENTORY, sku_key(sku), "put", item={"shards": len(shards)}))
    for shard, units in enumerate(shards):
        item = {"available": units, "received": units}
        database.write(Write(INVENTORY, stock_key(sku, shard), "put", item=item))


class Buyers:
    """Customers who order from one shop; each goes through the saga as its machine does."""

    def __init__(self, database: DynamoDatabase) -> None:
        self.database = database
        self.gateway = FakeGateway()
        self.tasks = saga_tasks(database, self.gateway, Mailbox(), utc_now)

    def buy(self, order_id: str, *lines: tuple[str, int]) -> OrderStatus:
        """One order, forward or back."""
        order = new_order(order_id, utc_now(), *lines)
        self.database.transact(OrderWrites(ORDERS).place(order))
        try:
            for task in ("charge", "reserve", "confirm", "send"):
                self.tasks[task](TaskInput(orderId=order_id))
        except BusinessError as error:
            failure = Failure(Error=type(error).__name__, Cause="")
            for task in ("reject", "release", "refund"):
                self.tasks[task](TaskInput(orderId=order_id, failure=failure))
        found = self.database.read({ORDERS: [order_key(order_id)]})[ORDERS]
        return from_item(found[order_key(order_id)]).status


@pytest.mark.parametrize("shards", [(1,), (0, 0, 1, 0)])
def test_last_unit_has_one_buyer_and_the_others_hold_no_money(
    database: DynamoDatabase, shards: tuple[int, ...]
) -> None:
    sku = f"LAST-{uuid4().hex[:8].upper()}"
    shelve(database, sku, *shards)
    shop = Buyers(database)
    ids = [str(uuid4()) for _ in range(BUYERS)]
    statuses = at_once([lambda i=i: shop.buy(i, (sku, 1)) for i in ids])  # type: ignore[misc]

    assert Counter(statuses) == {OrderStatus.CONFIRMED: 1, OrderStatus.REJECTED: BUYERS - 1}
    assert sum(Stock(database, INVENTORY).levels([sku])[sku].values()) == 0
    captured = Counter(intent.status for intent in shop.gateway.intents.values())
    assert captured == {IntentStatus.SUCCEEDED: 1, IntentStatus.CANCELED: BUYERS - 1}


def test_stock_is_conserved_and_sold_to_the_last_unit(database: DynamoDatabase) -> None:
    sku = f"HOT-{uuid4().hex[:8].upper()}"
    shelve(database, sku, 10, 10)
    shop = Buyers(database)
    ids = [str(uuid4()) for _ in range(BUYERS)]
    statuses = at_once([lambda i=i: shop.buy(i, (sku, 1)) for i in ids])  # type: ignore[misc]
    assert Counter(statuses) == {OrderStatus.CONFIRMED: 20, OrderStatus.REJECTED: BUYERS - 20}


def test_two_skus_in_opposite_order_never_leave_half_an_order(database: DynamoDatabase) -> None:
    one, two = (f"PAIR-{uuid4().hex[:8].upper()}" for _ in range(2))
    for sku in (one, two):
        shelve(database, sku, 5)
    shop = Buyers(database)
    pairs = [((one, 1), (two, 1)), ((two, 1), (one, 1))]
    jobs = [lambda n=n: shop.buy(str(uuid4()), *pairs[n % 2]) for n in range(12)]
    statuses = Counter(at_once(jobs))
    left = {s: sum(v.values()) for s, v in Stock(database, INVENTORY).levels([one, two]).items()}
    assert statuses[OrderStatus.CONFIRMED] == 5
    assert left == {one: 0, two: 0}


def test_same_task_twice_at_once_reserves_once(database: DynamoDatabase) -> None:
    sku = f"TWIN-{uuid4().hex[:8].upper()}"
    shelve(database, sku, 9)
    shop = Buyers(database)
    order_id = str(uuid4())
    database.transact(OrderWrites(ORDERS).place(new_order(order_id, utc_now(), (sku, 2))))
    shop.tasks["charge"](TaskInput(orderId=order_id))
    at_once([lambda: shop.tasks["reserve"](TaskInput(orderId=order_id))] * 4)
    assert Stock(database, INVENTORY).levels([sku])[sku] == {0: 7}


def test_same_key_at_once_is_one_order(database: DynamoDatabase) -> None:
    for item in MUG:
        rest = {k: v for k, v in item.items() if k not in ("PK", "SK")}
        database.write(Write(CATALOG, Key(item["PK"], item["SK"]), "put", item=rest))
    executions = FakeExecutions()
    place = PlaceOrder(
        database,
        OrderWrites(ORDERS),
        CATALOG,
        executions,
        utc_now,
    )
    customer = str(uuid4())
    jobs = [lambda: place(customer, "key", request_of(2))] * 8
    orders = at_once(jobs)
    assert len({order.order_id for order in orders}) == 1
    assert {order.total for order in orders} == {2500}
    assert len(executions.placed) == 1


def test_out_of_stock_is_told_apart_from_contention(database: DynamoDatabase) -> None:
    sku = f"NONE-{uuid4().hex[:8].upper()}"
    shelve(database, sku, 0)
    shop = Buyers(database)
    order_id = str(uuid4())
    database.transact(OrderWrites(ORDERS).place(new_order(order_id, utc_now(), (sku, 1))))
    with pytest.raises(OutOfStock, match=sku):
        shop.tasks["reserve"](TaskInput(orderId=order_id))
