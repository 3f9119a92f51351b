"""A product with its variants: what it becomes by a change, and what is told of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from contracts.catalog_items import CatalogStatus, Prices, ProductItem, VariantItem
from contracts.events.catalog import PriceRange, ProductChanged


@dataclass(frozen=True, slots=True)
class Product:
    """A product with all its variants, retired ones too."""

    item: ProductItem
    variants: tuple[VariantItem, ...]

    @property
    def sold(self) -> bool:
        """Whether it is shown and sold."""
        return self.item.status is CatalogStatus.ACTIVE

    @property
    def sold_variants(self) -> tuple[VariantItem, ...]:
        """Its variants that are sold, by their ids."""
        return tuple(v for v in self.variants if v.status is CatalogStatus.ACTIVE)

    def variant(self, variant_id: str) -> VariantItem | None:
        """The variant of that id, retired or not."""
        return next((v for v in self.variants if v.variant_id == variant_id), None)

    def with_item(self, item: ProductItem) -> Self:
        """The product with another item of its own."""
        return replace(self, item=item)

    def with_variant(self, variant: VariantItem) -> Self:
        """The product with this variant, new or in place of the one of the same id."""
        others = [v for v in self.variants if v.variant_id != variant.variant_id]
        variants = sorted([*others, variant], key=lambda v: v.variant_id)
        return replace(self, variants=tuple(variants))

    def summed_up(self) -> Self:
        """The product with what its item tells of its variants brought up to date."""
        sold = self.sold_variants
        item = replace(
            self.item,
            prices=_prices(sold),
            attributes=_attributes(sold),
            in_stock=any(variant.in_stock for variant in sold),
        )
        return replace(self, item=item)


def _prices(variants: Iterable[VariantItem]) -> Prices | None:
    by_amount = sorted(variants, key=lambda v: v.price)
    if not by_amount:
        return None
    return Prices(by_amount[0].price, by_amount[-1].price, by_amount[0].currency)


def _attributes(variants: Iterable[VariantItem]) -> dict[str, tuple[str, ...]]:
    values: dict[str, set[str]] = {}
    for variant in variants:
        for name, value in variant.attributes.items():
            values.setdefault(name, set()).add(value)
    return {name: tuple(sorted(values[name])) for name in sorted(values)}


def rated(item: ProductItem, stars: int) -> ProductItem:
    """The product's item with one review more."""
    return replace(item, rating_sum=item.rating_sum + stars, rating_count=item.rating_count + 1)


def rating_tenths(item: ProductItem) -> int:
    """The average rating in tenths of a star, a half rounded up; 0 without reviews."""
    if not item.rating_count:
        return 0
    return (20 * item.rating_sum + item.rating_count) // (2 * item.rating_count)


def product_changed(item: ProductItem) -> ProductChanged:
    """The event by which a product reached the version of its item."""
    return ProductChanged(
        product_id=item.product_id,
        status=item.status.value,
        name=item.name,
        description=item.description,
        category=item.category,
        brand=item.brand,
        tags=item.tags,
        attributes=dict(item.attributes),
        prices=PriceRange(**item.prices._asdict()) if item.prices else None,
        in_stock=item.in_stock,
        rating_tenths=rating_tenths(item),
        rating_count=item.rating_count,
        created_at=datetime.fromisoformat(item.created_at),
    )
