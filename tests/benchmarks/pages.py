"""Growth of the catalog: what a page of a category reads when the category has many products.

Counted: calls, and items that the engine looked at. Time is only shown: the embedded cloud's engine
looks through a whole table to answer a query of its index, which DynamoDB does not.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final
from unittest.mock import patch

from contracts.catalog_items import ProductItem
from functions.catalog import api
from functions.catalog.store import CatalogReads
from functions.shared.dynamodb import DynamoDatabase, to_attributes
from scripts.dev.seed_catalog import products
from tests.benchmarks.platform import Bench
from tests.benchmarks.report import Row, middle
from tests.support.requests import http_event

SIZES: Final = (1_000, 100_000)
PAGES: Final = 3
RUNS: Final = 5
_BATCH: Final = 25
_CATEGORY: Final = "kitchen"


def rows(bench: Bench) -> Iterator[Row]:
    """The same pages of a small and of a large category."""
    (few, few_seconds), (many, many_seconds) = (_measured(bench, size) for size in SIZES)
    yield Row(
        f"{PAGES} pages of a category of {SIZES[1]:,} products",
        f"{many['calls']} calls, {many['items']} items read",
        f"{few['items']} items of {SIZES[0]:,}, goal ≤ 1.2 x",
        many["items"] / few["items"],
        many["calls"] == few["calls"] and many["items"] <= 1.2 * few["items"],
        counted=True,
    )
    yield Row(
        "  time of the first one, the embedded cloud's engine",
        f"{many_seconds * 1000:.0f} ms",
        f"{few_seconds * 1000:.0f} ms",
        many_seconds / few_seconds,
    )


def _measured(bench: Bench, size: int) -> tuple[Counter[str], float]:
    """What the pages asked for, and the median time of the first in seconds."""
    tables = bench.copy_tables(f"pages-{size}")
    client = bench.endpoints.clients().dynamodb
    counted: Counter[str] = Counter()

    def count(parsed: Any, **_: Any) -> None:
        counted.update(calls=1, items=parsed["ScannedCount"])

    try:
        _fill(client, tables["catalog"], size)
        reads = CatalogReads(DynamoDatabase(lambda: client), tables["catalog"])
        with (
            patch.object(api, "_reads", lambda: reads),
            patch.object(api, "_cursor_secret", lambda: lambda: "key"),
        ):
            client.meta.events.register("after-call.dynamodb.Query", count)
            _walk()
            client.meta.events.unregister("after-call.dynamodb.Query", count)
            return counted, middle(_timed_page() for _ in range(RUNS))
    finally:
        for table in tables.values():
            client.delete_table(TableName=table)


def _fill(client: Any, table: str, size: int) -> None:
    """Products of one category."""
    template = products()[0].item
    entries: list[Any] = []
    for number in range(size):
        item = ProductItem.from_item(
            template.to_item() | {"productId": f"product-{number:06d}", "category": _CATEGORY}
        )
        entries.append({"PutRequest": {"Item": to_attributes(item.to_item())}})
        if len(entries) == _BATCH or number == size - 1:
            client.batch_write_item(RequestItems={table: entries})
            entries = []


def _walk() -> None:
    cursor = None
    for _ in range(PAGES):
        cursor = _page(cursor)["next"]


def _timed_page() -> float:
    began = time.perf_counter()
    _page(None)
    return time.perf_counter() - began


def _page(cursor: str | None) -> Any:
    event = http_event(
        "GET /categories/{category}/products",
        path={"category": _CATEGORY},
        query={"cursor": cursor} if cursor else None,
    )
    answer = api.handler(event, None)
    if answer["statusCode"] != 200:
        raise RuntimeError(f"a page of the category was refused: {answer}")
    return json.loads(answer["body"])
