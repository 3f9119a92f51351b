"""Products in the table: what is read, and that reviews are not."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from contracts.catalog_items import CatalogStatus, ProductItem, VariantItem
from functions.catalog.domain import Product
from functions.catalog.store import DynamoCatalog
from functions.shared.dynamodb import to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MUG = ProductItem(
    product_id="mug",
    name="Mug",
    description="Holds tea.",
    category="kitchen",
    created_at="2026-01-05T09:00:00Z",
    brand="Kamin",
    tags=("tea", "enamel"),
    version=7,
)
RED = VariantItem(
    product_id="mug",
    variant_id="red",
    sku="MUG-RED",
    name="Red",
    price=1250,
    currency="EUR",
    attributes={"color": "Red"},
    status=CatalogStatus.RETIRED,
)


def _put(client: "DynamoDBClient", *items: dict[str, Any]) -> None:
    for item in items:
        client.put_item(TableName="catalog", Item=to_attributes(item))


def _catalog(client: "DynamoDBClient") -> DynamoCatalog:
    return DynamoCatalog("catalog", lambda: client)


def test_a_product_is_read_with_its_variants_as_they_were_written(client: "DynamoDBClient") -> None:
    blue = replace(RED, variant_id="blue", sku="MUG-BLUE")
    other = replace(MUG, product_id="mug-2")
    review = {"PK": "PRODUCT#mug", "SK": "REVIEW#2026-01-06#ada", "stars": 5}
    _put(client, MUG.to_item(), RED.to_item(), blue.to_item(), other.to_item(), review)
    assert _catalog(client).product("mug") == Product(MUG, (blue, RED))
    assert _catalog(client).product("mug-2") == Product(other, ())


def test_what_is_not_there_is_none(client: "DynamoDBClient") -> None:
    _put(client, RED.to_item())
    assert _catalog(client).product("mug") is None


def test_variants_beyond_a_page_are_read_too(client: "DynamoDBClient") -> None:
    long_name = "x" * 300_000
    variants = tuple(replace(RED, variant_id=f"v{i}", name=long_name) for i in range(5))
    _put(client, MUG.to_item(), *(variant.to_item() for variant in variants))
    product = _catalog(client).product("mug")
    assert product is not None
    assert product.variants == variants
