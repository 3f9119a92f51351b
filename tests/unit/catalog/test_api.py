"""What anybody may read of the catalog."""

from typing import Any

import pytest

from tests.unit.catalog.conftest import BLUE, Shelf


def _products(shelf: Shelf, category: str = "kitchen", **query: str) -> Any:
    route = "GET /categories/{category}/products"
    return shelf.call(route, path={"category": category}, query=query or None)


def test_a_product_is_shown_with_its_variants_and_nothing_internal(mug: Shelf) -> None:
    mug.call("POST /products/{productId}/variants", path={"productId": "mug"}, body=BLUE)
    page = mug.get()
    assert page.status == 200
    assert page.headers["cache-control"] == "public, max-age=60"
    assert page.body == {
        "productId": "mug",
        "name": "Mug",
        "description": "Holds tea.",
        "category": "kitchen",
        "brand": "Kamin",
        "tags": ["tea"],
        "createdAt": "2026-01-05T12:00:01Z",
        "inStock": False,
        "rating": {"count": 0},
        "variants": [
            {**BLUE, "inStock": False},
            {
                "variantId": "red",
                "sku": "MUG-MUG-RED",
                "name": "Red",
                "price": {"amount": 1250, "currency": "EUR"},
                "attributes": {"color": "Red"},
                "inStock": False,
            },
        ],
    }


def test_a_page_that_the_visitor_has_is_not_sent_again(mug: Shelf) -> None:
    etag = mug.get().headers["etag"]
    unchanged = mug.get(headers={"if-none-match": etag})
    assert (unchanged.status, unchanged.body) == (304, None)
    assert unchanged.headers["etag"] == etag
    mug.stock("MUG-MUG-RED", True, 1)
    changed = mug.get(headers={"If-None-Match": etag})
    assert (changed.status, changed.body["inStock"]) == (200, True)


def test_an_unknown_and_a_retired_product_are_the_same_404(mug: Shelf) -> None:
    mug.manage.retire("mug")
    unknown, gone = mug.get("jug"), mug.get()
    assert (unknown.status, unknown.body) == (404, gone.body)
    assert gone.headers["content-type"] == "application/problem+json"
    assert gone.headers["cache-control"] == "no-store"
    assert gone.body["detail"] == "There is no such product."


@pytest.mark.parametrize("text", ["Mug", "-mug", "mug!", "m" * 65, "mug%23"])
@pytest.mark.parametrize(
    ("route", "parameter"),
    [
        ("GET /products/{productId}", "productId"),
        ("GET /products/{productId}/reviews", "productId"),
        ("GET /categories/{category}/products", "category"),
    ],
)
def test_a_malformed_id_is_named(shelf: Shelf, route: str, parameter: str, text: str) -> None:
    refused = shelf.call(route, path={parameter: text})
    assert refused.status == 400
    assert refused.body["errors"][0]["parameter"] == parameter


def test_categories_that_have_products_are_counted(shelf: Shelf) -> None:
    for product_id, category in (("mug", "kitchen"), ("jug", "kitchen"), ("map", "outdoor")):
        shelf.create(product_id, category=category)
    shelf.manage.retire("map")
    found = shelf.call("GET /categories")
    assert found.body == {"categories": [{"category": "kitchen", "products": 2}]}
    assert "max-age" in found.headers["cache-control"]


def test_a_category_is_read_to_its_end_page_by_page(shelf: Shelf) -> None:
    ids = [f"mug-{n:02d}" for n in range(45)]
    for product_id in ids:
        shelf.create(product_id)
    shelf.create("tent", category="outdoor")
    shelf.manage.retire("mug-07")
    sizes: list[int] = []
    seen: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = _products(shelf, **query)
        assert page.status == 200
        sizes.append(len(page.body["products"]))
        seen += [product["productId"] for product in page.body["products"]]
        if "next" not in page.body:
            break
        query = {"cursor": page.body["next"]}
    assert sizes == [20, 20, 4]
    assert seen == [product_id for product_id in ids if product_id != "mug-07"]


def test_a_product_in_a_list_says_what_it_costs_and_whether_it_is_there(mug: Shelf) -> None:
    mug.stock("MUG-MUG-RED", True, 1)
    (product,) = _products(mug).body["products"]
    assert product == {
        "productId": "mug",
        "name": "Mug",
        "category": "kitchen",
        "brand": "Kamin",
        "prices": {"lowest": 1250, "highest": 1250, "currency": "EUR"},
        "inStock": True,
        "rating": {"count": 0},
    }


def test_a_cursor_that_was_tampered_with_is_refused(shelf: Shelf) -> None:
    for n in range(21):
        shelf.create(f"mug-{n:02d}")
    cursor = _products(shelf).body["next"]
    assert _products(shelf, cursor=cursor).status == 200
    flipped = [
        cursor[:i] + ("A" if cursor[i] != "A" else "B") + cursor[i + 1 :]
        for i in range(len(cursor))
    ]
    nonsense = ["", "x", "!!!", "é", cursor + "!", cursor + "A", cursor[:-1], "A" * 5000, "\x00"]
    for bad in flipped + nonsense:
        refused = _products(shelf, cursor=bad)
        assert refused.status == 400, bad
        assert refused.body["errors"][0]["parameter"] == "cursor"
    assert _products(shelf, "outdoor", cursor=cursor).status == 400, "a cursor of another list"


@pytest.mark.parametrize("name", ["limit", "page", "Cursor", "x" * 500])
def test_a_parameter_that_the_route_does_not_have_is_named(shelf: Shelf, name: str) -> None:
    refused = _products(shelf, **{name: "1"})
    assert refused.status == 400
    assert refused.body["errors"][0]["parameter"] == name[:64]
