"""The operators' stock over HTTP: units come in, stand on shards, are sold out, come in again."""

import json
from uuid import uuid4

import pytest

from contracts.events.inventory import LOW_STOCK
from functions.inventory.items import sku_key
from functions.shared.dynamodb import DynamoDatabase, Rows
from scripts.kit.customer import Answer, Customer, call
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, new_key, place, placed_and_ended, watch
from tests.support.emulator import wait_until

CATEGORY = "stock-of-the-tests"


class Product:
    """A product of one variant, of which nothing has been received."""

    def __init__(self, shop: Shop, operator: Customer) -> None:
        self.id = f"p-{uuid4().hex[:8]}"
        self.sku = self.id.upper()
        self._api, self._operator = shop.endpoints.api, operator
        variant = {
            "variantId": "one",
            "sku": self.sku,
            "name": "One",
            "price": {"amount": 1000, "currency": "EUR"},
        }
        product = {
            "productId": self.id,
            "name": f"Thing {self.id}",
            "description": "Is received, spread and sold.",
            "category": CATEGORY,
            "variants": [variant],
        }
        assert operator.send("POST", "/products", product).status == 201

    def receive(self, quantity: int, key: str | None = None) -> Answer:
        path, body = f"/inventory/{self.sku}/receipts", {"quantity": quantity}
        return self._operator.send("POST", path, body, Idempotency_Key=key or new_key())

    def spread(self, shards: int) -> None:
        """Split or merge, asked again while units are still to be moved."""

        def done() -> bool:
            path = f"/inventory/{self.sku}/shards"
            answer = self._operator.send("PUT", path, {"shards": shards})
            assert answer.status in (200, 202), answer
            return answer.status == 200

        wait_until(done, f"{self.sku} to stand on {shards} shards")

    def stock(self) -> tuple[int, int, int]:
        """Shards, units left, units received."""
        seen = self._operator.get(f"/inventory/{self.sku}").body
        assert seen["available"] == sum(level["available"] for level in seen["levels"])
        return seen["shards"], seen["available"], seen["received"]

    def order(self, quantity: int) -> dict[str, object]:
        line = {"productId": self.id, "variantId": "one", "quantity": quantity}
        return body(items=[line])

    def wait_until_in_stock(self, in_stock: bool) -> None:
        """Wait until the product's page, its category and search all say so."""
        seen: list[bool] = []

        def told() -> bool:
            seen[:] = [
                call(f"{self._api}/products/{self.id}").body["inStock"],
                *(p["inStock"] for p in self._listed(f"/categories/{CATEGORY}/products")),
                *(p["inStock"] for p in self._listed(f"/search?category={CATEGORY}")),
            ]
            return seen == [in_stock] * 3

        wait_until(told, lambda: f"inStock {in_stock}, is {seen}", seconds=EVENTS_PATIENCE)

    def _listed(self, path: str) -> list[dict[str, bool]]:
        page = call(f"{self._api}{path}").body
        return [p for p in page.get("products", page.get("hits")) if p["productId"] == self.id]


def told(shop: Shop, sku: str, event_type: str) -> list[dict[str, object]]:
    """What the outbox has of a SKU."""
    table, key = shop.endpoints.tables["inventory"], sku_key(sku)
    rows = Rows(table, key.PK, f"EVENT#{event_type}#")
    items = DynamoDatabase(lambda: shop.clients.dynamodb).query(rows).items
    return [json.loads(item["detail"])["data"] for item in items]


@pytest.fixture
def product(shop: Shop, grace: Customer) -> Product:
    return Product(shop, grace)


def test_a_receipt_counts_once_for_its_key(product: Product) -> None:
    key = new_key()
    first, again = product.receive(5, key), product.receive(5, key)
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    assert product.stock() == (1, 5, 5)
    assert product.receive(6, key).status == 422
    product.receive(2)
    assert product.stock() == (1, 7, 7)


def test_stock_is_split_and_merged_while_it_is_sold(
    shop: Shop, product: Product, ada: Customer
) -> None:
    product.receive(12)
    orders = []
    for shards in (4, 2):
        orders += [place(ada, product.order(1)) for _ in range(3)]
        product.spread(shards)
    for order_id in orders:
        assert watch(ada, order_id).body["orderStatus"] == "CONFIRMED", shop.story(order_id)
    assert product.stock() == (2, 6, 12)
    _, rest = placed_and_ended(ada, product.order(6))
    assert rest.body["orderStatus"] == "CONFIRMED", "what is left is sold, wherever it stands"
    assert product.stock() == (2, 0, 12)


def test_what_runs_low_and_out_is_told_and_shown_until_more_comes_in(
    shop: Shop, product: Product, ada: Customer
) -> None:
    product.wait_until_in_stock(False)
    product.receive(LOW_STOCK + 1)
    product.wait_until_in_stock(True)
    placed_and_ended(ada, product.order(1))
    low = wait_until(lambda: told(shop, product.sku, "StockRanLow"), "operators to be told")
    assert low == [{"sku": product.sku, "available": LOW_STOCK}]
    placed_and_ended(ada, product.order(LOW_STOCK))
    product.wait_until_in_stock(False)
    product.receive(1)
    product.wait_until_in_stock(True)
