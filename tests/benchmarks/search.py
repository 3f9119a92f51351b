"""Search over 100,000 products: its latency at a steady rate, and how fast an index is rebuilt.

At the service: the function's handler in this process, the real engine in its own. Requests are due
at a steady rate whether or not the one before was answered: what waits for a slow one counts.
"""

import contextlib
import io
import random
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from contracts.events.catalog import PriceRange, ProductChanged
from functions.search.api import build
from functions.search.engine import OpenSearchEngine, Put, connect
from functions.search.index import ALIAS, definition, document, write_alias
from scripts.kit.reindexing import rebuild
from scripts.kit.search_index import Lease, SearchIndexes
from tests.benchmarks.report import Row
from tests.support.judgements import judgements
from tests.support.requests import http_event
from tests.support.search_catalog import seed_events
from tests.support.search_engine import search_engine

SIZES: Final = (1_000, 100_000)
RATE: Final = 20
"""Searches a second."""
SEARCHES: Final = 400
WARM: Final = 600
"""The engine compiles what it runs often: its first searches take three times the CPU."""
GOAL: Final = 0.050
"""Seconds, of the 99th percentile."""
_TOGETHER: Final = 500
_FILTERS: Final[tuple[dict[str, str], ...]] = (
    {},
    {"category": "home"},
    {"inStock": "true", "sort": "price_asc"},
    {"minPrice": "2000", "maxPrice": "9000"},
)


class Products:
    """A catalog of any size, in the place of the table: the seed's words, mixed anew.

    Args:
        size: how many products.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._seed = list(seed_events())

    def part(self, segment: int, segments: int) -> Iterator[list[Put]]:
        """See `CatalogProducts.part`."""
        batch: list[Put] = []
        for number in range(segment, self._size, segments):
            product = self._product(number)
            batch.append(Put(product.product_id, 1, document(product, 1)))
            if len(batch) == _TOGETHER:
                yield batch
                batch = []
        if batch:
            yield batch

    def _product(self, number: int) -> ProductChanged:
        chance = random.Random(number)
        base, other, third = chance.sample(self._seed, 3)
        price = chance.randint(500, 40_000)
        return base.model_copy(
            update={
                "product_id": f"{base.product_id}-{number}",
                "name": f"{other.name.split()[0]} {base.name}",
                "description": f"{base.description} {third.description}",
                "prices": PriceRange(lowest=price, highest=price + 500, currency="EUR"),
                "rating_tenths": chance.randint(10, 50),
                "rating_count": chance.randint(1, 400),
                "in_stock": chance.random() < 0.9,
            }
        )


def rows() -> Iterator[Row]:
    """Latency over few and many products, and the rebuild."""
    with search_engine() as running:
        client = connect(running.url, 60)
        engine, indexes = OpenSearchEngine(lambda: client), SearchIndexes(client)
        engine.create("products-none", definition(0), (ALIAS, write_alias("products-none")))
        medians: dict[int, float] = {}
        for size in SIZES:
            catalog: Any = Products(size)
            done = rebuild(indexes, catalog, Lease(client), _quiet, _quiet)
            waits = sorted(_paced(engine))
            medians[size] = statistics.median(waits)
        late = waits[int(len(waits) * 0.99)]
        yield Row(
            f"search over {SIZES[-1]:,} products at {RATE} a second, p99",
            f"{late * 1000:.0f} ms (p50 {medians[SIZES[-1]] * 1000:.0f} ms)",
            f"goal {GOAL * 1000:.0f} ms",
            late / GOAL,
            late <= GOAL,
        )
        yield Row(
            "  p50 by that over 1,000 products",
            f"{medians[SIZES[-1]] * 1000:.1f} ms",
            f"{medians[SIZES[0]] * 1000:.1f} ms",
            medians[SIZES[-1]] / medians[SIZES[0]],
        )
        yield Row("reindex, documents a second", f"{done.products / done.seconds:,.0f}")
        client.close()


def _paced(engine: OpenSearchEngine) -> list[float]:
    """How long each search took from when it was due, in seconds; the first ones warm up."""
    handler = build(lambda: engine, lambda: "key")
    words = [*judgements(), ""]
    chance = random.Random(7)
    began = time.perf_counter() + 0.1

    def one(number: int) -> float:
        query = {"q": chance.choice(words), **chance.choice(_FILTERS)}
        due = began + number / RATE
        time.sleep(max(0.0, due - time.perf_counter()))
        answer = handler(http_event("GET /search", query=query, claims={}), None)
        if answer["statusCode"] != 200:
            raise RuntimeError(f"a search answered {answer['statusCode']}: {answer['body']}")
        return time.perf_counter() - due

    # The functions' metrics go to their log, which nobody reads here.
    with ThreadPoolExecutor(4) as pool, contextlib.redirect_stdout(io.StringIO()):
        return list(pool.map(one, range(WARM + SEARCHES)))[WARM:]


def _quiet(_: str) -> None:
    """Tells nobody."""
