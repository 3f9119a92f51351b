"""AvailabilityChanged: told where a SKU crosses between available and sold out, and only there."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from contracts.events.envelope import DomainEvent
from contracts.events.inventory import LOW_STOCK, AvailabilityChanged, StockRanLow
from functions.inventory import availability
from functions.inventory.availability import WatchStock
from functions.inventory.domain import Transfer
from functions.inventory.items import sku_key, stock_key
from functions.inventory.receipts import ReceiveStock
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.shared.writes import Key, Write
from tests.support.memory import MemoryDatabase
from tests.support.shop import INVENTORY, Shop


@pytest.fixture
def watch(shop: Shop, stock: Stock) -> WatchStock:
    return WatchStock(shop.database, stock, shop.now)


def told(shop: Shop, sku: str) -> list[tuple[int, bool]]:
    """Version and news of every AvailabilityChanged of the SKU, in order."""
    details = [
        json.loads(item["detail"])
        for key, item in shop.database.tables[INVENTORY].items()
        if key.PK == sku_key(sku).PK and key.SK.startswith("EVENT#AvailabilityChanged#")
    ]
    return sorted((d["metadata"]["aggregateVersion"], d["data"]["inStock"]) for d in details)


def available(sku: str) -> AvailabilityChanged:
    return AvailabilityChanged(sku=sku, in_stock=True)


def sold_out(sku: str) -> AvailabilityChanged:
    return AvailabilityChanged(sku=sku, in_stock=False)


def sell(shop: Shop, sku: str, quantity: int) -> str:
    order_id = shop.place((sku, quantity))
    shop.run_all(order_id, "charge", "reserve")
    return order_id


def test_each_crossing_is_told_once(shop: Shop, watch: WatchStock, receive: ReceiveStock) -> None:
    shop.stock("MUG", 1, 2)
    assert watch("MUG") == [available("MUG")]
    sell(shop, "MUG", 2)
    assert watch("MUG") == []
    last = sell(shop, "MUG", 1)
    assert watch("MUG") == [sold_out("MUG")]
    assert watch("MUG") == []
    shop.run_all(last, "reject", "release")
    assert watch("MUG") == [available("MUG")]
    sell(shop, "MUG", 1)
    watch("MUG")
    receive("MUG", 4, "key")
    watch("MUG")
    assert told(shop, "MUG") == [(1, True), (2, False), (3, True), (4, False), (5, True)]


def test_a_sku_that_never_was_is_no_news(shop: Shop, watch: WatchStock) -> None:
    assert watch("NONE") == []


def test_a_sku_that_runs_low_is_told_once_for_each_crossing(
    shop: Shop, watch: WatchStock, receive: ReceiveStock
) -> None:
    shop.stock("MUG", LOW_STOCK + 2)
    assert watch("MUG") == [available("MUG")]
    sell(shop, "MUG", 1)
    assert watch("MUG") == []
    sell(shop, "MUG", 1)
    assert watch("MUG") == [StockRanLow(sku="MUG", available=LOW_STOCK)]
    sell(shop, "MUG", 1)
    assert watch("MUG") == []
    receive("MUG", 2, "filled up")
    assert watch("MUG") == []
    sell(shop, "MUG", 3)
    assert watch("MUG") == [StockRanLow(sku="MUG", available=LOW_STOCK - 2)]


def test_a_sku_on_shards_is_low_when_none_of_them_has_more_than_the_mark(
    shop: Shop, watch: WatchStock
) -> None:
    shop.stock("MUG", LOW_STOCK, LOW_STOCK + 1, LOW_STOCK)
    watch("MUG")
    shop.database.write(unit_sold("MUG", 0))
    assert watch("MUG") == []
    shop.database.write(unit_sold("MUG", 1))
    assert watch("MUG") == [StockRanLow(sku="MUG", available=3 * LOW_STOCK - 1)]


def unit_sold(sku: str, shard: int) -> Write:
    return Write(INVENTORY, stock_key(sku, shard), "update", increments={"available": -1})


def test_what_begins_with_few_units_or_is_sold_out_at_once_is_not_called_low(
    shop: Shop, watch: WatchStock
) -> None:
    shop.stock("LAMP", 3)
    assert watch("LAMP") == [available("LAMP")]
    shop.stock("MUG", LOW_STOCK + 1)
    watch("MUG")
    sell(shop, "MUG", LOW_STOCK + 1)
    assert watch("MUG") == [sold_out("MUG")]


def test_a_slow_judge_does_not_call_low_what_was_filled_up(
    shop: Shop, watch: WatchStock, receive: ReceiveStock
) -> None:
    shop.stock("MUG", LOW_STOCK + 1)
    watch("MUG")
    sell(shop, "MUG", 1)
    slow = Meanwhile(shop, lambda: receive("MUG", 5, "key"))
    assert WatchStock(slow, Stock(slow, INVENTORY), shop.now)("MUG") == []


class Meanwhile(MemoryDatabase):
    """Something happens between a judge's look and its write, once."""

    def __init__(self, shop: Shop, happens: Any) -> None:
        super().__init__()
        self.tables = shop.database.tables
        self.happens: Any = happens

    def transact(self, writes: Sequence[Write]) -> None:
        """See `Database.transact`."""
        happens, self.happens = self.happens, lambda: None
        happens()
        super().transact(writes)


@pytest.mark.parametrize("shards", [(0,), (0, 0, 0)])
def test_a_slow_judge_does_not_call_sold_out_what_was_refilled(
    shop: Shop, watch: WatchStock, receive: ReceiveStock, shards: tuple[int, ...]
) -> None:
    shop.stock("MUG", *shards[1:], 1)
    watch("MUG")
    sell(shop, "MUG", 1)
    slow = Meanwhile(shop, lambda: (receive("MUG", 1, "key"), watch("MUG")))
    assert WatchStock(slow, Stock(slow, INVENTORY), shop.now)("MUG") == []
    assert told(shop, "MUG") == [(1, True)]


def test_a_slow_judge_does_not_call_available_what_was_sold(shop: Shop, watch: WatchStock) -> None:
    shop.stock("MUG", 1)
    slow = Meanwhile(shop, lambda: (sell(shop, "MUG", 1), watch("MUG")))
    WatchStock(slow, Stock(slow, INVENTORY), shop.now)("MUG")
    assert told(shop, "MUG") == [(1, False)]


def test_a_shard_opened_meanwhile_is_not_overlooked(shop: Shop, receive: ReceiveStock) -> None:
    shop.stock("MUG", 0)
    resharding = Resharding(
        shop.database, Stock(shop.database, INVENTORY), InventoryWrites(INVENTORY)
    )

    def opens() -> None:
        receive("MUG", 1, "key")
        resharding.announce("MUG", 2)
        shop.database.transact(resharding.inventory.transfer(Transfer("MUG", 0, {1: 1})))

    slow = Meanwhile(shop, opens)
    assert WatchStock(slow, Stock(slow, INVENTORY), shop.now)("MUG") == [available("MUG")]
    assert told(shop, "MUG") == [(1, True)]


def record(key: Key) -> Mapping[str, Any]:
    return {"dynamodb": {"Keys": {"PK": {"S": key.PK}, "SK": {"S": key.SK}}}}


def test_the_handler_judges_each_sku_of_a_batch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[str] = []

    def watch(sku: str) -> list[DomainEvent]:
        judged.append(sku)
        return []

    monkeypatch.setattr(availability, "_watch_stock", lambda: watch)
    keys = [Key("STOCK#A-1#0", "METADATA"), Key("STOCK#A-1#12", "METADATA")]
    keys.append(Key("STOCK#B#3", "METADATA"))
    availability.handler({"Records": [record(key) for key in keys]}, None)
    assert judged == ["A-1", "B"]
