"""Seeding: complete, repeatable, and without touching what is there."""

from typing import TYPE_CHECKING, Any

from contracts.catalog_items import product_key, variant_key
from functions.catalog.store import DynamoCatalog
from functions.inventory.store import stock_key
from functions.shared.dynamodb import from_attributes
from scripts.dev.seed_catalog import EXAMPLE_LINE, products, seed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SKU = "HEB-250G"


def _seed(client: "DynamoDBClient") -> list[tuple[int, int]]:
    shown: list[tuple[int, int]] = []
    seed(
        client,
        catalog_table="catalog",
        inventory_table="inventory",
        progress=lambda done, total: shown.append((done, total)),
    )
    return shown


def _items(client: "DynamoDBClient", table: str) -> list[dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table)
    items = [from_attributes(item) for page in pages for item in page["Items"]]
    return sorted(items, key=lambda item: (item["PK"], item["SK"]))


def test_every_product_can_be_read_and_every_variant_has_stock(client: "DynamoDBClient") -> None:
    shown = _seed(client)
    catalog = DynamoCatalog("catalog", lambda: client)
    stock = {item["PK"]: item for item in _items(client, "inventory")}
    for product in products():
        stored = catalog.product(product.item.product_id)
        assert stored is not None
        assert stored.item == product.item
        assert {v.sku for v in stored.variants} == {v.item.sku for v in product.variants}
        for variant in product.variants:
            assert stock[f"SKU#{variant.item.sku}"]["shards"] == 1
            shard = stock[f"STOCK#{variant.item.sku}#0"]
            assert shard["available"] == shard["received"] == variant.units
    assert shown == [(done, len(shown)) for done in range(1, len(shown) + 1)]


def test_a_second_run_changes_nothing_that_was_sold_or_edited(client: "DynamoDBClient") -> None:
    _seed(client)
    for table, key, change in (
        ("inventory", stock_key(SKU, 0)._asdict(), ("available", "4998")),
        ("catalog", variant_key(*EXAMPLE_LINE), ("price", "999")),
        ("catalog", product_key(EXAMPLE_LINE[0]), ("version", "2")),
    ):
        client.update_item(
            TableName=table,
            Key={name: {"S": value} for name, value in key.items()},
            UpdateExpression="SET #a = :v",
            ExpressionAttributeNames={"#a": change[0]},
            ExpressionAttributeValues={":v": {"N": change[1]}},
        )
    before = _items(client, "catalog"), _items(client, "inventory")
    assert _seed(client) == []
    assert (_items(client, "catalog"), _items(client, "inventory")) == before


def test_a_run_that_was_killed_is_completed(client: "DynamoDBClient") -> None:
    _seed(client)
    before = _items(client, "catalog"), _items(client, "inventory")
    for key in (variant_key(*EXAMPLE_LINE), product_key(EXAMPLE_LINE[0])):
        client.delete_item(
            TableName="catalog", Key={name: {"S": value} for name, value in key.items()}
        )
    assert _seed(client) == [(1, 2), (2, 2)]
    assert (_items(client, "catalog"), _items(client, "inventory")) == before
