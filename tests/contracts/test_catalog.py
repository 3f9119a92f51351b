"""The catalog's items and bodies: what is stored and shown keeps its form."""

from dataclasses import replace
from typing import Any

import pytest

from contracts.catalog_api import ProductView
from contracts.catalog_items import (
    CatalogStatus,
    ProductItem,
    VariantItem,
    is_product,
    is_variant,
)
from functions.shared.dynamodb import from_attributes, to_attributes
from scripts.dev.seed_catalog import products

PRODUCT_ITEM = {
    "PK": "PRODUCT#mug",
    "SK": "METADATA",
    "GSI1PK": "CATEGORY#kitchen",
    "GSI1SK": "PRODUCT#mug",
    "productId": "mug",
    "name": "Mug",
    "description": "Holds tea.",
    "category": "kitchen",
    "createdAt": "2026-01-05T09:00:00Z",
    "tags": ["tea"],
    "version": 1,
    "status": "ACTIVE",
    "prices": {"lowest": 1250, "highest": 1350, "currency": "EUR"},
    "attributes": {"color": ["Blue", "Red"]},
    "inStock": True,
    "ratingSum": 9,
    "ratingCount": 2,
}
VARIANT_ITEM = {
    "PK": "PRODUCT#mug",
    "SK": "VARIANT#red",
    "productId": "mug",
    "variantId": "red",
    "sku": "MUG-RED",
    "name": "Red",
    "price": 1250,
    "currency": "EUR",
    "attributes": {"color": "Red"},
    "status": "ACTIVE",
    "inStock": True,
}


def test_items_have_the_stored_form() -> None:
    product, variant = ProductItem.from_item(PRODUCT_ITEM), VariantItem.from_item(VARIANT_ITEM)
    assert product.to_item() == PRODUCT_ITEM
    assert variant.to_item() == VARIANT_ITEM
    assert replace(product, brand="Kamin").to_item()["brand"] == "Kamin"


def test_an_item_of_before_prices_and_ratings_is_read() -> None:
    later = ("prices", "attributes", "inStock", "ratingSum", "ratingCount")
    old = {name: value for name, value in PRODUCT_ITEM.items() if name not in later}
    product = ProductItem.from_item(old)
    assert (product.prices, product.attributes, product.in_stock) == (None, {}, False)
    assert (product.rating_sum, product.rating_count) == (0, 0)
    variant = {name: value for name, value in VARIANT_ITEM.items() if name != "inStock"}
    assert VariantItem.from_item(variant).in_stock is False


def test_a_retired_product_is_listed_nowhere() -> None:
    product = ProductItem.from_item(PRODUCT_ITEM)
    item = replace(product, status=CatalogStatus.RETIRED).to_item()
    assert not {"GSI1PK", "GSI1SK"} & set(item)


def test_what_is_written_is_read_back() -> None:
    for seeded in products():
        product = seeded.item
        assert ProductItem.from_item(_stored(product.to_item())) == product
        for variant in (stocked.item for stocked in seeded.variants):
            assert VariantItem.from_item(_stored(variant.to_item())) == variant


def _stored(item: dict[str, Any]) -> dict[str, Any]:
    return from_attributes(to_attributes(item))


def test_items_are_told_apart_by_their_keys() -> None:
    assert is_product(PRODUCT_ITEM)
    assert not is_variant(PRODUCT_ITEM)
    assert is_variant(VARIANT_ITEM)
    assert not is_product(VARIANT_ITEM)
    order = {"PK": "ORDER#1", "SK": "METADATA"}
    assert not is_product(order)
    assert not is_variant(order)


@pytest.mark.parametrize("missing", ["name", "status", "tags", "version"])
def test_an_incomplete_item_is_an_error_that_names_what_is_missing(missing: str) -> None:
    item = {name: value for name, value in PRODUCT_ITEM.items() if name != missing}
    with pytest.raises(KeyError, match=missing):
        ProductItem.from_item(item)


def test_a_status_of_a_later_version_is_not_taken_for_active() -> None:
    with pytest.raises(ValueError, match="HIDDEN"):
        VariantItem.from_item(VARIANT_ITEM | {"status": "HIDDEN"})
    assert VariantItem.from_item(VARIANT_ITEM | {"status": "RETIRED"}).status is (
        CatalogStatus.RETIRED
    )


def test_the_body_of_a_product_has_these_fields_and_no_others() -> None:
    schema = ProductView.model_json_schema(by_alias=True)
    assert list(schema["properties"]) == [
        "productId",
        "name",
        "description",
        "category",
        "brand",
        "tags",
        "createdAt",
        "inStock",
        "rating",
        "variants",
    ]
    assert list(schema["$defs"]["VariantView"]["properties"]) == [
        "variantId",
        "sku",
        "name",
        "price",
        "attributes",
        "inStock",
    ]
