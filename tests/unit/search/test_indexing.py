"""IndexProducts on an engine in memory."""

import json

import pytest

from contracts.service_levels import INDEXED
from functions.search.index import ALIAS, document
from functions.search.index_products import FIRST, IndexProducts
from tests.support.fake_engine import FakeEngine
from tests.support.products import batch, delivered, failures, product

TARGET = "products-write-1"


def test_a_batch_is_written_to_every_index_that_is_kept_up_to_date() -> None:
    engine = FakeEngine(TARGET, "products-write-2")
    answer = IndexProducts(engine, 0)(batch(delivered(product("a"), 1), delivered(product("b"), 7)))
    assert failures(answer) == []
    for documents in engine.documents.values():
        assert {name: version for name, (version, _) in documents.items()} == {"a": 1, "b": 7}


def test_what_is_older_or_known_changes_nothing_and_is_done() -> None:
    engine = FakeEngine(TARGET)
    take = IndexProducts(engine, 0)
    newer = delivered(product(name="Newer"), 2)
    assert failures(take(batch(newer, delivered(product(), 1), newer))) == []
    assert engine.documents[TARGET]["red-mug"] == (2, document(product(name="Newer"), 2))


def test_a_retired_product_leaves_a_tombstone() -> None:
    engine = FakeEngine(TARGET)
    IndexProducts(engine, 0)(batch(delivered(product(status="RETIRED"), 3)))
    tombstone = {"productId": "red-mug", "version": 3, "retired": True}
    assert engine.documents[TARGET]["red-mug"] == (3, tombstone)


def test_only_what_is_no_product_goes_back() -> None:
    engine = FakeEngine(TARGET)
    answer = IndexProducts(engine, 0)(batch("{}", delivered(product(), 1), "not json"))
    assert failures(answer) == ["0", "2"]
    assert "red-mug" in engine.documents[TARGET]


def test_what_the_engine_does_not_take_goes_back_alone() -> None:
    engine = FakeEngine(TARGET)
    engine.status = 429
    assert failures(IndexProducts(engine, 0)(batch(delivered(product(), 1)))) == ["0"]


def test_an_engine_that_is_away_gives_all_back_at_once() -> None:
    engine = FakeEngine(TARGET)
    engine.down = True
    answer = IndexProducts(engine, 0)(batch(delivered(product("a"), 1), delivered(product("b"), 1)))
    assert failures(answer) == ["0", "1"]


def test_the_first_product_of_a_stage_makes_its_index() -> None:
    engine = FakeEngine()
    assert failures(IndexProducts(engine, 2)(batch(delivered(product(), 1)))) == []
    definition, aliases = engine.created[FIRST]
    assert aliases == (ALIAS, "products-write-first")
    assert definition["settings"]["index"]["number_of_replicas"] == 2
    assert "red-mug" in engine.documents["products-write-first"]


def _lags(capsys: pytest.CaptureFixture[str]) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [value for line in lines for value in line.get(INDEXED.metric, [])]


def test_how_far_the_index_is_behind_is_a_metric_of_what_is_new(
    capsys: pytest.CaptureFixture[str],
) -> None:
    take = IndexProducts(FakeEngine(TARGET), 0)
    take(batch(delivered(product("a"), 1), delivered(product("b"), 1)))
    (lag,) = _lags(capsys)
    assert lag > 0
    replayed = json.loads(delivered(product("c"), 1)) | {"replay-name": "repair"}
    take(batch(json.dumps(replayed)))
    assert _lags(capsys) == []


def test_a_change_that_was_not_indexed_is_not_timed(capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine(TARGET)
    engine.down = True
    IndexProducts(engine, 0)(batch(delivered(product(), 1)))
    assert _lags(capsys) == []
