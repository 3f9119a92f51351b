"""CPU of one warm request of each route: our code and the libraries, where AWS answers at once.

Each route's handler in this process. What AWS answers is recorded once on moto and played again, so
that its own work is not counted; carts and the search index are in memory, so that their servers'
clients are not. For comparing routes and versions: a function on AWS has another processor.
"""

import contextlib
import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from typing import Any, Final
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber

from infra import table
from tests.benchmarks.packages import ENVIRONMENT
from tests.benchmarks.report import Row, middle
from tests.fuzz.cases import ORDER, PRODUCT
from tests.fuzz.in_process import made_shop
from tests.support.moto_api import InProcessApi, in_process_api

WARM_UP: Final = 20
ROUNDS: Final = 5
REQUESTS: Final = 20
_LINE: Final = {"productId": "fuzz-mug", "variantId": "blue", "quantity": 1}
_PRICE: Final = {"amount": 1490, "currency": "EUR"}
BODIES: Final[Mapping[str, Any]] = {
    "POST /orders": ORDER,
    "POST /orders/{orderId}/cancel": {},
    "POST /cart/items": _LINE,
    "PATCH /cart/items/{itemId}": {"quantity": 2},
    "POST /cart/merge": {"cartId": "7f0c1c9e-6a55-4f0e-8d0a-0f6f8f7f3a11", "items": [_LINE]},
    "POST /products": {
        **PRODUCT,
        "productId": "another-mug",
        "variants": [{"variantId": "one", "sku": "ANOTHER-MUG", "name": "One", "price": _PRICE}],
    },
    "PATCH /products/{productId}": {"name": "Mug"},
    "POST /products/{productId}/variants": {
        "variantId": "red",
        "sku": "FUZZ-MUG-RED",
        "name": "Red",
        "price": _PRICE,
    },
    "PATCH /products/{productId}/variants/{variantId}": {"price": _PRICE},
    "POST /products/{productId}/reviews": {"rating": 5, "text": "Holds tea."},
    "POST /inventory/{sku}/receipts": {"quantity": 1},
    "PUT /inventory/{sku}/shards": {"shards": 1},
}
QUERIES: Final[Mapping[str, str]] = {"GET /search": "?q=mug", "GET /search/suggest": "?q=mu"}
LEFT_OUT: Final = frozenset(
    {
        "POST /webhooks/payments",  # needs the provider's signature of the moment
        "POST /orders/{orderId}/ship",  # these need an order that a saga has confirmed
        "POST /orders/{orderId}/refunds",
        "GET /orders/{orderId}/refunds/{refundId}",
    }
)


class _Answers:
    """What AWS answers: recorded, then the same again for each request."""

    def __init__(self) -> None:
        self._made: list[Any] = []
        self._next: int | None = None
        self._ask = BotocoreStubber.process_request

    def record(self) -> None:
        """From here on answers are moto's."""
        self._made, self._next = [], None

    def replay(self) -> None:
        """From here on answers are those of before, from the first one."""
        self._next = 0

    def to(self, stubber: BotocoreStubber, request: Any) -> Any:
        """Status, headers and body."""
        if self._next is None:
            self._made.append(self._ask(stubber, request))
            return self._made[-1]
        self._next += 1
        return self._made[(self._next - 1) % len(self._made)]


def rows() -> Iterator[Row]:
    """A figure for each route."""
    answers = _Answers()
    with (
        patch.object(BotocoreStubber, "process_request", lambda *asked: answers.to(*asked)),
        patch.dict(os.environ, ENVIRONMENT),
        in_process_api() as api,
        # The functions' logs and metrics, which nobody reads here.
        contextlib.redirect_stdout(io.StringIO()),
    ):
        shop = made_shop(api)
        # What takes away comes last, a part before its whole.
        routes = sorted(_routes(), key=lambda one: one.startswith("DELETE") and 1 / len(one))
        measured = {route: _measured(api, answers, route, shop) for route in routes}
    for route, milliseconds in measured.items():
        yield Row(f"warm CPU per {route}", f"{milliseconds:.2f} ms")


def _routes() -> list[str]:
    routes = [f"{route.method} {route.path}" for route in table.ROUTES]
    return [route for route in routes if route not in LEFT_OUT]


def _measured(api: InProcessApi, answers: _Answers, route: str, shop: Mapping[str, str]) -> float:
    """Milliseconds of CPU of one request; the median of some blocks."""

    def request() -> None:
        path = {name: value for name, value in shop.items() if f"{{{name}}}" in route}
        url = route.split(" ")[1].format(**path) + QUERIES.get(route, "")
        body = json.dumps(BODIES[route]).encode() if route in BODIES else b""
        headers = {"content-type": "application/json", "idempotency-key": "bench"}
        if route.startswith(("PATCH /products", "DELETE /products")):
            headers["if-match"] = "*"
        answer = api.call(route, url, path, headers, body)
        if answer.status >= 400:
            raise RuntimeError(f"{route} answered {answer.status}: {answer.body!r}")

    def block(requests: int) -> float:
        began = time.process_time()
        for _ in range(requests):
            request()
        return (time.process_time() - began) / requests * 1000

    answers.record()
    request()
    answers.replay()
    block(WARM_UP)
    return middle(block(REQUESTS) for _ in range(ROUNDS))
