"""Seeding: complete, repeatable, and without touching what is there."""

import copy
from collections import Counter

from contracts.catalog_items import product_key, variant_key
from functions.catalog.store import CatalogReads, category_key
from functions.catalog.store import sku_key as catalog_sku_key
from functions.inventory.items import stock_key
from functions.shared.writes import Key
from scripts.dev.seed_catalog import EXAMPLE_LINE, products, seed
from tests.support.memory import MemoryDatabase

SKU = "HEB-250G"


def _seed(database: MemoryDatabase) -> list[tuple[int, int]]:
    shown: list[tuple[int, int]] = []
    seed(
        database,
        catalog_table="catalog",
        inventory_table="inventory",
        progress=lambda done, total: shown.append((done, total)),
    )
    return shown


def test_every_product_can_be_read_and_every_variant_has_stock() -> None:
    database = MemoryDatabase()
    shown = _seed(database)
    reads = CatalogReads(database, "catalog")
    stock = {key.PK: item for key, item in database.tables["inventory"].items()}
    for product in products():
        stored = reads.product(product.item.product_id)
        assert stored is not None
        assert stored.variants == product.product.variants
        assert stored.item.prices == product.item.prices is not None
        assert stored.item.in_stock == any(variant.units for variant in product.variants)
        stars = [stars for stars, _, _ in product.reviews]
        assert (stored.item.rating_sum, stored.item.rating_count) == (sum(stars), len(stars))
        for variant in product.variants:
            assert stock[f"SKU#{variant.item.sku}"]["shards"] == 1
            shard = stock[f"STOCK#{variant.item.sku}#0"]
            assert shard["available"] == shard["received"] == variant.units
    assert shown == [(done, len(shown)) for done in range(1, len(products()) + 1)]


def test_categories_are_counted_and_each_product_is_told_of() -> None:
    database = MemoryDatabase()
    _seed(database)
    items = database.tables["catalog"]
    counted = {i["category"]: i["products"] for k, i in items.items() if k.PK == "CATEGORIES"}
    assert counted == Counter(product.item.category for product in products())
    told = [key.PK for key in items if key.SK.startswith("EVENT#ProductChanged#")]
    assert sorted(told) == sorted(f"PRODUCT#{product.item.product_id}" for product in products())


def test_a_second_run_changes_nothing_that_was_sold_or_edited() -> None:
    database = MemoryDatabase()
    _seed(database)
    database.tables["inventory"][stock_key(SKU, 0)]["available"] = 4998
    database.tables["catalog"][Key(**variant_key(*EXAMPLE_LINE))]["price"] = 999
    database.tables["catalog"][Key(**product_key(EXAMPLE_LINE[0]))]["version"] = 2
    before = copy.deepcopy(database.tables)
    assert _seed(database) == []
    assert database.tables == before


def test_a_run_that_was_killed_is_completed() -> None:
    database, first = MemoryDatabase(), products()[0]
    _seed(database)
    before = copy.deepcopy(database.tables)
    catalog = database.tables["catalog"]
    lost = {key for key in catalog if f"PRODUCT#{first.item.product_id}" == key.PK}
    for key in lost | {catalog_sku_key(variant.item.sku) for variant in first.variants}:
        del catalog[key]
    catalog[category_key(first.item.category)]["products"] -= 1
    assert _seed(database) == [(1, 1)]
    assert database.tables == before
