"""The cart over HTTP: prices joined at read, bad input refused, a cache that is down."""

from typing import Any

import pytest

from contracts.catalog_items import CatalogStatus
from functions.carts.api import Shop, build
from functions.carts.domain import CartFull, ItemId
from functions.shared.writes import Key
from tests.support.memory import MemoryDatabase
from tests.support.memory_carts import MemoryCarts
from tests.support.requests import CUSTOMER, Answer, answer, http_event
from tests.unit.carts.catalog import CATALOG, MUG, put_variant

GUEST = "0d5a4a0e-7f5b-4a4e-9f64-0b3c4c1d2e3f"


@pytest.fixture
def carts() -> MemoryCarts:
    """Empty carts."""
    return MemoryCarts()


@pytest.fixture
def database() -> MemoryDatabase:
    """A catalog with a mug at 12.50, a lamp that is retired."""
    database = MemoryDatabase()
    put_variant(database, MUG, price=1250)
    put_variant(database, ItemId("lamp", "oak"), price=8900, status=CatalogStatus.RETIRED)
    return database


class Client:
    """Calls the handler."""

    def __init__(self, carts: MemoryCarts, database: MemoryDatabase) -> None:
        self._handler = build(lambda: Shop(carts, database, CATALOG))

    def __call__(self, route: str, body: object = None, **path: str) -> Answer:
        return answer(self._handler(http_event(route, body=body, path=path), None))


@pytest.fixture
def call(carts: MemoryCarts, database: MemoryDatabase) -> Client:
    """The API."""
    return Client(carts, database)


def _line(**changes: Any) -> dict[str, Any]:
    return {"productId": "mug", "variantId": "blue", "quantity": 2, **changes}


def test_an_empty_cart_has_no_total(call: Client) -> None:
    found = call("GET /cart")
    assert found.status == 200
    assert found.body == {"items": []}
    assert found.headers["cache-control"] == "no-store"


def test_prices_are_the_catalogs(call: Client) -> None:
    assert call("POST /cart/items", _line()).body == {"items": [{"itemId": "mug.blue", **_line()}]}
    body = call("GET /cart").body
    assert body["total"] == {"amount": 2500, "currency": "EUR"}
    (line,) = body["items"]
    assert line["unitPrice"] == {"amount": 1250, "currency": "EUR"}
    assert line["lineTotal"] == {"amount": 2500, "currency": "EUR"}
    assert line["availability"] == "IN_STOCK"
    assert body["expiresAt"].startswith("2026-02-08T12:00:00")


def test_a_price_change_shows_at_the_next_read(call: Client, database: MemoryDatabase) -> None:
    call("POST /cart/items", _line())
    put_variant(database, MUG, price=1300)
    assert call("GET /cart").body["total"] == {"amount": 2600, "currency": "EUR"}


def test_what_is_no_longer_sold_stays_visible_and_costs_nothing(
    call: Client, database: MemoryDatabase, carts: MemoryCarts
) -> None:
    carts.add(CUSTOMER, ItemId("lamp", "oak"), 1)
    carts.add(CUSTOMER, ItemId("gone", "gone"), 1)
    body = call("GET /cart").body
    assert "total" not in body
    assert [line["availability"] for line in body["items"]] == ["RETIRED", "RETIRED"]


def test_what_is_sold_out_says_so_and_costs_nothing(call: Client, database: MemoryDatabase) -> None:
    call("POST /cart/items", _line())
    put_variant(database, MUG, price=1250, in_stock=False)
    body = call("GET /cart").body
    assert body["items"][0]["availability"] == "OUT_OF_STOCK"
    assert "total" not in body


def test_a_line_is_set_and_removed(call: Client) -> None:
    call("POST /cart/items", _line())
    changed = call("PATCH /cart/items/{itemId}", {"quantity": 7}, itemId="mug.blue")
    assert changed.body["items"][0]["quantity"] == 7
    assert call("DELETE /cart/items/{itemId}", itemId="mug.blue").status == 204
    assert call("DELETE /cart/items/{itemId}", itemId="mug.blue").status == 204
    assert call("GET /cart").body == {"items": []}


def test_a_cart_is_emptied(call: Client) -> None:
    call("POST /cart/items", _line())
    assert call("DELETE /cart").status == 204
    assert call("GET /cart").body == {"items": []}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (_line(quantity=0), "/quantity"),
        (_line(quantity=-1), "/quantity"),
        (_line(quantity=1.5), "/quantity"),
        (_line(quantity=True), "/quantity"),
        (_line(quantity=100), "/quantity"),
        (_line(quantity=10**30), "/quantity"),
        (_line(productId="Mug!"), "/productId"),
        (_line(productId="nothing"), "/variantId"),
        (_line(variantId="nothing"), "/variantId"),
        (_line(productId="lamp", variantId="oak"), "/variantId"),
        (_line(price=1), "/price"),
        ({"productId": "mug", "quantity": 1}, "/variantId"),
        ([], ""),
    ],
)
def test_a_bad_addition_names_its_field_and_changes_nothing(
    call: Client, carts: MemoryCarts, body: object, pointer: str
) -> None:
    refused = call("POST /cart/items", body)
    assert refused.status == 422
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert carts.items == {}


def test_a_full_cart_says_what_is_too_much(
    call: Client, carts: MemoryCarts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise CartFull("quantity")

    monkeypatch.setattr(carts, "add", full)
    refused = call("POST /cart/items", _line())
    assert refused.status == 422
    assert refused.body["errors"][0]["pointer"] == "/quantity"
    assert "99" in refused.body["detail"]


@pytest.mark.parametrize("item_id", ["mug.red", "mug", "nothing.blue", "..", "%00"])
def test_what_is_not_in_the_cart_is_not_found(call: Client, item_id: str) -> None:
    call("POST /cart/items", _line())
    assert call("PATCH /cart/items/{itemId}", {"quantity": 1}, itemId=item_id).status == 404


def test_a_merge_names_what_it_could_not_take(call: Client) -> None:
    items = [_line(), _line(quantity=1), _line(productId="lamp", variantId="oak")]
    merged = call("POST /cart/merge", {"cartId": GUEST, "items": items})
    assert merged.body["items"] == [{"itemId": "mug.blue", **_line(quantity=3)}]
    assert [line["itemId"] for line in merged.body["notMerged"]] == ["lamp.oak"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"cartId": "guest", "items": [_line()]}, "/cartId"),
        ({"cartId": GUEST, "items": []}, "/items"),
        ({"cartId": GUEST, "items": [_line()] * 41}, "/items"),
        ({"cartId": GUEST, "items": [_line(quantity=0)]}, "/items/0/quantity"),
    ],
)
def test_a_bad_merge_names_its_field(call: Client, body: object, pointer: str) -> None:
    refused = call("POST /cart/merge", body)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.body["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("route", "body", "path"),
    [
        ("GET /cart", None, {}),
        ("DELETE /cart", None, {}),
        ("POST /cart/items", _line(), {}),
        ("PATCH /cart/items/{itemId}", {"quantity": 1}, {"itemId": "mug.blue"}),
        ("DELETE /cart/items/{itemId}", None, {"itemId": "mug.blue"}),
        ("POST /cart/merge", {"cartId": GUEST, "items": [_line()]}, {}),
    ],
)
def test_a_cache_that_is_down_is_said_so(
    call: Client, carts: MemoryCarts, route: str, body: object, path: dict[str, str]
) -> None:
    carts.down = True
    refused = call(route, body, **path)
    assert refused.status == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "2"


def test_a_cart_is_its_customers_own(call: Client, carts: MemoryCarts) -> None:
    carts.add("somebody-else", MUG, 5)
    assert call("GET /cart").body == {"items": []}


def test_prices_are_read_in_one_batch(
    call: Client, carts: MemoryCarts, database: MemoryDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        item = ItemId("mug", f"v{number}")
        put_variant(database, item, price=100)
        carts.add(CUSTOMER, item, 1)
    reads: list[int] = []
    read = database.read

    def counted(keys: dict[str, list[Key]]) -> object:
        reads.append(len(keys[CATALOG]))
        return read(keys)

    monkeypatch.setattr(database, "read", counted)
    assert call("GET /cart").body["total"]["amount"] == 4000
    assert reads == [41]
