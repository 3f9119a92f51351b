"""Whether what consumers keep is what it is made from."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Final, TypeVar

from functions.catalog.purchases import Purchase, purchase_keys
from functions.catalog.store import CatalogReads
from functions.inventory.items import sku_key
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import from_item as order_from
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Key
from scripts.kit.accounts import scan
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.engine import engine_of
from scripts.kit.products import CatalogProducts
from scripts.kit.progress import Tell
from scripts.kit.reindexing import differences
from scripts.kit.search_index import SearchIndexes

PATIENCE: Final = 60.0  # seconds that the search engine is waited for
TOGETHER: Final = 100
"""Keys of one BatchGetItem."""
LOOKS: Final = 4
PAUSE: Final = 5.0  # seconds between two looks; some consumers gather events for longer than one

SKU: Final = "SKU#"
T = TypeVar("T")
Compare = Callable[[Endpoints, Clients, Tell], dict[str, str]]


def search_index(endpoints: Endpoints, clients: Clients, progress: Tell) -> dict[str, str]:
    """In what index and catalog do not agree, by product."""
    engine = engine_of(endpoints, PATIENCE)
    try:
        indexes = SearchIndexes(engine)
        if indexes.live() is None:
            return {"index": "there is none"}
        catalog = CatalogProducts(clients.dynamodb, endpoints.tables["catalog"])
        return differences(indexes, catalog, progress)
    finally:
        engine.close()


def stock(endpoints: Endpoints, clients: Clients, progress: Tell) -> dict[str, str]:
    """Which SKUs the catalog takes for sold out, or for available, unlike the inventory."""
    return lasting(lambda: _stock(endpoints, clients, progress))


def lasting(look: Callable[[], dict[str, str]]) -> dict[str, str]:
    """The differences that every look has found: an event is on its way for a moment."""
    found = look()
    for _ in range(LOOKS - 1):
        if not found:
            break
        time.sleep(PAUSE)
        again = look()
        found = {key: again[key] for key in found if key in again}
    return found


def _stock(endpoints: Endpoints, clients: Clients, progress: Tell) -> dict[str, str]:
    database = DynamoDatabase(lambda: clients.dynamodb)
    table = endpoints.tables["inventory"]
    catalog = CatalogReads(database, endpoints.tables["catalog"])
    items = scan(clients.dynamodb, endpoints.tables["catalog"])
    skus = (str(item["PK"]).removeprefix(SKU) for item in items if str(item["PK"]).startswith(SKU))
    found: dict[str, str] = {}
    for number, some in enumerate(_together(skus), start=1):
        progress(f"compared {number * TOGETHER} SKUs")
        known = catalog.skus(some)
        told = database.read({table: [sku_key(sku) for sku in some]})[table]
        for sku in some:
            item = told.get(sku_key(sku), {})
            wanted = (bool(item.get("inStock", False)), int(item.get("availabilityVersion", 0)))
            if (known[sku].in_stock, known[sku].told) != wanted:
                found[sku] = (
                    f"in stock {known[sku].in_stock} by version {known[sku].told} in the catalog, "
                    f"{wanted[0]} by {wanted[1]} in the inventory"
                )
    return found


def purchases(endpoints: Endpoints, clients: Clients, progress: Tell) -> dict[str, str]:
    """Which orders count as purchases in the catalog and should not, or the other way round."""
    return lasting(lambda: _purchases(endpoints, clients, progress))


def _purchases(endpoints: Endpoints, clients: Clients, progress: Tell) -> dict[str, str]:
    database = DynamoDatabase(lambda: clients.dynamodb)
    table = endpoints.tables["catalog"]
    found: dict[str, str] = {}
    orders = (order_from(item) for item in scan(clients.dynamodb, endpoints.tables["orders"]))
    wanted = (pair for order in orders for pair in _bought(order))
    for number, some in enumerate(_together(wanted), start=1):
        progress(f"compared {number * TOGETHER} purchases")
        noted = database.read({table: [key for key, _ in some]})[table]
        for key, order in some:
            stands = noted.get(key, {}).get("state") == Purchase.STANDS
            if stands != (order.status is OrderStatus.CONFIRMED):
                product = key.SK.partition("#ORDER#")[0].lower().replace("#", " ")
                said = "stands" if stands else "does not stand"
                found[f"order {order.order_id}, {product}"] = f"{order.status}, {said}"
    return found


def _bought(order: Order) -> list[tuple[Key, Order]]:
    if order.status not in (OrderStatus.CONFIRMED, OrderStatus.CANCELLED):
        return []
    products = [line.product_id for line in order.lines]
    return [(key, order) for key in purchase_keys(order.customer_id, order.order_id, products)]


def _together(things: Iterable[T]) -> Iterator[list[T]]:
    """As many as one read takes."""
    rest = iter(things)
    while some := list(islice(rest, TOGETHER)):
        yield some


COMPARED: Final[Mapping[str, tuple[str, Compare]]] = {
    "IndexProducts": ("search index and catalog", search_index),
    "NotePurchases": ("catalog's purchases and orders", purchases),
    "ProjectStock": ("catalog's stock and inventory", stock),
}
"""By consumer: what is compared, and how."""
