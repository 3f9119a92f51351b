"""The price reader: what the catalog asks for the lines of an order.

Pure functions around the caller's BatchGetItem, so that the caller can read items of its own in
the same call:

    keys = price_keys(refs)                         # at most two a line
    variants = priced(items_of_the_catalog_table)   # what is missing is unknown to the catalog
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from contracts.catalog_items import (
    CatalogStatus,
    Item,
    ProductItem,
    VariantItem,
    is_product,
    is_variant,
    product_key,
    variant_key,
)
from functions.shared.writes import Key


class VariantRef(NamedTuple):
    """Which variant of which product. Any pair of (product id, variant id) equals it."""

    product_id: str
    variant_id: str


@dataclass(frozen=True, slots=True)
class PricedVariant:
    """A variant as the catalog sells it now.

    Attributes:
        unit_price: of one, in minor units of `currency`.
        sellable: neither the variant nor its product is retired.
        in_stock: as far as the inventory has told; a hint, never a promise.
    """

    ref: VariantRef
    sku: str
    product_name: str
    variant_name: str
    unit_price: int
    currency: str
    sellable: bool
    in_stock: bool

    @property
    def name(self) -> str:
        """What the customer bought, on one line."""
        return f"{self.product_name}, {self.variant_name}"


def price_keys(refs: Iterable[tuple[str, str]]) -> list[Key]:
    """The keys to read for these variants, each once: a BatchGetItem refuses repeated keys.

    Args:
        refs: (product id, variant id) of the lines, in any order, repeated or not.

    Returns:
        The keys of the variants and of their products, in the order of the lines.
    """
    keys: dict[Key, None] = {}
    for product_id, variant_id in refs:
        for key in (product_key(product_id), variant_key(product_id, variant_id)):
            keys[Key(**key)] = None
    return list(keys)


def priced(items: Iterable[Item]) -> dict[VariantRef, PricedVariant]:
    """The variants among the items read, by their reference.

    Args:
        items: of the catalog table, deserialised; others are passed over.

    Returns:
        Every variant whose product is among the items as well. A reference that is not in it is
        unknown to the catalog.
    """
    products: dict[str, ProductItem] = {}
    variants: list[VariantItem] = []
    for item in items:
        if is_product(item):
            product = ProductItem.from_item(item)
            products[product.product_id] = product
        elif is_variant(item):
            variants.append(VariantItem.from_item(item))
    return {
        VariantRef(variant.product_id, variant.variant_id): _price(
            products[variant.product_id], variant
        )
        for variant in variants
        if variant.product_id in products
    }


def _price(product: ProductItem, variant: VariantItem) -> PricedVariant:
    return PricedVariant(
        ref=VariantRef(variant.product_id, variant.variant_id),
        sku=variant.sku,
        product_name=product.name,
        variant_name=variant.name,
        unit_price=variant.price,
        currency=variant.currency,
        sellable=product.status is variant.status is CatalogStatus.ACTIVE,
        in_stock=variant.in_stock,
    )
