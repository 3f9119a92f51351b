"""A shop whose stock is moved and received."""

import pytest

from functions.inventory.receipts import ReceiveStock
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from tests.support.shop import CATALOG, INVENTORY, Shop


@pytest.fixture
def shop() -> Shop:
    return Shop()


@pytest.fixture
def stock(shop: Shop) -> Stock:
    return Stock(shop.database, INVENTORY)


@pytest.fixture
def resharding(shop: Shop, stock: Stock) -> Resharding:
    return Resharding(shop.database, stock, InventoryWrites(INVENTORY))


@pytest.fixture
def receive(shop: Shop, stock: Stock) -> ReceiveStock:
    return ReceiveStock(shop.database, stock, CATALOG, shop.now)
