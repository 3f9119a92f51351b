"""POST /orders, through its handler, on stores in memory."""

import copy
import json
from datetime import timedelta
from typing import Any

import pytest

from contracts.catalog_items import CatalogStatus
from contracts.service_levels import ACCEPTED
from functions.checkout import place_order
from functions.orders.domain import OrderStatus
from functions.shared.clock import from_millis
from functions.shared.writes import Key
from tests.support.catalog import mug
from tests.support.fake_executions import FakeExecutions
from tests.support.requests import Answer, answer, http_event
from tests.support.shop import CATALOG, ORDERS, Shop

BODY: dict[str, Any] = {
    "items": [{"productId": "mug", "variantId": "blue", "quantity": 2}],
    "shippingAddress": {
        "name": "Ada Example",
        "line1": "1 Test Street",
        "city": "Berlin",
        "postalCode": "10115",
        "country": "DE",
    },
    "paymentMethodId": "pm_card_visa",
}


@pytest.fixture
def executions(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> FakeExecutions:
    fake = FakeExecutions()
    catalog_of(shop)
    placing = place_order.PlaceOrder(
        shop.database,
        shop.orders,
        CATALOG,
        fake,
        shop.now,
    )
    monkeypatch.setattr(place_order, "_place_order", lambda: placing)
    return fake


def catalog_of(shop: Shop, price: int = 1250, status: CatalogStatus = CatalogStatus.ACTIVE) -> None:
    for item in mug(price, status, variants=45):
        put(shop, item)


def put(shop: Shop, item: Any) -> None:
    rest = {name: value for name, value in item.items() if name not in ("PK", "SK")}
    shop.database.put(CATALOG, Key(item["PK"], item["SK"]), rest)


def post(body: object = BODY, key: str | None = "key-1", **kwargs: Any) -> Answer:
    headers = {"Idempotency-Key": key} if key is not None else {}
    event = http_event("POST /orders", body=body, headers=headers, **kwargs)
    return answer(place_order.handler(event, None))


def changed(path: str, value: object) -> dict[str, Any]:
    body = copy.deepcopy(BODY)
    *parents, leaf = [int(p) if p.isdigit() else p for p in path.split(".")]
    target: Any = body
    for part in parents:
        target = target[part]
    target[leaf] = value
    return body


def test_order_is_accepted_at_the_catalogs_price(shop: Shop, executions: FakeExecutions) -> None:
    placed = post()
    order = shop.order(placed.body["orderId"])
    assert placed.status == 202
    assert placed.body["status"] == "PENDING"
    assert placed.headers["location"] == f"/orders/{order.order_id}"
    assert (order.total, order.currency, order.customer_id) == (2500, "EUR", "customer-1")
    assert list(executions.placed) == [order.order_id]
    assert shop.events(order.order_id) == {"OrderPlaced"}


def test_same_key_and_body_is_the_same_order(shop: Shop, executions: FakeExecutions) -> None:
    first, second = post(), post()
    assert (second.status, second.body) == (first.status, first.body)
    assert len(executions.placed) == 1


def test_same_key_and_body_after_the_product_was_retired(
    shop: Shop, executions: FakeExecutions
) -> None:
    first = post()
    catalog_of(shop, price=9999, status=CatalogStatus.RETIRED)
    assert post().body == first.body
    assert post(key="key-2").status == 422


def test_same_key_and_body_after_the_order_ended(shop: Shop, executions: FakeExecutions) -> None:
    first = post()
    shop.run("reject", first.body["orderId"])
    assert post().body == first.body


def test_lines_written_otherwise_are_the_same_body(shop: Shop, executions: FakeExecutions) -> None:
    line = {"productId": "mug", "variantId": "blue", "quantity": 1}
    assert post(changed("items", [line, line])).body == post().body


def test_same_key_other_body(shop: Shop, executions: FakeExecutions) -> None:
    post()
    other = post(changed("items.0.quantity", 3))
    assert other.status == 422
    assert other.headers["content-type"] == "application/problem+json"


def test_price_that_changed_since_the_cart_is_told(shop: Shop, executions: FakeExecutions) -> None:
    expecting = changed("expectedTotal", 2500)
    catalog_of(shop, price=1300)
    refused = post(expecting)
    assert refused.status == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.body["total"] == {"amount": 2600, "currency": "EUR"}
    assert refused.body["errors"][0]["pointer"] == "/expectedTotal"
    assert ORDERS not in shop.database.tables
    assert executions.placed == {}

    accepted = post(changed("expectedTotal", 2600))
    assert (accepted.status, accepted.body["total"]["amount"]) == (202, 2600)
    catalog_of(shop, price=1400)
    assert post(changed("expectedTotal", 2600)).body == accepted.body
    assert post().status == 422, "a body that expects nothing is another one"


def test_keys_of_two_customers_do_not_meet(shop: Shop, executions: FakeExecutions) -> None:
    stranger = {"token_use": "access", "sub": "customer-2"}
    assert post().body["orderId"] != post(claims=stranger).body["orderId"]


def test_order_is_accepted_though_its_start_failed(shop: Shop, executions: FakeExecutions) -> None:
    executions.down = True
    accepted = post()
    assert accepted.status == 202
    assert shop.order(accepted.body["orderId"]).status is OrderStatus.PENDING
    executions.down = False
    assert post().body == accepted.body
    assert list(executions.placed) == [accepted.body["orderId"]]


WRONG = [
    ("items", [], "/items"),
    ("items", "mug", "/items"),
    ("items.0.quantity", 0, "/items/0/quantity"),
    ("items.0.quantity", -1, "/items/0/quantity"),
    ("items.0.quantity", 1.5, "/items/0/quantity"),
    ("items.0.quantity", True, "/items/0/quantity"),
    ("items.0.quantity", "2", "/items/0/quantity"),
    ("items.0.quantity", 10**30, "/items/0/quantity"),
    ("items.0.productId", None, "/items/0/productId"),
    ("items.0.productId", "MUG#1", "/items/0/productId"),
    ("items.0.productId", "unknown", "/items/0/productId"),
    ("items.0.variantId", "unknown", "/items/0/variantId"),
    ("items.0.price", 1, "/items/0/price"),
    ("total", 1, "/total"),
    ("expectedTotal", -1, "/expectedTotal"),
    ("expectedTotal", "2500", "/expectedTotal"),
    ("expectedTotal", 10**30, "/expectedTotal"),
    ("customerId", "customer-2", "/customerId"),
    ("paymentMethodId", "4242424242424242", "/paymentMethodId"),
    ("shippingAddress", None, "/shippingAddress"),
    ("shippingAddress.country", "Germany", "/shippingAddress/country"),
    ("shippingAddress.country", "XX", "/shippingAddress/country"),
    ("shippingAddress.line1", " ", "/shippingAddress/line1"),
    ("shippingAddress.line1", "1 Street\nBcc: x", "/shippingAddress/line1"),
    ("shippingAddress.city", "Ber\x00lin", "/shippingAddress/city"),
    ("shippingAddress.name", "x" * 81, "/shippingAddress/name"),
]


@pytest.mark.parametrize(("path", "value", "pointer"), WRONG)
def test_wrong_field_is_named_and_changes_nothing(
    shop: Shop, executions: FakeExecutions, path: str, value: object, pointer: str
) -> None:
    refused = post(changed(path, value))
    assert refused.status == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert ORDERS not in shop.database.tables
    assert executions.placed == {}


@pytest.mark.parametrize("field", ["items", "shippingAddress", "paymentMethodId"])
def test_missing_field_is_named(shop: Shop, executions: FakeExecutions, field: str) -> None:
    body = {name: value for name, value in BODY.items() if name != field}
    refused = post(body)
    assert refused.status == 422
    assert [error["pointer"] for error in refused.body["errors"]] == [f"/{field}"]


@pytest.mark.parametrize("key", [None, "", "é", "x" * 256, "a\nb"])
def test_unusable_idempotency_key(shop: Shop, executions: FakeExecutions, key: str | None) -> None:
    refused = post(key=key)
    assert refused.status == 400
    assert refused.body["errors"][0]["header"] == "Idempotency-Key"


@pytest.mark.parametrize("body", ["", "{", "[]]", "\x00"])
def test_body_that_is_no_json(shop: Shop, executions: FakeExecutions, body: str) -> None:
    assert post(body).status == 400


def test_huge_body(shop: Shop, executions: FakeExecutions) -> None:
    assert post("x" * (64 * 1024 + 1)).status == 413


def test_too_many_variants_or_units(shop: Shop, executions: FakeExecutions) -> None:
    lines = [{"productId": "mug", "variantId": f"colour-{n}", "quantity": 1} for n in range(1, 42)]
    assert post(changed("items", lines)).status == 422
    assert post(changed("items", lines[:40])).status == 202
    many = [{"productId": "mug", "variantId": "blue", "quantity": 50}] * 2
    refused = post(changed("items", many), key="key-2")
    assert refused.body["errors"][0]["pointer"] == "/items/1/quantity"


@pytest.mark.parametrize(
    "claims",
    [{}, {"token_use": "id", "sub": "customer-1"}, {"token_use": "access"}],
)
def test_no_access_token(shop: Shop, executions: FakeExecutions, claims: dict[str, str]) -> None:
    assert post(claims=claims).status == 401


def test_acceptance_is_timed_from_the_gateway_under_the_orders_id(
    executions: FakeExecutions, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arrived = from_millis(http_event("POST /orders")["requestContext"]["timeEpoch"])
    monkeypatch.setattr(place_order, "utc_now", lambda: arrived + timedelta(milliseconds=750))
    post()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (timed,) = [line for line in lines if ACCEPTED.metric in line]
    assert timed[ACCEPTED.metric] == [750.0]
    (order_id,) = executions.placed
    assert timed["correlation_id"] == order_id
