"""The catalog and the stock of a fresh stage, from the files in `scripts/dev/catalog`.

    seed(database, catalog_table="…", inventory_table="…", progress=show)

Only what is missing is written: what was sold, edited or restocked since stays as it is, and two
runs at once write everything once. Products are created as operators create them, with their
category and `ProductChanged`; reviews count as customers' do.
"""

import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Final

from contracts.catalog_items import ProductItem, VariantItem, product_key
from contracts.ids import review_id
from functions.catalog.domain import Product, rated
from functions.catalog.reviews import Review, review_writes
from functions.catalog.store import ProductExists, ProductWrites, Sku
from functions.inventory.items import sku_key, stock_key
from functions.shared.dynamodb import Database
from functions.shared.writes import Item, Key, Write, absent

CURRENCY: Final = "EUR"
OUT_OF_STOCK_LINE: Final = ("ridge-rain-jacket", "l-slate")
"""Product and variant of which there is no unit: SKU RRJ-L-SLATE."""
HANDFUL_LINE: Final = ("two-person-ridge-tent", "sand")
"""Product and variant of which there are five units: SKU TRT-SAND."""
EXAMPLE_LINE: Final = ("house-espresso-beans", "250g")
"""Product and variant of which there are plenty: SKU HEB-250G."""
EXAMPLE_ORDER: Final[dict[str, Any]] = {
    "items": [
        {"productId": EXAMPLE_LINE[0], "variantId": EXAMPLE_LINE[1], "quantity": 2},
        {"productId": "dotted-notebook", "variantId": "a5-olive", "quantity": 1},
    ],
    "shippingAddress": {
        "name": "Ada Lindqvist",
        "line1": "Hafenstrasse 12",
        "city": "Hamburg",
        "postalCode": "20457",
        "country": "DE",
    },
    "paymentMethodId": "pm_card_visa",
}
"""A body of `POST /orders` that is confirmed: 2 x 12.90 + 14.90 = 40.70 EUR."""

Progress = Callable[[int, int], None]
"""Told after every write: how many are done, how many there are."""

_FILES: Final = Path(__file__).parent / "catalog"
_FIRST_DAY: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
_READ_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class StockedVariant:
    """A variant and the units that are received with it."""

    item: VariantItem
    units: int


@dataclass(frozen=True, slots=True)
class SeedProduct:
    """A product of the files.

    Attributes:
        reviews: stars, text, and whether a buyer wrote it.
    """

    item: ProductItem
    variants: tuple[StockedVariant, ...]
    reviews: tuple[tuple[int, str, bool], ...]

    @property
    def product(self) -> Product:
        """The product as it is created."""
        by_id = sorted((variant.item for variant in self.variants), key=lambda v: v.variant_id)
        return Product(self.item, tuple(by_id))


class _Present(Exception):
    """What was to be written is there."""


def products() -> tuple[SeedProduct, ...]:
    """All products of the files, categories in alphabetical order, one more created every day."""
    day = count()
    return tuple(
        _product(row, shelf["category"], _FIRST_DAY + timedelta(days=next(day)))
        for shelf in (tomllib.loads(path.read_text()) for path in sorted(_FILES.glob("*.toml")))
        for row in shelf["product"]
    )


def _product(row: dict[str, Any], category: str, created_at: datetime) -> SeedProduct:
    item = ProductItem(
        product_id=row["id"],
        name=row["name"],
        description=row["description"],
        category=category,
        created_at=created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        brand=row["brand"],
        tags=tuple(row["tags"]),
    )
    variants = tuple(_variant(row, variant) for variant in row["variants"])
    product = Product(item, ())
    for variant in variants:
        product = product.with_variant(variant.item)
    reviews = tuple((r["stars"], r["text"], r["verified"]) for r in row.get("reviews", ()))
    return SeedProduct(product.summed_up().item, variants, reviews)


def _variant(product: dict[str, Any], row: dict[str, Any]) -> StockedVariant:
    item = VariantItem(
        product_id=product["id"],
        variant_id=row["id"],
        sku=f"{product['code']}-{row['id']}".upper(),
        name=" / ".join(row["attributes"].values()),
        price=row.get("price", product["price"]),
        currency=CURRENCY,
        attributes=row["attributes"],
        in_stock=row["stock"] > 0,
    )
    return StockedVariant(item, row["stock"])


def seed(
    database: Database, *, catalog_table: str, inventory_table: str, progress: Progress
) -> int:
    """Writes what is missing.

    Returns:
        How many products were missing.
    """
    catalog = products()
    present = _present(database, catalog_table, [_key(seeded) for seeded in catalog])
    missing = [seeded for seeded in catalog if _key(seeded) not in present]
    for done, seeded in enumerate(missing, start=1):
        for writes in _steps(seeded, catalog_table, inventory_table):
            # Written by another run since the look above, or by one that was killed.
            with suppress(_Present, ProductExists):
                database.transact(writes)
        progress(done, len(missing))
    return len(missing)


def _key(seeded: SeedProduct) -> Key:
    return Key(**product_key(seeded.item.product_id))


def _present(database: Database, table: str, keys: Sequence[Key]) -> set[Key]:
    found: set[Key] = set()
    for start in range(0, len(keys), _READ_AT_ONCE):
        some = keys[start : start + _READ_AT_ONCE]
        found |= database.read({table: some})[table].keys()
    return found


def _steps(seeded: SeedProduct, catalog_table: str, inventory_table: str) -> Iterator[list[Write]]:
    """The transactions of a product. What comes last proves what came before: the stock of its
    variants, and then the product with all that belongs to it.
    """
    for variant in seeded.variants:
        sku, units = variant.item.sku, variant.units
        shards = sku_key(sku)._asdict() | {"shards": 1}
        stock = stock_key(sku, 0)._asdict() | {"available": units, "received": units}
        yield [_put(inventory_table, shards), _put(inventory_table, stock)]
    yield product_writes(catalog_table, seeded)


def product_writes(table: str, seeded: SeedProduct) -> list[Write]:
    """Creates a product of the files, with its variants and reviews. Refused with ProductExists."""
    at = datetime.fromisoformat(seeded.item.created_at)
    product, reviews = seeded.product, []
    for number, (stars, text, verified) in enumerate(seeded.reviews):
        written = at + timedelta(days=number + 1)
        reviewer = f"seed-{number}"
        review = Review(review_id(seeded.item.product_id, reviewer), stars, text, verified, written)
        reviews += review_writes(table, seeded.item.product_id, reviewer, review)
        product = product.with_item(rated(product.item, stars))
    skus = {one.item.sku: Sku(one.item.sku) for one in seeded.variants}
    return [*ProductWrites(table).create(product, skus, at), *reviews]


def _put(table: str, item: Item) -> Write:
    key = Key(item["PK"], item["SK"])
    rest = {name: value for name, value in item.items() if name not in {"PK", "SK"}}
    return Write(table, key, "put", item=rest, condition=absent(), refused=lambda _: _Present())
