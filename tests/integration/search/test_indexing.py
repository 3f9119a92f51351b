"""IndexProducts on the real engine: whatever comes in whatever order, the index is the same."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opensearchpy import OpenSearch

from functions.search.engine import OpenSearchEngine, Put, SearchUnavailable, connect
from functions.search.index import ALIAS, document
from functions.search.index_products import FIRST, IndexProducts
from tests.support.products import batch, delivered, failures, product
from tests.support.search_engine import search_engine

NAMES = ("a", "b")
VERSIONS = (1, 2, 3, 4)
RUNS = count()
"""Every run has products of its own, a replayed one as well."""
HISTORY = st.tuples(*(st.integers(1, 4) for _ in NAMES))
"""In which version each product is retired; 4: it is not."""


def told(name: str, version: int, retired_at: int) -> Any:
    status = "RETIRED" if version >= retired_at and retired_at < 4 else "ACTIVE"
    return product(name, name=f"Version {version}", status=status)


@given(history=HISTORY, data=st.data())
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_events_shuffled_and_doubled_leave_the_same_index(
    empty: OpenSearchEngine, client: OpenSearch, history: tuple[int, ...], data: st.DataObject
) -> None:
    run = next(RUNS)
    ends = {f"{name}-{run}": end for name, end in zip(NAMES, history, strict=True)}
    events = [(name, version) for name in ends for version in VERSIONS]
    order = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events)))))
    take = IndexProducts(empty, 0)
    for start in range(0, len(order), 5):
        bodies = [delivered(told(n, v, ends[n]), v) for n, v in order[start : start + 5]]
        assert failures(take(batch(*bodies))) == []
    for name, end in ends.items():
        newest = document(told(name, VERSIONS[-1], end), VERSIONS[-1])
        assert client.get(index=ALIAS, id=name)["_source"] == newest


def test_the_first_event_makes_the_index_and_it_is_searched(
    empty: OpenSearchEngine, client: OpenSearch
) -> None:
    take = IndexProducts(empty, 0)
    assert failures(take(batch(delivered(product(), 1)))) == []
    assert list(client.indices.get_alias(name=ALIAS)) == [FIRST]
    assert failures(take(batch(delivered(product(), 2)))) == []
    assert client.get(index=ALIAS, id="red-mug")["_version"] == 2


def test_a_field_that_the_index_does_not_know_is_refused_and_not_guessed(
    seeded: OpenSearchEngine,
) -> None:
    (statuses,) = seeded.write([Put("x", 1, {"productId": "x", "nmae": "x"})], seeded.targets())
    assert statuses == [400]


def test_an_index_that_was_taken_away_is_not_made_by_a_write(
    seeded: OpenSearchEngine, client: OpenSearch
) -> None:
    (statuses,) = seeded.write([Put("x", 1, {"productId": "x"})], ("products-write-gone",))
    assert statuses == [404]
    assert not client.indices.exists(index="products-gone")


@pytest.mark.long
def test_an_engine_that_stops_gives_events_back_and_takes_them_when_it_is_there_again() -> None:
    with search_engine() as engine:
        client = connect(engine.url, 2)
        ours = OpenSearchEngine(lambda: client)
        take = IndexProducts(ours, 0)
        assert failures(take(batch(delivered(product(), 1)))) == []
        engine.stop()
        assert failures(take(batch(delivered(product(), 2)))) == ["0"]
        with pytest.raises(SearchUnavailable):
            ours.search({}, "any")
        engine.start()
        assert failures(take(batch(delivered(product(), 2)))) == []
        assert client.get(index=ALIAS, id="red-mug")["_version"] == 2
        client.close()
