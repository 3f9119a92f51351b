"""GET /search and /search/suggest on the real engine and the seed catalog."""

from datetime import datetime

import pytest
from opensearchpy import OpenSearch

from functions.search.api import build
from functions.search.engine import OpenSearchEngine, Put
from functions.search.index import ALIAS, document
from functions.search.request import PAGE
from scripts.dev.seed_catalog import products
from tests.integration.search.conftest import Get, found
from tests.support.products import product
from tests.support.requests import answer, http_event

SEED = {one.item.product_id: one.item for one in products()}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("headfones", "quiet-headphones"),
        ("espreso beans", "house-espresso-beans"),
        ("mechancial keybord", "mechanical-keyboard"),
        ("coffe", "house-espresso-beans"),
        ("jakcet", "ridge-rain-jacket"),
        ("bicycle tire", "city-tyre"),
        ("flashlight", "beam-head-torch"),
        ("wireless speaker", "pocket-speaker"),
        ("sleepingbag", "fell-down-sleeping-bag"),
        ("CHEF'S KNIVES", "chefs-knife"),
    ],
)
def test_typos_and_synonyms_find_what_is_meant(get: Get, typed: str, meant: str) -> None:
    assert meant in found(get(q=typed))[:3]


def test_what_nobody_sells_is_not_found(get: Get) -> None:
    page = get(q="xylophone")
    assert (page.body["total"], page.body["hits"]) == (0, [])


def test_matches_are_marked_and_all_else_is_escaped(
    get: Get, seeded: OpenSearchEngine, client: OpenSearch
) -> None:
    event = product(name="Mug <b>& co", description="A kettle's <script>.")
    seeded.write([Put("red-mug", 1, document(event, 1))], seeded.targets())
    client.indices.refresh(index=ALIAS)
    (hit,) = get(q="kettle").body["hits"]
    assert hit["highlights"] == {"description": "A <em>kettle&#x27;s</em> &lt;script&gt;."}
    marked = get(q="mug co").body["hits"][0]["highlights"]["name"]
    assert marked == "<em>Mug</em> &lt;b&gt;&amp; <em>co</em>"


def test_a_facet_does_not_shrink_by_its_own_filter(get: Get) -> None:
    free = get(q="merino").body["facets"]
    chosen = get(q="merino", category="outdoor")
    assert {hit["category"] for hit in chosen.body["hits"]} == {"outdoor"}
    assert chosen.body["facets"]["categories"] == free["categories"]
    assert len(free["categories"]) > 1
    assert chosen.body["facets"]["prices"] != free["prices"]


def test_facets_count_what_their_filters_find(get: Get) -> None:
    facets = get(q="steel", inStock="true").body["facets"]
    for one in facets["categories"]:
        page = get(q="steel", inStock="true", category=one["category"])
        assert page.body["total"] == one["products"]
    for one in facets["prices"]:
        bounds = {name: str(one[name]) for name in ("minPrice", "maxPrice") if name in one}
        assert get(q="steel", inStock="true", **bounds).body["total"] == one["products"]


def test_filters_hold_together(get: Get) -> None:
    page = get(category="home,kitchen", minPrice="3000", maxPrice="7000")
    wanted = {
        name
        for name, item in SEED.items()
        if item.category in ("home", "kitchen") and item.prices is not None
        if 3000 <= item.prices.lowest <= 7000
    }
    assert set(found(page)) == wanted
    assert page.body["total"] == len(wanted)


def test_ratings_are_filtered_counted_and_sorted_by(
    get: Get, seeded: OpenSearchEngine, client: OpenSearch
) -> None:
    stars = {"a": 48, "b": 41, "c": 39, "d": 0}
    for name, tenths in stars.items():
        rated = product(name, category="rated", rating_tenths=tenths, rating_count=tenths)
        seeded.write([Put(name, 1, document(rated, 1))], seeded.targets())
    client.indices.refresh(index=ALIAS)
    page = get(category="rated", rating="4", sort="rating")
    assert found(page) == ["a", "b"]
    counts = {one["rating"]: one["products"] for one in page.body["facets"]["ratings"]}
    assert counts == {4: 2, 3: 3, 2: 3, 1: 3}
    (unrated,) = (hit for hit in get(category="rated").body["hits"] if hit["productId"] == "d")
    assert unrated["rating"] == {"count": 0}


@pytest.mark.parametrize("sort", ["price_asc", "price_desc", "newest"])
def test_orders_are_kept_over_all_pages(get: Get, sort: str) -> None:
    hits: list[str] = []
    query = {"sort": sort}
    page = get(**query)
    while True:
        hits += found(page)
        if "next" not in page.body:
            break
        page = get(**query, cursor=page.body["next"])
    assert sorted(hits) == sorted(SEED)

    def place(name: str) -> tuple[float, str]:
        item = SEED[name]
        assert item.prices is not None
        if sort == "newest":
            return -datetime.fromisoformat(item.created_at).timestamp(), name
        return item.prices.lowest * (1 if sort == "price_asc" else -1), name

    assert hits == sorted(SEED, key=place)


def test_pages_by_number_and_by_cursor_are_the_same(get: Get) -> None:
    first = get(sort="newest")
    assert len(first.body["hits"]) == PAGE
    second = get(sort="newest", cursor=first.body["next"])
    assert found(second) == found(get(sort="newest", page="2"))
    assert found(get(sort="newest", page="50")) == []


def test_cursors_lead_through_hits_by_relevance(
    get: Get, seeded: OpenSearchEngine, client: OpenSearch
) -> None:
    mugs = [product(f"mug-{number}", name="Mug " * (number + 1)) for number in range(45)]
    seeded.write([Put(x.product_id, 1, document(x, 1)) for x in mugs], seeded.targets())
    client.indices.refresh(index=ALIAS)
    pages = [get(q="red mug")]
    while "next" in pages[-1].body:
        pages.append(get(q="red mug", cursor=pages[-1].body["next"]))
    by_number = [found(get(q="red mug", page=str(page))) for page in range(1, len(pages) + 1)]
    assert list(map(found, pages)) == by_number
    hits = [name for page in by_number for name in page]
    assert len(set(hits)) == len(hits) == pages[0].body["total"] >= 45


def test_what_is_retired_or_sold_out_is_not_shown(
    get: Get, seeded: OpenSearchEngine, client: OpenSearch
) -> None:
    gone, empty = product("gone", status="RETIRED"), product("empty", in_stock=False, prices=None)
    seeded.write([Put(x.product_id, 1, document(x, 1)) for x in (gone, empty)], seeded.targets())
    client.indices.refresh(index=ALIAS)
    assert found(get(q="red mug"))[0] == "empty"
    assert "prices" not in get(q="red mug").body["hits"][0]
    assert "empty" not in found(get(q="red mug", inStock="true"))
    assert "gone" not in found(get(q="red mug"))


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("me", "merino-cycling-cap"),
        ("merino h", "merino-hiking-socks"),
        ("hand cof", "hand-coffee-grinder"),
        ("harbuor", "harbour-puzzle"),
        ("Stunt", "stunt-kite"),
    ],
)
def test_names_are_suggested_while_they_are_typed(get: Get, typed: str, name: str) -> None:
    suggested = get("GET /search/suggest", q=typed).body["suggestions"]
    assert name in [one["productId"] for one in suggested[:3]]


@pytest.mark.parametrize(
    "words", ["*", "AND OR NOT", '"', "a:b~2^9", "/.*/", "<>", "''", "日本語", "🙂"]
)
def test_no_text_is_taken_for_a_query(get: Get, words: str) -> None:
    assert get(q=words).status == 200
    assert get("GET /search/suggest", q=words).status == 200


def test_an_engine_without_an_index_is_503(empty: OpenSearchEngine) -> None:
    handler = build(lambda: empty, lambda: "key")
    assert answer(handler(http_event("GET /search", claims={}), None)).status == 503
