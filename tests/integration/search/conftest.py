"""One search engine for all tests of the search, with the seed catalog in its index."""

from collections.abc import Callable, Iterator

import pytest
from opensearchpy import OpenSearch

from functions.search.api import build
from functions.search.engine import OpenSearchEngine, Put, connect
from functions.search.index import ALIAS, PREFIX, definition, document, write_alias
from tests.support.requests import Answer, answer, http_event
from tests.support.search_catalog import seed_events
from tests.support.search_engine import SearchEngine, search_engine

Get = Callable[..., Answer]


@pytest.fixture(scope="session")
def engine() -> Iterator[SearchEngine]:
    """The real server, on a port of its own, gone afterwards."""
    with search_engine() as running:
        yield running


@pytest.fixture(scope="session")
def client(engine: SearchEngine) -> Iterator[OpenSearch]:
    """A client of it."""
    client = connect(engine.url, 30)
    yield client
    client.close()


@pytest.fixture
def empty(client: OpenSearch) -> OpenSearchEngine:
    """The engine without any index."""
    client.indices.delete(index=f"{PREFIX}*")
    return OpenSearchEngine(lambda: client)


@pytest.fixture
def seeded(empty: OpenSearchEngine, client: OpenSearch) -> OpenSearchEngine:
    """The engine with the seed catalog, version 1 of each product."""
    index = f"{PREFIX}seed"
    empty.create(index, definition(0), (ALIAS, write_alias(index)))
    puts = [Put(one.product_id, 1, document(one, 1)) for one in seed_events()]
    assert {tuple(statuses) for statuses in empty.write(puts, (write_alias(index),))} == {(201,)}
    client.indices.refresh(index=ALIAS)
    return empty


@pytest.fixture
def get(seeded: OpenSearchEngine) -> Get:
    """Calls the function behind the routes: `get(q="mug")`."""
    handler = build(lambda: seeded, lambda: "key")

    def call(route: str = "GET /search", **query: str) -> Answer:
        return answer(handler(http_event(route, query=query or None, claims={}), None))

    return call


def found(page: Answer) -> list[str]:
    """The ids of a page's hits."""
    assert page.status == 200, page.body
    return [hit["productId"] for hit in page.body["hits"]]
