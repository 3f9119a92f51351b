"""GET /products/{productId} as a visitor of the shop meets it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.catalog_items import CatalogStatus
from functions.catalog.api import build
from functions.catalog.domain import Product
from tests.support.event_fixtures import http_event
from tests.unit.catalog.test_prices import BLUE, MUG, RED


class FakeCatalog:
    """One product in memory."""

    def __init__(self, product: Product) -> None:
        self.stored = product
        self.asked: list[str] = []

    def product(self, product_id: str) -> Product | None:
        """See `Catalog.product`."""
        self.asked.append(product_id)
        return self.stored if product_id == self.stored.item.product_id else None


def _get(
    product_id: str, catalog: FakeCatalog | None = None, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    stored = catalog or FakeCatalog(Product(MUG, (BLUE, RED)))
    event = http_event("GET /products/{productId}", f"/products/{product_id}", headers)
    return build(lambda: stored)(event, None)


def _header(answer: dict[str, Any], name: str) -> str:
    headers: dict[str, str] = answer.get("headers", {})
    return headers[name]


def test_a_product_is_shown_with_its_variants_and_nothing_internal() -> None:
    answer = _get("mug")
    assert answer["statusCode"] == 200
    assert _header(answer, "Cache-Control") == "public, max-age=60"
    assert json.loads(answer["body"]) == {
        "productId": "mug",
        "name": "Mug",
        "description": "Holds tea.",
        "category": "kitchen",
        "tags": [],
        "variants": [
            {
                "variantId": "blue",
                "sku": "MUG-BLUE",
                "name": "Blue",
                "price": {"amount": 1350, "currency": "EUR"},
                "attributes": {},
            },
            {
                "variantId": "red",
                "sku": "MUG-RED",
                "name": "Red",
                "price": {"amount": 1250, "currency": "EUR"},
                "attributes": {},
            },
        ],
    }


def test_a_page_that_the_visitor_has_is_not_sent_again() -> None:
    etag = _header(_get("mug"), "ETag")
    unchanged = _get("mug", headers={"if-none-match": etag})
    assert unchanged["statusCode"] == 304
    assert unchanged["body"] == "", "an emulator trips over a null body"
    assert _header(unchanged, "ETag") == etag
    dearer = FakeCatalog(Product(MUG, (replace(BLUE, price=1), RED)))
    assert _get("mug", dearer, {"If-None-Match": etag})["statusCode"] == 200


def test_a_retired_variant_is_left_out() -> None:
    gone = replace(BLUE, status=CatalogStatus.RETIRED)
    shown = json.loads(_get("mug", FakeCatalog(Product(MUG, (gone, RED))))["body"])
    assert [variant["variantId"] for variant in shown["variants"]] == ["red"]


def test_an_unknown_and_a_retired_product_are_the_same_404() -> None:
    retired = FakeCatalog(Product(replace(MUG, status=CatalogStatus.RETIRED), (RED,)))
    unknown, gone = _get("jug"), _get("mug", retired)
    assert unknown["statusCode"] == gone["statusCode"] == 404
    assert unknown["body"] == gone["body"]
    assert _header(gone, "Content-Type") == "application/problem+json"
    assert json.loads(gone["body"])["detail"] == "There is no such product."


@pytest.mark.parametrize("text", ["Mug", "-mug", "mug!", "m" * 65, "mug%23"])
def test_a_malformed_id_is_named_and_nothing_is_read(text: str) -> None:
    catalog = FakeCatalog(Product(MUG, (RED,)))
    answer = _get(text, catalog)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["errors"][0]["parameter"] == "productId"
    assert catalog.asked == []
