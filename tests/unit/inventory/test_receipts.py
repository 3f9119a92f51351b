"""Units that come in."""

from copy import deepcopy

import pytest

from functions.catalog.store import sku_key
from functions.inventory.receipts import ReceiptExists, ReceiveStock
from functions.inventory.resharding import UnknownSku
from functions.inventory.stock import Stock
from tests.support.shop import CATALOG, INVENTORY, Shop


def test_a_receipt_adds_units_and_tells_of_it(shop: Shop, receive: ReceiveStock) -> None:
    shop.stock("MUG", 3)
    receipt = receive("MUG", 5, "key")
    shelf = Stock(shop.database, INVENTORY).shelf("MUG")
    assert shelf is not None
    assert (shelf.available, shelf.received) == ({0: 8}, 8)
    assert shop.events(receipt.receipt_id) == {"StockReceived"}


def test_a_receipt_that_comes_twice_counts_once(shop: Shop, receive: ReceiveStock) -> None:
    shop.stock("MUG", 3)
    assert receive("MUG", 5, "key") == receive("MUG", 5, "key")
    assert shop.available("MUG") == 8
    receive("MUG", 5, "another")
    assert shop.available("MUG") == 13


def test_a_key_is_for_one_quantity_and_one_sku(shop: Shop, receive: ReceiveStock) -> None:
    shop.stock("MUG", 3)
    shop.stock("LAMP", 0)
    receive("MUG", 5, "key")
    with pytest.raises(ReceiptExists) as refused:
        receive("MUG", 6, "key")
    assert refused.value.quantity == 5
    assert shop.available("MUG") == 8
    receive("LAMP", 6, "key")
    assert shop.available("LAMP") == 6


def test_the_first_receipt_of_a_sku_gives_it_a_shard(shop: Shop, receive: ReceiveStock) -> None:
    shop.sell("NEW")
    receive("NEW", 2, "key")
    receive("NEW", 2, "another")
    shelf = Stock(shop.database, INVENTORY).shelf("NEW")
    assert shelf is not None
    assert (shelf.available, shelf.received) == ({0: 4}, 4)


def test_units_go_to_a_shard_that_orders_try(shop: Shop, receive: ReceiveStock) -> None:
    shop.stock("HOT", 0, 0)
    for number in range(20):
        receive("HOT", 1, str(number))
    shelf = Stock(shop.database, INVENTORY).shelf("HOT")
    assert shelf is not None
    assert shelf.received == 20
    assert all(shelf.available.values())


def test_what_nobody_sells_is_not_received(shop: Shop, receive: ReceiveStock) -> None:
    """Nor is what the catalog has heard of from the inventory alone."""
    shop.database.put(CATALOG, sku_key("TYPO"), {"inStock": False, "told": 1})
    for sku in ("TYPO", "UNKNOWN"):
        before = deepcopy(shop.database.tables)
        with pytest.raises(UnknownSku, match=sku):
            receive(sku, 5, "key")
        assert shop.database.tables == before
