"""The orders API over HTTP: idempotency, strangers, lists, conditional requests, bad input."""

from typing import Any

import pytest

from scripts.dev.seed_catalog import EXAMPLE_LINE
from scripts.kit.customer import Customer, call
from tests.e2e.conftest import Shop
from tests.e2e.orders import (
    PATIENCE,
    address,
    body,
    line,
    many_skus,
    new_key,
    place,
    placed_and_ended,
    watch,
    without,
)

PROBLEM = "application/problem+json"

BAD_BODIES: dict[str, tuple[Any, str]] = {
    "unknown product": (line(productId="no-such-product"), "/items"),
    "unknown variant": (line(variantId="no-such-variant"), "/items"),
    "quantity 0": (line(quantity=0), "/items/0/quantity"),
    "negative quantity": (line(quantity=-1), "/items/0/quantity"),
    "fractional quantity": (line(quantity=1.5), "/items/0/quantity"),
    "quantity true": (line(quantity=True), "/items/0/quantity"),
    "quantity as text": (line(quantity="1"), "/items/0/quantity"),
    "absurd quantity": (line(quantity=10**9), "/items/0/quantity"),
    "41 SKUs": (many_skus(41), "/items"),
    "no lines": (body(items=[]), "/items"),
    "lines of another type": (body(items={"a": 1}), "/items"),
    "no items": (without("items"), "/items"),
    "no address": (without("shippingAddress"), "/shippingAddress"),
    "no payment method": (without("paymentMethodId"), "/paymentMethodId"),
    "country in full": (address(country="Germany"), "/shippingAddress/country"),
    "no city": (address(city=None), "/shippingAddress/city"),
    "empty name": (address(name=""), "/shippingAddress/name"),
    "unknown field": (body(discount=100), "/discount"),
    "unknown field in a line": (line(unitPrice=1), "/items/0/unitPrice"),
    "unknown field in the address": (address(planet="Mars"), "/shippingAddress/planet"),
    "payment method of another form": (body(paymentMethodId="4242424242424242"), "/paymentMethod"),
    "product id as a number": (line(productId=7), "/items/0/productId"),
}


def orders_of(customer: Customer) -> set[str]:
    """The ids of all orders of a customer, over all pages."""
    found: set[str] = set()
    path = "/orders"
    while True:
        page = customer.get(path).body
        found |= {order["orderId"] for order in page["orders"]}
        if not page.get("next"):
            return found
        path = f"/orders?cursor={page['next']}"


@pytest.mark.parametrize("name", BAD_BODIES)
def test_bad_input_is_a_problem_that_names_the_field_and_changes_nothing(
    ada: Customer, name: str
) -> None:
    bad, pointer = BAD_BODIES[name]
    before = orders_of(ada)
    answer = ada.place(bad, new_key())
    assert answer.status in (400, 422), answer
    assert answer.headers["content-type"] == PROBLEM
    assert answer.body["status"] == answer.status
    assert any(error["pointer"].startswith(pointer) for error in answer.body["errors"]), answer
    assert orders_of(ada) == before


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe"])
def test_what_is_no_json_object_is_a_problem(shop: Shop, ada: Customer, content: bytes) -> None:
    headers = {"Authorization": f"Bearer {ada.token}", "Idempotency-Key": new_key()}
    answer = call(f"{shop.endpoints.api}/orders", "POST", content, headers)
    assert answer.status in (400, 422), answer
    assert answer.headers["content-type"] == PROBLEM


def test_a_huge_body_is_refused(ada: Customer) -> None:
    answer = ada.place(body(note="x" * 200_000), new_key())
    assert answer.status == 413, answer


@pytest.mark.parametrize("key", [None, "", "x" * 256])
def test_without_a_usable_key_nothing_is_placed(shop: Shop, ada: Customer, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {ada.token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    answer = call(f"{shop.endpoints.api}/orders", "POST", body(), headers)
    assert answer.status == 400
    assert answer.body["errors"][0]["header"] == "Idempotency-Key"


def test_an_accepted_order_says_where_it_is_and_costs_what_the_catalog_says(ada: Customer) -> None:
    answer = ada.place(body(), new_key())
    assert answer.status == 202
    assert answer.body["status"] == "PENDING"
    assert answer.body["total"] == {"amount": 4070, "currency": "EUR"}
    assert answer.headers["location"] == f"/orders/{answer.body['orderId']}"
    watch(ada, answer.body["orderId"])


def test_forty_skus_are_accepted_and_duplicate_lines_are_one(ada: Customer) -> None:
    order_id = place(ada, many_skus(40))
    assert len(ada.get(f"/orders/{order_id}").body["items"]) == 40
    watch(ada, order_id)
    product, variant = EXAMPLE_LINE
    twice = [{"productId": product, "variantId": variant, "quantity": n} for n in (1, 2)]
    order_id, _ = placed_and_ended(ada, body(items=twice))
    (only,) = ada.get(f"/orders/{order_id}").body["items"]
    assert only["quantity"] == 3


def test_the_same_key_is_the_same_order_and_another_body_is_refused(
    shop: Shop, ada: Customer
) -> None:
    key = new_key()
    first = ada.place(body(), key)
    watch(ada, first.body["orderId"])
    before = orders_of(ada)
    again = ada.place(body(), key)
    assert (first.status, again.status) == (202, 202)
    assert again.body["orderId"] == first.body["orderId"]
    assert again.headers["location"] == first.headers["location"]
    other = ada.place(line(quantity=5), key)
    assert other.status == 422
    assert other.headers["content-type"] == PROBLEM
    assert orders_of(ada) == before
    charges = call(f"{shop.endpoints.payments}/_sandbox/intents?order={first.body['orderId']}")
    assert len(charges.body["data"]) == 1


def test_the_same_key_of_another_customer_is_another_order(ada: Customer, linus: Customer) -> None:
    key = new_key()
    hers, his = place(ada, body(), key), place(linus, body(), key)
    assert hers != his
    watch(ada, hers)
    watch(linus, his)


def test_a_strangers_order_does_not_exist(ada: Customer, linus: Customer) -> None:
    order_id, _ = placed_and_ended(ada, body())
    unknown = "00000000-0000-5000-8000-000000000000"
    for path in (f"/orders/{order_id}", f"/orders/{order_id}/execution"):
        stranger, nobody = linus.get(path), linus.get(path.replace(order_id, unknown))
        assert stranger.status == 404
        assert stranger.headers["content-type"] == PROBLEM
        assert stranger.body == nobody.body
    assert linus.get("/orders/not-an-id").status == 404


@pytest.fixture(scope="module")
def two_pages(ada: Customer) -> list[str]:
    """The newest orders of a customer, newest first: one more than a page takes."""
    placed = [place(ada, body()) for _ in range(21)]
    for order_id in placed:
        watch(ada, order_id)
    return placed[::-1]


def test_orders_are_listed_newest_first_over_pages(ada: Customer, two_pages: list[str]) -> None:
    first = ada.get("/orders").body
    second = ada.get(f"/orders?cursor={first['next']}").body
    assert len(first["orders"]) == 20
    listed = [order["orderId"] for order in first["orders"] + second["orders"]]
    start = listed.index(two_pages[0])
    assert listed[start : start + len(two_pages)] == two_pages
    assert len(listed) == len(set(listed))


@pytest.mark.usefixtures("two_pages")
def test_a_cursor_is_of_its_own_customer(ada: Customer, linus: Customer) -> None:
    cursor = ada.get("/orders").body["next"]
    for answer in (linus.get(f"/orders?cursor={cursor}"), ada.get("/orders?cursor=forged")):
        assert answer.status == 400, answer
        assert answer.headers["content-type"] == PROBLEM


def test_an_unchanged_order_is_not_sent_again(ada: Customer) -> None:
    order_id, _ = placed_and_ended(ada, body())
    for path in (f"/orders/{order_id}", f"/orders/{order_id}/execution"):
        full = ada.get(path)
        unchanged = ada.get(path, **{"If-None-Match": full.headers["etag"]})
        assert (full.status, unchanged.status) == (200, 304)
        assert not unchanged.body
        assert ada.get(path, **{"If-None-Match": '"another"'}).status == 200
        assert full.retry_after is None


def test_a_running_saga_asks_to_be_polled(shop: Shop, ada: Customer) -> None:
    slow = {"kind": "latency", "path": "*/confirm", "seconds": 4.0}
    call(f"{shop.endpoints.payments}/_sandbox/faults", "POST", slow)
    order_id = place(ada, body())
    running = ada.get(f"/orders/{order_id}/execution")
    assert running.body["status"] == "RUNNING"
    assert running.body["currentState"] == "ChargePayment"
    assert running.body["orderStatus"] == "PENDING"
    assert running.body["steps"] == []
    assert running.retry_after == 1.0
    ended = ada.watch(order_id, PATIENCE)
    assert ended.body["orderStatus"] == "CONFIRMED", shop.story(order_id)
    assert ended.retry_after is None
    assert ended.headers["etag"] != running.headers["etag"]


def test_a_product_is_shown_with_its_variants_to_anybody(shop: Shop) -> None:
    product, variant = EXAMPLE_LINE
    answer = call(f"{shop.endpoints.api}/products/{product}")
    assert answer.status == 200
    assert variant in {one["variantId"] for one in answer.body["variants"]}
    missing = call(f"{shop.endpoints.api}/products/no-such-product")
    assert (missing.status, missing.headers["content-type"]) == (404, PROBLEM)
