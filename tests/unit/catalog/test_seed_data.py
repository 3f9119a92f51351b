"""The catalog of a fresh stage keeps the promises that the commands rely on."""

import json
import re

from contracts.ids import SKU_PATTERN, SLUG_PATTERN
from contracts.orders_api import PlaceOrderRequest
from scripts.dev.seed_catalog import (
    EXAMPLE_LINE,
    EXAMPLE_ORDER,
    HANDFUL_LINE,
    OUT_OF_STOCK_LINE,
    products,
)

PRODUCTS = products()
VARIANTS = {(v.item.product_id, v.item.variant_id): v for p in PRODUCTS for v in p.variants}


def test_there_are_forty_products_in_six_categories() -> None:
    assert len({product.item.product_id for product in PRODUCTS}) == len(PRODUCTS) >= 40
    assert len({product.item.category for product in PRODUCTS}) >= 6
    assert all(product.variants for product in PRODUCTS)


def test_ids_are_unique_and_well_formed() -> None:
    skus = [variant.item.sku for variant in VARIANTS.values()]
    assert len(set(skus)) == len(skus) == sum(len(product.variants) for product in PRODUCTS)
    assert all(re.fullmatch(SKU_PATTERN, sku) for sku in skus)
    slugs = {slug for ref in VARIANTS for slug in ref}
    slugs |= {product.item.category for product in PRODUCTS}
    assert all(re.fullmatch(SLUG_PATTERN, slug) for slug in slugs)


def test_every_variant_can_be_sold() -> None:
    for variant in VARIANTS.values():
        assert variant.item.price > 0
        assert variant.item.currency == "EUR"
        assert variant.item.attributes
        assert variant.units >= 0


def test_the_named_lines_have_the_stock_they_are_named_for() -> None:
    assert VARIANTS[OUT_OF_STOCK_LINE].units == 0
    assert VARIANTS[HANDFUL_LINE].units == 5
    assert VARIANTS[EXAMPLE_LINE].units >= 1000


def test_the_example_order_is_valid_and_in_stock() -> None:
    order = PlaceOrderRequest.model_validate_json(json.dumps(EXAMPLE_ORDER))
    lines = [(VARIANTS[(line.product_id, line.variant_id)], line.quantity) for line in order.items]
    assert all(variant.units >= quantity for variant, quantity in lines)
    assert sum(variant.item.price * quantity for variant, quantity in lines) == 4070
