"""The catalog's routes and projections on a store in memory."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.catalog_items import ProductItem, product_key, product_pk
from functions.catalog import api, manage_api, write_review
from functions.catalog.manage import ManageCatalog
from functions.catalog.purchases import Purchases
from functions.catalog.stock import ProjectStock
from functions.catalog.store import CatalogReads, ProductWrites
from functions.catalog.write_review import WriteReview
from functions.shared.writes import Item, Key
from tests.support.memory import MemoryDatabase
from tests.support.requests import Answer, answer, http_event

TABLE = "catalog"
OPERATOR = {"token_use": "access", "sub": "operator-1", "cognito:groups": "[operator]"}
MUG: dict[str, Any] = {
    "productId": "mug",
    "name": "Mug",
    "description": "Holds tea.",
    "category": "kitchen",
    "brand": "Kamin",
    "tags": ["tea"],
    "variants": [
        {
            "variantId": "red",
            "sku": "MUG-RED",
            "name": "Red",
            "price": {"amount": 1250, "currency": "EUR"},
            "attributes": {"color": "Red"},
        }
    ],
}
BLUE: dict[str, Any] = {
    "variantId": "blue",
    "sku": "MUG-BLUE",
    "name": "Blue",
    "price": {"amount": 1350, "currency": "EUR"},
    "attributes": {"color": "Blue"},
}


@dataclass
class Shelf:
    """One catalog: its routes, and what to look at afterwards."""

    database: MemoryDatabase = field(default_factory=MemoryDatabase)
    time: datetime = datetime(2026, 1, 5, 12, tzinfo=UTC)

    def __post_init__(self) -> None:
        reads, writes = CatalogReads(self.database, TABLE), ProductWrites(TABLE)
        self.reads = reads
        self.manage = ManageCatalog(reads, writes, self.now, lambda _: None)
        self.purchases = Purchases(self.database, TABLE)
        self.review = WriteReview(self.database, writes, self.purchases, self.now, lambda _: None)
        self.stock = ProjectStock(reads, writes, self.now, lambda _: None)

    def now(self) -> datetime:
        """Each look at the clock is a second later."""
        self.time += timedelta(seconds=1)
        return self.time

    def call(self, route: str, **kwargs: Any) -> Answer:
        """A request to a route, by default of an operator where it is theirs."""
        handlers = {"GET": api.handler, "POST /products/{productId}/reviews": write_review.handler}
        handler = handlers.get(route) or handlers.get(route.split(" ")[0]) or manage_api.handler
        if handler is manage_api.handler:
            kwargs.setdefault("claims", OPERATOR)
        return answer(handler(http_event(route, **kwargs), None))

    def get(self, product_id: str = "mug", **kwargs: Any) -> Answer:
        """The page of a product."""
        return self.call("GET /products/{productId}", path={"productId": product_id}, **kwargs)

    def create(self, product_id: str = "mug", **changes: Any) -> Answer:
        """Creates a product like the mug, with a SKU of its own."""
        variants = [dict(v, sku=f"{product_id}-{v['sku']}".upper()) for v in MUG["variants"]]
        body = {**MUG, "productId": product_id, "variants": variants, **changes}
        return self.call("POST /products", body=body)

    def item(self, product_id: str = "mug") -> ProductItem:
        """The product's item."""
        stored = self.database.item(TABLE, Key(**product_key(product_id)))
        assert stored is not None
        return ProductItem.from_item(stored)

    def events(self, product_id: str = "mug") -> list[dict[str, Any]]:
        """What was told of the product, in the order of its versions."""
        items: list[tuple[Key, Item]] = sorted(self.database.tables.get(TABLE, {}).items())
        return [
            json.loads(item["detail"])
            for key, item in items
            if product_pk(product_id) == key.PK and key.SK.startswith("EVENT#")
        ]


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    """An empty catalog."""
    shelf = Shelf()
    monkeypatch.setattr(api, "_reads", lambda: shelf.reads)
    monkeypatch.setattr(api, "_cursor_secret", lambda: lambda: "key")
    monkeypatch.setattr(manage_api, "_manage", lambda: shelf.manage)
    monkeypatch.setattr(write_review, "_write_review", lambda: shelf.review)
    return shelf


@pytest.fixture
def mug(shelf: Shelf) -> Shelf:
    """A catalog with one product: a red mug at 12.50 EUR."""
    assert shelf.create().status == 201
    return shelf
