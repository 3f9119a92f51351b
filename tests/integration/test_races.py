"""Races, on an engine that is right under concurrency, behind DynamoDB's transaction conflicts."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from contracts.errors import OutOfStock
from contracts.tasks import TaskInput
from functions.checkout.place_order import PlaceOrder
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.orders.domain import OrderStatus
from functions.orders.store import OrderWrites
from functions.payments.gateway import IntentStatus
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Key, Write
from tests.integration.buyers import CROWD, Bought, Buyers, at_once, left, shelve
from tests.support.catalog import MUG, request_of
from tests.support.conflict_proxy import ConflictProxy
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import CATALOG, INVENTORY, ORDERS

CONFIRMED = Bought(OrderStatus.CONFIRMED, None)
SOLD_OUT = Bought(OrderStatus.REJECTED, OutOfStock.__name__)


def sell(database: DynamoDatabase, sku: str, units: int, buyers: int) -> None:
    """As many win as there are units; the others are told that it is sold out, and pay nothing."""
    shop = Buyers(database)
    orders = [shop.place((sku, 1)) for _ in range(buyers)]
    bought = Counter(at_once([partial(shop.buy, order) for order in orders]))
    assert bought == {CONFIRMED: units, SOLD_OUT: buyers - units}
    assert left(database, sku) == 0
    assert shop.held_or_charged(orders) == {
        IntentStatus.SUCCEEDED: units,
        IntentStatus.CANCELED: buyers - units,
    }


@pytest.mark.parametrize("shards", [(1,), (0, 0, 1, 0)])
def test_last_unit_has_one_buyer_and_the_others_hold_no_money(
    database: DynamoDatabase, proxy: ConflictProxy, shards: tuple[int, ...]
) -> None:
    conflicts = proxy.conflicts.total()
    sell(database, shelve(database, *shards), units=1, buyers=CROWD)
    assert proxy.conflicts.total() > conflicts, "nobody ever met anybody"


def test_a_hot_sku_is_sold_to_the_last_unit(database: DynamoDatabase) -> None:
    sell(database, shelve(database, *[5] * 8), units=40, buyers=80)


@pytest.mark.long
@pytest.mark.parametrize("shards", [(200,), (25,) * 8, (0, 190, 1, 1, 2, 3, 1, 2)])
def test_a_hot_sku_of_200_units_is_sold_to_the_last_one(
    database: DynamoDatabase, shards: tuple[int, ...]
) -> None:
    sell(database, shelve(database, *shards), units=200, buyers=400)


def reshard(resharding: Resharding, sku: str, *numbers: int) -> None:
    """Says each number of shards in turn, and moves the units before it says the next."""
    for shards in numbers:
        resharding.announce(sku, shards)
        while resharding.move(sku):
            pass


@pytest.mark.parametrize(
    ("units", "numbers"),
    [
        (50, (8, 2)),
        pytest.param(100, (8, 2), marks=pytest.mark.long),
        pytest.param(300, (8, 2, 32, 1, 5), marks=pytest.mark.long),
        pytest.param(40, (8, 2, 32, 1, 5), marks=pytest.mark.long),
    ],
)
def test_shards_are_split_and_merged_while_a_crowd_orders(
    database: DynamoDatabase, units: int, numbers: tuple[int, ...]
) -> None:
    """Nothing is lost or doubled, and nobody is told that it is sold out before it is."""
    sku = shelve(database, units)
    shop = Buyers(database)
    orders = [shop.place((sku, 1)) for _ in range(CROWD)]
    resharding = Resharding(database, Stock(database, INVENTORY), InventoryWrites(INVENTORY))
    jobs: list[Callable[[], Any]] = [partial(shop.buy, order) for order in orders]
    jobs.insert(CROWD // 2, partial(reshard, resharding, sku, *numbers))
    bought = Counter(each for each in at_once(jobs) if each is not None)

    sold = min(units, CROWD)
    assert bought == Counter({CONFIRMED: sold, SOLD_OUT: CROWD - sold})
    levels = Stock(database, INVENTORY).levels([sku])[sku]
    assert sum(levels.values()) == units - sold
    assert not any(levels[shard] for shard in range(numbers[-1], max(numbers)))


def test_two_skus_in_opposite_order_never_leave_half_an_order(database: DynamoDatabase) -> None:
    one, two = (shelve(database, 5) for _ in range(2))
    shop = Buyers(database)
    pairs = [((one, 1), (two, 1)), ((two, 1), (one, 1))]
    orders = [shop.place(*pairs[number % 2]) for number in range(12)]
    bought = Counter(at_once([partial(shop.buy, order) for order in orders]))
    assert bought == {CONFIRMED: 5, SOLD_OUT: 7}
    assert (left(database, one), left(database, two)) == (0, 0)


def test_same_task_twice_at_once_reserves_once(database: DynamoDatabase) -> None:
    sku = shelve(database, 9)
    shop = Buyers(database)
    order_id = shop.place((sku, 2))
    shop.run("charge", order_id)
    at_once([partial(shop.run, "reserve", order_id)] * 4)
    assert left(database, sku) == 7


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
    jobs = [lambda: place("customer", "key", request_of(2))] * 8
    orders = at_once(jobs)
    assert len({order.order_id for order in orders}) == 1
    assert {order.total for order in orders} == {2500}
    assert len(executions.placed) == 1


def test_out_of_stock_is_told_apart_from_contention(database: DynamoDatabase) -> None:
    sku = shelve(database, 0)
    shop = Buyers(database)
    order_id = shop.place((sku, 1))
    with pytest.raises(OutOfStock, match=sku):
        shop.tasks["reserve"](TaskInput(orderId=order_id))
