"""Every product of the catalog table, as the index should have it.

One of the few places that scan a table: a rebuild means to read all that there is.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from contracts.catalog_items import METADATA, ProductItem, product_key
from functions.catalog.domain import product_changed
from functions.search.engine import Put
from functions.search.index import document
from functions.shared.dynamodb import DynamoDatabase, from_attributes
from functions.shared.writes import Item, Key

TOGETHER: Final = 500
"""Products of one call of the search engine."""
_READ: Final = 100
"""Keys of one BatchGetItem."""


class CatalogProducts:
    """Reads the products of a stage.

    Args:
        client: of DynamoDB.
    """

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table
        self._database = DynamoDatabase(lambda: client)

    def part(self, segment: int, segments: int) -> Iterator[list[Put]]:
        """One of the parts that a table is scanned in at once: they do not overlap."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._table,
            FilterExpression="SK = :main AND begins_with(PK, :product)",
            ExpressionAttributeValues={
                ":main": {"S": METADATA},
                ":product": {"S": product_key("")["PK"]},
            },
            ConsistentRead=True,
            Segment=segment,
            TotalSegments=segments,
        )
        for page in pages:
            found = [indexed(from_attributes(item)) for item in page["Items"]]
            yield from (found[n : n + TOGETHER] for n in range(0, len(found), TOGETHER))

    def read(self, ids: Sequence[str]) -> dict[str, Put]:
        """Those of these products that exist, as they are now."""
        found: dict[str, Put] = {}
        for start in range(0, len(ids), _READ):
            keys = [Key(**product_key(one)) for one in ids[start : start + _READ]]
            items = self._database.read({self._table: keys})[self._table].values()
            found |= {put.product_id: put for put in map(indexed, items)}
        return found


def indexed(item: Item) -> Put:
    """A product's item as the index should have it."""
    product = ProductItem.from_item(item)
    return Put(
        product.product_id, product.version, document(product_changed(product), product.version)
    )
