"""GET /search and /search/suggest on an engine in memory."""

import json
from typing import Any

import pytest

from functions.search.api import build
from functions.search.request import PAGE
from tests.support.fake_engine import FakeEngine, no_hits
from tests.support.requests import Answer, answer, http_event


def hit(number: int) -> dict[str, Any]:
    source = {
        "productId": f"mug-{number}",
        "name": "Mug",
        "category": "kitchen",
        "inStock": True,
        "ratingTenths": 45,
        "ratingCount": 2,
        "lowestPrice": 1000,
        "highestPrice": 1500,
        "currency": "EUR",
    }
    return {"_source": source, "sort": [1.5, f"mug-{number}"]}


def hits(number: int) -> dict[str, Any]:
    found = no_hits()
    found["hits"] = {"total": {"value": 99}, "hits": [hit(n) for n in range(number)]}
    return found


@pytest.fixture
def engine() -> FakeEngine:
    engine = FakeEngine()
    engine.answer = hits(1)
    return engine


def get(engine: FakeEngine, route: str = "GET /search", **query: str) -> Answer:
    handler = build(lambda: engine, lambda: "key")
    return answer(handler(http_event(route, query=query or None, claims={}), None))


def test_a_hit_is_shown_as_the_catalog_shows_products(engine: FakeEngine) -> None:
    found = get(engine, q="mug")
    assert found.status == 200
    assert found.body["total"] == 99
    assert found.body["hits"] == [
        {
            "productId": "mug-0",
            "name": "Mug",
            "category": "kitchen",
            "prices": {"lowest": 1000, "highest": 1500, "currency": "EUR"},
            "inStock": True,
            "rating": {"average": 4.5, "count": 2},
            "highlights": {},
        }
    ]
    assert "next" not in found.body


def test_it_is_cached_and_told_apart_by_an_etag(engine: FakeEngine) -> None:
    found = get(engine, q="mug")
    assert found.headers["cache-control"] == "public, max-age=30"
    event = http_event("GET /search", headers={"If-None-Match": found.headers["etag"]}, claims={})
    assert build(lambda: engine, lambda: "key")(event, None)["statusCode"] == 304


def test_the_cursor_goes_on_after_the_last_hit_of_the_page(engine: FakeEngine) -> None:
    engine.answer = hits(PAGE + 1)
    first = get(engine, q="mug")
    assert len(first.body["hits"]) == PAGE
    get(engine, q="mug", cursor=first.body["next"])
    assert engine.asked[-1]["search_after"] == [1.5, f"mug-{PAGE - 1}"]


@pytest.mark.parametrize("query", [{"q": "cup"}, {"q": "mug", "inStock": "true"}])
def test_a_cursor_of_another_search_is_refused(engine: FakeEngine, query: dict[str, str]) -> None:
    engine.answer = hits(PAGE + 1)
    cursor = get(engine, q="mug").body["next"]
    found = get(engine, cursor=cursor, **query)
    assert (found.status, found.body["errors"][0]["parameter"]) == (400, "cursor")


def test_a_forged_cursor_is_refused(engine: FakeEngine) -> None:
    for cursor in ("", "AAAA", "not a cursor"):
        assert get(engine, cursor=cursor).status == 400


def test_an_engine_that_is_away_is_503_with_a_time_to_come_back(engine: FakeEngine) -> None:
    engine.down = True
    for route in ("GET /search", "GET /search/suggest"):
        found = get(engine, route, q="mug")
        assert found.status == 503
        assert found.headers["retry-after"] == "5"
        assert found.headers["cache-control"] == "no-store"
        assert found.headers["content-type"] == "application/problem+json"


def test_a_parameter_that_does_not_exist_is_named(engine: FakeEngine) -> None:
    found = get(engine, minprice="5")
    assert (found.status, found.body["errors"][0]["parameter"]) == (400, "minprice")


def test_names_are_suggested(engine: FakeEngine) -> None:
    found = get(engine, "GET /search/suggest", q="mu")
    assert found.body == {"suggestions": [{"productId": "mug-0", "name": "Mug"}]}
    assert found.headers["cache-control"] == "public, max-age=300"


@pytest.mark.parametrize("q", ["", "   ", "x" * 201, "a\x07"])
def test_what_nobody_types_is_refused(engine: FakeEngine, q: str) -> None:
    found = get(engine, "GET /search/suggest", q=q)
    assert (found.status, found.body["errors"][0]["parameter"]) == (400, "q")
    assert not engine.asked


def test_how_long_a_search_takes_is_a_metric(
    engine: FakeEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    get(engine, q="mug")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    (metric,) = [line for line in lines if "SearchLatency" in line]
    (definition,) = metric["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    assert definition == {"Name": "SearchLatency", "Unit": "Milliseconds"}
    assert metric["kind"] == "search"
    assert "mug" not in json.dumps(metric)
