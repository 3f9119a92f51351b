"""How long after `PATCH /products/{id}` was answered search finds what was changed.

On a platform: outbox, stream, relay, bus, queue, consumer, and the engine's refresh lie between.
"""

import time
from collections.abc import Iterator
from typing import Final
from uuid import uuid4

from scripts.kit.customer import Customer, call
from tests.benchmarks.platform import Bench
from tests.benchmarks.report import Row, middle
from tests.support.emulator import wait_until

CHANGES: Final = 50
PRODUCT: Final = "knitted-bear"


def rows(bench: Bench) -> Iterator[Row]:
    """Changes one after the other, each with a word that nothing had before."""
    operator = Customer(bench.endpoints, bench.endpoints.user("operator"))
    lags = sorted(_lag(bench, operator) for _ in range(CHANGES))
    yield Row(
        "index lag, from PATCH of a product to found, p99",
        f"{lags[int(len(lags) * 0.99)] * 1000:.0f} ms (p50 {middle(lags) * 1000:.0f} ms)",
    )


def _lag(bench: Bench, operator: Customer) -> float:
    api, word = bench.endpoints.api, f"w{uuid4().hex[:10]}"
    page = f"{api}/products/{PRODUCT}"
    headers = {
        "If-Match": call(page).headers["etag"],
        "Authorization": f"Bearer {operator.token}",
    }
    answer = call(page, "PATCH", {"name": f"Knitted {word}"}, headers)
    if answer.status != 200:
        raise RuntimeError(f"the change was refused: {answer}")
    began = time.perf_counter()
    wait_until(lambda: call(f"{api}/search?q={word}").body["hits"], f"{word} to be found")
    return time.perf_counter() - began
