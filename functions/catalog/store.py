"""Products in the catalog table."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from contracts.catalog_items import (
    VARIANT_PREFIX,
    ProductItem,
    VariantItem,
    product_key,
    product_pk,
)
from functions.catalog.domain import Product
from functions.shared.dynamodb import from_attributes, to_attributes

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoCatalog:
    """`Catalog` on DynamoDB.

    Its reads are eventually consistent, at half the price: what they give is cached for longer
    than the table lags.
    """

    def __init__(self, table: str, client: Callable[[], "DynamoDBClient"]) -> None:
        self._table = table
        self._client = client

    def product(self, product_id: str) -> Product | None:
        """See `Catalog.product`. Reads the product and its variants only, never its reviews."""
        answer = self._client().get_item(
            TableName=self._table, Key=to_attributes(product_key(product_id))
        )
        if "Item" not in answer:
            return None
        return Product(
            item=ProductItem.from_item(from_attributes(answer["Item"])),
            variants=tuple(self._variants(product_id)),
        )

    def _variants(self, product_id: str) -> list[VariantItem]:
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "PK = :pk AND begins_with(SK, :variant)",
            "ExpressionAttributeValues": to_attributes(
                {":pk": product_pk(product_id), ":variant": VARIANT_PREFIX}
            ),
        }
        variants: list[VariantItem] = []
        while True:
            answer = self._client().query(**request)
            variants += [VariantItem.from_item(from_attributes(item)) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return variants
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
