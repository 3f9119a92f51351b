"""Each function may ask the engine for what it asks it for, and for nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from opensearchpy import OpenSearch

from functions.search.api import build
from functions.search.engine import OpenSearchEngine
from functions.search.index_products import IndexProducts
from tests.support.permissions import granted
from tests.support.products import batch, delivered, failures, product
from tests.support.requests import http_event

ENGINE = "es:domain/commerce-prod-search"


def search(engine: OpenSearchEngine) -> None:
    handler = build(lambda: engine, lambda: "key")
    for route in ("GET /search", "GET /search/suggest"):
        assert handler(http_event(route, query={"q": "mug"}, claims={}), None)["statusCode"] == 200


def index(engine: OpenSearchEngine) -> None:
    """The first product of an empty engine, and its next version."""
    take = IndexProducts(engine, 0)
    for version in (1, 2):
        assert failures(take(batch(delivered(product(), version)))) == []


@pytest.mark.parametrize(
    ("function", "use"),
    [
        ("IndexProducts", index),
        ("SearchApi", search),
    ],
)
def test_what_is_asked_is_what_is_granted(
    empty: OpenSearchEngine,
    client: OpenSearch,
    monkeypatch: pytest.MonkeyPatch,
    function: str,
    use: Callable[[OpenSearchEngine], None],
) -> None:
    if function == "SearchApi":
        index(empty)
    asked: set[tuple[str, str]] = set()
    perform: Callable[..., Any] = client.transport.perform_request

    def noting(method: str, url: str, **rest: Any) -> Any:
        asked.add((f"es:ESHttp{method.title()}", f"{ENGINE}{url}"))
        return perform(method, url, **rest)

    monkeypatch.setattr(client.transport, "perform_request", noting)
    use(empty)
    assert asked == {(a, r) for a, r in granted()[function] if a.startswith("es:")}
