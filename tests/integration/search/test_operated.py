"""The engine as operators reach it on AWS: through a function, as if it were the engine itself."""

import json
from io import BytesIO
from typing import Any

import pytest
from opensearchpy import OpenSearch
from opensearchpy.exceptions import NotFoundError, RequestError

from functions.search import operate
from functions.search.engine import OpenSearchEngine
from scripts.kit.engine import through
from scripts.kit.search_index import Lease, SearchIndexes
from tests.support.search_engine import SearchEngine


class Lambda:
    """Runs the function in this process; what passes is JSON, as Lambda's is."""

    def invoke(self, *, FunctionName: str, Payload: bytes) -> Any:
        answer = json.dumps(operate.handler(json.loads(Payload), None))
        return {"Payload": BytesIO(answer.encode())}


@pytest.fixture
def operated(engine: SearchEngine, monkeypatch: pytest.MonkeyPatch) -> OpenSearch:
    monkeypatch.setenv("SEARCH_ENDPOINT", engine.url)
    operate._connection.cache_clear()
    return through(Lambda(), "operator")


def test_an_index_is_made_published_and_removed(
    operated: OpenSearch, seeded: OpenSearchEngine
) -> None:
    indexes = SearchIndexes(operated, sleep=lambda _: None)
    before = indexes.live()
    with Lease(operated).held(lambda _: None):
        name = indexes.begin()
        assert set(seeded.targets()) > {f"products-write-{name.removeprefix('products-')}"}
        assert indexes.finish(name) == 0
        indexes.publish(name)
    assert (before, indexes.live()) == ("products-seed", name)
    assert list(indexes.ids()) == []


def test_what_the_engine_refuses_is_refused(operated: OpenSearch) -> None:
    with pytest.raises(NotFoundError):
        operated.get(index="nothing", id="1")
    with pytest.raises(RequestError, match="invalid_index_name_exception"):
        operated.indices.create(index="No")
