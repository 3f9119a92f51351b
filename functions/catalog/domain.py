"""What of the catalog a visitor sees."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from contracts.catalog_api import ProductView, VariantView
from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from contracts.money import Money


@dataclass(frozen=True, slots=True)
class Product:
    """A product with all its variants, retired ones too."""

    item: ProductItem
    variants: tuple[VariantItem, ...]


class Catalog(Protocol):
    """Where products are kept."""

    def product(self, product_id: str) -> Product | None:
        """The product, or None if there is none of that id."""


def visible(product: Product | None) -> ProductView | None:
    """The product as it is sold; None if it is not.

    A retired product is as good as absent: its page is gone, while the orders that name it keep
    their own copy of name and price. A retired variant is left out of its product.
    """
    if product is None or product.item.status is not CatalogStatus.ACTIVE:
        return None
    item = product.item
    return ProductView(
        product_id=item.product_id,
        name=item.name,
        description=item.description,
        category=item.category,
        brand=item.brand,
        tags=item.tags,
        variants=tuple(_views(product.variants)),
    )


def _views(variants: Iterable[VariantItem]) -> Iterable[VariantView]:
    for variant in variants:
        if variant.status is CatalogStatus.ACTIVE:
            yield VariantView(
                variant_id=variant.variant_id,
                sku=variant.sku,
                name=variant.name,
                price=Money(amount=variant.price, currency=variant.currency),
                attributes=dict(variant.attributes),
            )
