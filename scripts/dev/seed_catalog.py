"""The catalog and the stock of a fresh stage, from the files in `scripts/dev/catalog`.

    seed(client, catalog_table="…", inventory_table="…", progress=show)

Only what is missing is written, each item under the condition that it is absent: what was sold,
edited or restocked since stays as it is, and two runs at once write everything once.
"""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from contracts.catalog_items import ProductItem, VariantItem
from functions.inventory.store import sku_key, stock_key
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Item, Key, Write, absent

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
    """A product of the files."""

    item: ProductItem
    variants: tuple[StockedVariant, ...]


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
    return SeedProduct(item, tuple(_variant(row, variant) for variant in row["variants"]))


def _variant(product: dict[str, Any], row: dict[str, Any]) -> StockedVariant:
    item = VariantItem(
        product_id=product["id"],
        variant_id=row["id"],
        sku=f"{product['code']}-{row['id']}".upper(),
        name=" / ".join(row["attributes"].values()),
        price=row.get("price", product["price"]),
        currency=CURRENCY,
        attributes=row["attributes"],
    )
    return StockedVariant(item, row["stock"])


def seed(
    client: "DynamoDBClient", *, catalog_table: str, inventory_table: str, progress: Progress
) -> int:
    """Writes what is missing.

    Returns:
        How many products and variants were missing.
    """
    database = DynamoDatabase(lambda: client)
    steps = list(_steps(products(), catalog_table, inventory_table))
    present = _present(database, catalog_table, [step[-1][-1].key for step in steps])
    missing = [step for step in steps if step[-1][-1].key not in present]
    for done, step in enumerate(missing, start=1):
        for writes in step:
            # Written by another run since the look above, or by one that was killed.
            with suppress(_Present):
                database.transact(writes)
        progress(done, len(missing))
    return len(missing)


def _present(database: DynamoDatabase, table: str, keys: Sequence[Key]) -> set[Key]:
    found: set[Key] = set()
    for start in range(0, len(keys), _READ_AT_ONCE):
        some = keys[start : start + _READ_AT_ONCE]
        found |= database.read({table: some})[table].keys()
    return found


def _steps(
    catalog: Iterable[SeedProduct], catalog_table: str, inventory_table: str
) -> Iterator[list[list[Write]]]:
    """The transactions of each variant and product. What comes last proves what came before:
    a variant its stock, a product its variants.
    """
    for product in catalog:
        for variant in product.variants:
            sku, units = variant.item.sku, variant.units
            shards = sku_key(sku)._asdict() | {"shards": 1}
            stock = stock_key(sku, 0)._asdict() | {"available": units, "received": units}
            yield [
                [_put(inventory_table, shards), _put(inventory_table, stock)],
                [_put(catalog_table, variant.item.to_item())],
            ]
        yield [[_put(catalog_table, product.item.to_item())]]


def _put(table: str, item: Item) -> Write:
    key = Key(item["PK"], item["SK"])
    rest = {name: value for name, value in item.items() if name not in {"PK", "SK"}}
    return Write(table, key, "put", item=rest, condition=absent(), refused=lambda _: _Present())
