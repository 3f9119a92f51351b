"""The catalog over HTTP: from an operator's change to what visitors see and others are told."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest

from functions.shared.dynamodb import DynamoDatabase, Rows
from scripts.dev.seed_catalog import EXAMPLE_LINE, products
from scripts.kit.customer import Answer, Customer, call
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, new_key, placed_and_ended

EUR = "EUR"


def visit(shop: Shop, path: str, **headers: str) -> Answer:
    """A visitor's request, without a token."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return call(f"{shop.endpoints.api}{path}", headers=named)


def new_product(product_id: str) -> dict[str, Any]:
    """A product of one variant at 10.00 EUR."""
    variant = {
        "variantId": "one",
        "sku": f"SKU-{product_id}".upper(),
        "name": "One",
        "price": {"amount": 1000, "currency": EUR},
    }
    return {
        "productId": product_id,
        "name": "A product of the tests",
        "description": "Is created, changed and retired.",
        "category": "of-the-tests",
        "variants": [variant],
    }


def told(shop: Shop, product_id: str) -> list[dict[str, Any]]:
    """What the outbox says of a product, in the order of its versions."""
    database = DynamoDatabase(lambda: shop.clients.dynamodb)
    rows = Rows(shop.endpoints.tables["catalog"], f"PRODUCT#{product_id}", "EVENT#")
    return [json.loads(item["detail"])["data"] for item in database.query(rows).items]


def eventually(look: Any, wanted: Any) -> None:
    """Waits until `look` gives what is wanted."""
    deadline = time.monotonic() + EVENTS_PATIENCE
    while (seen := look()) != wanted:
        assert time.monotonic() < deadline, seen
        time.sleep(0.2)


def test_a_products_life(shop: Shop, grace: Customer, ada: Customer) -> None:
    product_id = f"p-{uuid4().hex[:8]}"
    path = f"/products/{product_id}"
    created = grace.send("POST", "/products", new_product(product_id))
    assert (created.status, created.headers["location"]) == (201, path)
    assert grace.send("POST", "/products", new_product(product_id)).body == created.body
    listed = visit(shop, "/categories/of-the-tests/products").body["products"]
    assert product_id in [product["productId"] for product in listed]

    page = visit(shop, path)
    assert "max-age" in page.headers["cache-control"]
    assert visit(shop, path, If_None_Match=page.headers["etag"]).status == 304
    price = {"price": {"amount": 1100, "currency": EUR}}
    tag = page.headers["etag"]
    dearer = grace.send("PATCH", f"{path}/variants/one", price, If_Match=tag)
    assert (dearer.status, dearer.body["variants"][0]["price"]["amount"]) == (200, 1100)
    late = grace.send("PATCH", path, {"name": "Late"}, If_Match=tag)
    assert (late.status, late.headers["content-type"]) == (412, "application/problem+json")

    expecting = body(
        items=[{"productId": product_id, "variantId": "one", "quantity": 1}], expectedTotal=1000
    )
    refused = ada.place(expecting, new_key())
    assert (refused.status, refused.body["total"]) == (409, {"amount": 1100, "currency": EUR})

    assert grace.send("DELETE", path).status == 204
    assert visit(shop, path).status == 404
    states = [(data["status"], data["prices"]["highest"]) for data in told(shop, product_id)]
    assert states == [("ACTIVE", 1000), ("ACTIVE", 1100), ("RETIRED", 1100)]


def test_a_buyers_review_is_marked_and_rates_the_product(shop: Shop, ada: Customer) -> None:
    product_id = EXAMPLE_LINE[0]
    order_id, ended = placed_and_ended(ada, body())
    assert ended.body["orderStatus"] == "CONFIRMED", shop.story(order_id)
    before = visit(shop, f"/products/{product_id}").body["rating"]["count"]
    bought = DynamoDatabase(lambda: shop.clients.dynamodb)
    rows = Rows(
        shop.endpoints.tables["catalog"], f"BUYER#{_subject(shop)}", f"PRODUCT#{product_id}#"
    )
    eventually(lambda: bool(bought.query(rows).items), True)

    review = {"rating": 4, "text": "Bought and drunk."}
    written = ada.send("POST", f"/products/{product_id}/reviews", review)
    assert (written.status, written.body["verifiedPurchase"]) == (201, True)
    assert ada.send("POST", f"/products/{product_id}/reviews", review).body == written.body
    other = ada.send("POST", f"/products/{product_id}/reviews", {**review, "rating": 1})
    assert other.status == 409
    reviews = visit(shop, f"/products/{product_id}/reviews").body
    assert (reviews["reviews"][0], reviews["rating"]["count"]) == (written.body, before + 1)


def _subject(shop: Shop) -> str:
    user = shop.clients.cognito.admin_get_user(UserPoolId=shop.endpoints.user_pool, Username="ada")
    return next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub")


def test_categories_and_their_pages(shop: Shop) -> None:
    seeded = {product.item.category for product in products()}
    categories = visit(shop, "/categories").body["categories"]
    assert seeded <= {each["category"] for each in categories}
    page = visit(shop, "/categories/kitchen/products?cursor=nonsense")
    assert (page.status, page.body["errors"][0]["parameter"]) == (400, "cursor")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/products"),
        ("PATCH", "/products/chefs-knife"),
        ("DELETE", "/products/chefs-knife"),
        ("POST", "/products/chefs-knife/variants"),
        ("PATCH", "/products/chefs-knife/variants/20cm"),
        ("DELETE", "/products/chefs-knife/variants/20cm"),
    ],
)
def test_only_operators_change_products(shop: Shop, ada: Customer, method: str, path: str) -> None:
    assert ada.send(method, path, {}, If_Match="*").status == 403
    assert call(f"{shop.endpoints.api}{path}", method, {}).status == 401
    assert visit(shop, "/products/chefs-knife").status == 200
