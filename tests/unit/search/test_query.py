"""A search as the engine is asked it."""

from functions.search.query import search_body, suggest_body
from functions.search.request import PAGE, SearchRequest, Sort


def facet_filters(request: SearchRequest) -> dict[str, list[object]]:
    facets = search_body(request, None)["aggs"]
    return {name: facet["filter"]["bool"]["filter"] for name, facet in facets.items()}


def test_a_facet_is_counted_under_all_filters_but_its_own() -> None:
    request = SearchRequest(categories=("home",), min_price=5, rating=4)
    category = {"terms": {"category": ["home"]}}
    price = {"range": {"lowestPrice": {"gte": 5}}}
    rating = {"range": {"ratingTenths": {"gte": 40}}}
    assert facet_filters(request) == {
        "categories": [price, rating],
        "prices": [category, rating],
        "ratings": [category, price],
    }
    assert search_body(request, None)["post_filter"]["bool"]["filter"] == [category, price, rating]


def test_what_is_retired_is_never_found() -> None:
    alive = {"term": {"retired": False}}
    for request in (SearchRequest(), SearchRequest("mug"), SearchRequest(in_stock=True)):
        assert alive in search_body(request, None)["query"]["bool"]["filter"]
    assert alive in suggest_body("m")["query"]["bool"]["filter"]


def test_every_order_ends_with_what_is_unique() -> None:
    for sort in Sort:
        assert search_body(SearchRequest("a", sort=sort), None)["sort"][-1] == {"productId": "asc"}


def test_without_words_the_newest_come_first() -> None:
    assert search_body(SearchRequest(), None)["sort"][0] == {"createdAt": "desc"}
    assert search_body(SearchRequest("a"), None)["sort"][0] == {"_score": "desc"}


def test_a_page_is_skipped_to_and_a_cursor_is_gone_on_from() -> None:
    third = search_body(SearchRequest(page=3), None)
    assert (third["from"], third["size"]) == (2 * PAGE, PAGE + 1)
    after = search_body(SearchRequest(), [1, "a"])
    assert after["search_after"] == [1, "a"]
    assert "from" not in after


def test_the_name_counts_three_times() -> None:
    ranked = search_body(SearchRequest("mug"), None)["query"]["bool"]["must"][0]["bool"]["should"]
    assert all("name^3" in one["multi_match"]["fields"] for one in ranked)
