"""The engine itself: what the platform relies on."""

from typing import Any

import pytest

from scripts.kit.customer import Answer, call
from tests.support.search_engine import SearchEngine, search_engine


def ask(engine: SearchEngine, path: str, method: str = "GET", body: Any = None) -> Answer:
    return call(f"{engine.url}{path}", method, body)


def test_it_is_the_server_of_the_pinned_version(engine: SearchEngine) -> None:
    version = ask(engine, "/").body["version"]
    assert (version["distribution"], version["number"]) == ("opensearch", "3.8.0")


def test_a_write_to_an_index_that_nobody_made_is_refused(engine: SearchEngine) -> None:
    assert ask(engine, "/mistyped/_doc/1", "PUT", {"name": "a"}).status == 404


@pytest.mark.long
def test_what_was_written_survives_a_stop_and_a_crash() -> None:
    with search_engine() as engine:
        ask(engine, "/kept", "PUT", {"settings": {"number_of_replicas": 0}})
        for number, end in enumerate((engine.stop, engine.kill)):
            ask(engine, f"/kept/_doc/{number}", "PUT", {"name": "a"})
            end()
            engine.start()
            assert ask(engine, f"/kept/_doc/{number}").body["found"]
        assert list((engine.folder / "state" / "tmp").iterdir()) == []
