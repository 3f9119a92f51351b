"""A customer is erased: what stood of them is gone, what proves money and stock adds up."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from functions.shared.dynamodb import from_attributes
from scripts.dev.seed_catalog import EXAMPLE_LINE
from scripts.kit.customer import ApiError, Customer, call, log_in
from scripts.kit.endpoints import User
from scripts.kit.migrations import MIGRATIONS
from scripts.local.people import PASSWORD, add_person
from scripts.ops.audit import audit
from scripts.ops.erase import erase
from scripts.ops.migrate import RATE, migrate
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, address, new_key, watch
from tests.support.emulator import wait_until

MARK = "Marked-7f3a"
IN_THE_CART = {"productId": "dotted-notebook", "variantId": "a5-olive", "quantity": 3}


@pytest.fixture
def user(shop: Shop) -> User:
    """Somebody of this test alone."""
    user = User(f"erased-{uuid4().hex[:8]}", PASSWORD, "customer")
    add_person(shop.clients, shop.endpoints.user_pool, user, f"{MARK}@example.com")
    return user


def marked(shop: Shop) -> Iterator[str]:
    """The keys of all items of all tables that hold something of the customer's."""
    for table in shop.endpoints.tables.values():
        for page in shop.clients.dynamodb.get_paginator("scan").paginate(TableName=table):
            items = map(from_attributes, page["Items"])
            yield from (f"{item['PK']} {item['SK']}" for item in items if MARK in str(item))


def test_a_customer_is_erased(shop: Shop, user: User, grace: Customer) -> None:
    assert migrate(shop.endpoints, MIGRATIONS["reviewers"], 100 * RATE) == 0
    customer = Customer(shop.endpoints, user)
    assert customer.send("POST", "/cart/items", IN_THE_CART).status == 200
    order, key = address(name=f"{MARK} Person", line1=f"{MARK} Street 1"), new_key()
    order_id = str(customer.place(order, key).body["orderId"])
    assert watch(customer, order_id).body["orderStatus"] == "CONFIRMED", shop.story(order_id)
    reviews = f"/products/{EXAMPLE_LINE[0]}/reviews"
    review = {"rating": 5, "text": f"I am {MARK}."}
    assert customer.send("POST", reviews, review).status == 201
    rating = call(f"{shop.endpoints.api}{reviews}").body["rating"]

    assert erase(shop.endpoints, user.username, yes=True) == 1, "it is still to be shipped"
    assert len(list(marked(shop))) == 3
    assert grace.post(f"/orders/{order_id}/ship").status == 200
    assert erase(shop.endpoints, user.username, yes=True) == 0

    assert list(marked(shop)) == []
    seen = grace.get(f"/orders/{order_id}")
    assert (seen.status, seen.body["status"]) == (200, "CONFIRMED")
    assert "shippingAddress" not in seen.body
    assert call(f"{shop.endpoints.api}{reviews}").body["rating"] == rating
    with pytest.raises(ApiError, match="cannot log in"):
        log_in(shop.endpoints, user)

    # A token from before is good for an hour: the same request again brings nothing back.
    assert customer.place(order, key).status == 422
    assert customer.send("POST", reviews, review).status == 409
    wait_until(
        lambda: customer.get("/cart").body == {"items": []},
        lambda: f"the cart to be emptied: {customer.get('/cart').body}",
        seconds=EVENTS_PATIENCE,
    )
    assert list(marked(shop)) == []
    assert audit(shop.endpoints, order_id) == 0
