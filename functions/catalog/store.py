"""Products in the catalog table, and the writes by which they change.

Every change of a product goes through `ProductWrites.change`: it demands the version that it was
decided on, and brings `ProductChanged` with it (docs/adr/0030-product-changed.md).

| PK | SK | item |
|---|---|---|
| `PRODUCT#<productId>` | `METADATA`, `VARIANT#<variantId>` | see `contracts.catalog_items` |
| `SKU#<sku>` | `METADATA` | `Sku`: which variant it is, and whether it is in stock |
| `CATEGORIES` | `CATEGORY#<category>` | how many products are sold in it |
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts import catalog_items
from contracts.catalog_items import (
    VARIANT_PREFIX,
    CatalogStatus,
    ProductItem,
    VariantItem,
    names_variant,
    product_key,
    product_pk,
)
from functions.catalog.domain import Product, product_changed
from functions.shared.dynamodb import Database, Rows
from functions.shared.outbox import outbox
from functions.shared.writes import Item, Key, Write, absent

CATEGORIES: Final = "CATEGORIES"
_COUNTERS: Final = ("version", "ratingSum", "ratingCount")


class ProductMoved(Exception):
    """The product, or a SKU of it, is not as it was read: decide again."""


class ProductExists(Exception):
    """There is a product of that id."""


class SkuTaken(Exception):
    """Another variant has the SKU."""

    def __init__(self, sku: str) -> None:
        super().__init__(f"{sku} is another variant's")
        self.sku = sku


@dataclass(frozen=True, slots=True)
class Sku:
    """What the catalog knows of a SKU. The inventory may tell of it before it is a variant's.

    Attributes:
        variant: (product id, variant id), once one has it; for ever.
        in_stock: as the inventory told last.
        told: the version of what it told; 0: nothing yet.
    """

    sku: str
    variant: tuple[str, str] | None = None
    in_stock: bool = False
    told: int = 0


def sku_key(sku: str) -> Key:
    """The key of a SKU's item."""
    return Key(**catalog_items.sku_key(sku))


def category_key(category: str) -> Key:
    """The key of a category's item."""
    return Key(CATEGORIES, f"CATEGORY#{category}")


class CatalogReads:
    """Reads of the catalog, consistent but for lists of an index.

    Args:
        table: the catalog table's name.
    """

    def __init__(self, database: Database, table: str) -> None:
        self.database = database
        self.table = table

    def item(self, product_id: str) -> ProductItem | None:
        """The product without its variants; None if there is none of that id."""
        key = Key(**product_key(product_id))
        found = self.database.read({self.table: [key]})[self.table].get(key)
        return ProductItem.from_item(found) if found else None

    def product(self, product_id: str) -> Product | None:
        """The product with its variants, never its reviews; None if there is none of that id.

        The product is read first. A change of a variant made in between has a later version, so
        that what is decided on the two is refused.
        """
        item = self.item(product_id)
        if item is None:
            return None
        rows = Rows(self.table, product_pk(product_id), VARIANT_PREFIX)
        variants = self.database.query(rows).items
        return Product(item, tuple(VariantItem.from_item(variant) for variant in variants))

    def skus(self, skus: Iterable[str]) -> dict[str, Sku]:
        """What is known of each SKU."""
        keys = {sku: sku_key(sku) for sku in skus}
        found = self.database.read({self.table: list(keys.values())})[self.table]
        return {sku: _sku(sku, found.get(key, {})) for sku, key in keys.items()}


def _sku(sku: str, item: Mapping[str, Any]) -> Sku:
    variant = (item["productId"], item["variantId"]) if names_variant(item) else None
    return Sku(sku, variant, item.get("inStock", False), item.get("told", 0))


class ProductWrites:
    """What may be done to products, as writes for a transaction.

    Args:
        table: the catalog table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def create(self, product: Product, skus: Mapping[str, Sku], at: datetime) -> list[Write]:
        """Stores a new product with its variants.

        Args:
            skus: of the variants, as they were read.

        Refused with ProductExists, SkuTaken or ProductMoved.
        """
        put = self._put(product.item.to_item(), lambda _: ProductExists(product.item.product_id))
        count = self._count(product.item.category, 1)
        return [
            put,
            *self._add_variants(product.variants, skus),
            count,
            self._event(product.item, at),
        ]

    def change(self, before: ProductItem, after: ProductItem, at: datetime) -> list[Write]:
        """Brings a product from one state to the next version. Refused with ProductMoved."""
        after = replace(after, version=before.version + 1)
        update = self._update(
            before.to_item(),
            after.to_item(),
            condition=Attr("version").eq(before.version),
            refused=_moved,
        )
        return [update, *self._recount(before, after), self._event(after, at)]

    def change_variants(
        self, before: Product, after: Product, skus: Mapping[str, Sku], at: datetime
    ) -> list[Write]:
        """Brings a product and its variants to the next version.

        Args:
            skus: of the variants that are new, as they were read.

        Refused with ProductMoved or SkuTaken.
        """
        known = {variant.variant_id: variant for variant in before.variants}
        new = [v for v in after.variants if v.variant_id not in known]
        changed = [
            self._update(
                known[v.variant_id].to_item(),
                v.to_item(),
                condition=Attr("PK").exists(),
                refused=_moved,
            )
            for v in after.variants
            if v.variant_id in known and v != known[v.variant_id]
        ]
        return [
            *self.change(before.item, after.item, at),
            *self._add_variants(new, skus),
            *changed,
        ]

    def tell_stock(self, known: Sku, in_stock: bool, version: int) -> Write:
        """Notes what the inventory has told of a SKU. Refused with ProductMoved."""
        return Write(
            table=self.table,
            key=sku_key(known.sku),
            kind="update",
            changes={"inStock": in_stock, "told": version},
            condition=_as_read(known),
            refused=_moved,
        )

    def _add_variants(
        self, variants: Sequence[VariantItem], skus: Mapping[str, Sku]
    ) -> list[Write]:
        return [
            *(self._claim(skus[variant.sku], variant) for variant in variants),
            *(self._put(variant.to_item(), _moved) for variant in variants),
        ]

    def _claim(self, known: Sku, variant: VariantItem) -> Write:
        return Write(
            table=self.table,
            key=sku_key(known.sku),
            kind="update",
            changes={"productId": variant.product_id, "variantId": variant.variant_id},
            condition=_as_read(replace(known, variant=None)),
            refused=lambda item: SkuTaken(known.sku) if names_variant(item or {}) else _moved(item),
        )

    def _recount(self, before: ProductItem, after: ProductItem) -> list[Write]:
        was, now = (
            item.category if item.status is CatalogStatus.ACTIVE else None
            for item in (before, after)
        )
        if was == now:
            return []
        counted = ((was, -1), (now, 1))
        return [self._count(category, by) for category, by in counted if category is not None]

    def _count(self, category: str, by: int) -> Write:
        key = category_key(category)
        changes = {"category": category}
        return Write(self.table, key, "update", changes=changes, increments={"products": by})

    def _event(self, item: ProductItem, at: datetime) -> Write:
        return outbox(
            self.table,
            product_pk(item.product_id),
            product_changed(item),
            aggregate_id=item.product_id,
            aggregate_version=item.version,
            correlation_id=item.product_id,
            occurred_at=at,
            occasion=f"{item.version:010d}",
        )

    def _put(self, item: Item, refused: Any) -> Write:
        key, rest = _split(item)
        return Write(self.table, key, "put", item=rest, condition=absent(), refused=refused)

    def _update(self, before: Item, after: Item, **conditions: Any) -> Write:
        """Only what differs, counters by what is added to them."""
        key, new = _split(after)
        grown = {name: new[name] - before[name] for name in _COUNTERS if name in new}
        return Write(
            self.table,
            key,
            "update",
            changes={
                name: value
                for name, value in new.items()
                if name not in _COUNTERS and before.get(name) != value
            },
            increments={name: by for name, by in grown.items() if by},
            removals=tuple(name for name in before if name not in after),
            **conditions,
        )


def _split(item: Item) -> tuple[Key, Item]:
    rest = {name: value for name, value in item.items() if name not in ("PK", "SK")}
    return Key(item["PK"], item["SK"]), rest


def _as_read(known: Sku) -> Any:
    """The SKU is as it was read."""
    told, owner = Attr("told"), Attr("productId")
    unchanged = told.eq(known.told) if known.told else told.not_exists()
    owned = owner.eq(known.variant[0]) if known.variant else owner.not_exists()
    return unchanged & owned


def _moved(_: Item | None) -> Exception:
    return ProductMoved()
