"""One search engine for all tests of the search."""

from collections.abc import Iterator

import pytest

from tests.support.search_engine import SearchEngine, search_engine


@pytest.fixture(scope="session")
def engine() -> Iterator[SearchEngine]:
    """The real server, on a port of its own, gone afterwards."""
    with search_engine() as running:
        yield running
