"""A cart over HTTP: filled as a guest and as a customer, emptied by the order that it becomes."""

import uuid
from datetime import UTC, datetime

import pytest

from scripts.kit.customer import Customer
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, placed_and_ended
from tests.e2e.test_settlement import invoke
from tests.support.emulator import wait_until

BEANS = {"productId": "house-espresso-beans", "variantId": "250g"}
BEANS_ID = "house-espresso-beans.250g"


@pytest.fixture
def shopper(linus: Customer) -> Customer:
    """A customer with an empty cart."""
    assert linus.send("DELETE", "/cart").status == 204
    return linus


def test_a_shoppers_way_with_a_cart(shop: Shop, shopper: Customer) -> None:
    guest = {"cartId": str(uuid.uuid4()), "items": [{**BEANS, "quantity": 1}]}
    for _ in range(2):
        merged = shopper.send("POST", "/cart/merge", guest)
        assert [line["quantity"] for line in merged.body["items"]] == [1]
    added = shopper.send("POST", "/cart/items", {**BEANS, "quantity": 2})
    assert added.body["items"][0]["quantity"] == 3
    changed = shopper.send("PATCH", f"/cart/items/{BEANS_ID}", {"quantity": 2})
    assert changed.status == 200, changed
    seen = shopper.get("/cart")
    (line,) = seen.body["items"]
    assert seen.body["total"]["amount"] == 2 * line["unitPrice"]["amount"]

    order = body(items=[{**BEANS, "quantity": 2}])
    _, ended = placed_and_ended(shopper, order)
    assert ended.body["orderStatus"] == "CONFIRMED"
    wait_until(
        lambda: shopper.get("/cart").body == {"items": []},
        lambda: f"the order's lines to leave the cart: {shopper.get('/cart').body}",
        seconds=EVENTS_PATIENCE,
    )


def test_a_cart_in_use_is_not_told_of(shop: Shop, shopper: Customer) -> None:
    shopper.send("POST", "/cart/items", {**BEANS, "quantity": 1})
    assert invoke(shop, "ReportAbandonedCarts") == 0
    assert shopper.get("/cart").body["items"]
    assert datetime.fromisoformat(shopper.get("/cart").body["expiresAt"]) > datetime.now(UTC)


def test_bad_input_is_refused_in_the_problem_format(shopper: Customer) -> None:
    refused = shopper.send("POST", "/cart/items", {**BEANS, "quantity": -1})
    assert refused.status == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.body["errors"][0]["pointer"] == "/quantity"
    assert shopper.get("/cart").body == {"items": []}
