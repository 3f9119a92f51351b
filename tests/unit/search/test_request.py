"""What may be asked for."""

import pytest

from functions.search.request import MAX_PAGE, SearchRequest, Sort, search_request
from functions.shared.problems import Problem


def test_all_parameters_are_read() -> None:
    asked = {
        "q": "  red\u0065\u0301  mug ",
        "category": "kitchen,home,kitchen",
        "minPrice": "0",
        "maxPrice": "2500",
        "rating": "4",
        "inStock": "true",
        "sort": "price_asc",
        "page": "2",
    }
    assert search_request(asked) == SearchRequest(
        "redé mug", ("home", "kitchen"), 0, 2500, 4, True, Sort.PRICE_ASC, 2
    )


def test_nothing_asked_is_everything() -> None:
    assert search_request({}) == SearchRequest()


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        ("q", "x" * 10_000),
        ("q", "a\x00b"),
        ("q", "a\nb"),
        ("q", "\ud800"),
        ("category", ""),
        ("category", "Küche"),
        ("category", ",".join(f"c{n}" for n in range(30))),
        ("minPrice", "-1"),
        ("minPrice", "1.5"),
        ("minPrice", "٣"),
        ("maxPrice", "1" * 5000),
        ("rating", "0"),
        ("rating", "6"),
        ("inStock", "yes"),
        ("sort", "random"),
        ("sort", ""),
        ("page", "0"),
        ("page", "1000000000"),
        ("page", str(MAX_PAGE + 1)),
        ("page", "one"),
        ("cursor", "x" * 10_000),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(parameter: str, text: str) -> None:
    with pytest.raises(Problem) as refused:
        search_request({parameter: text})
    assert refused.value.status == 400
    assert [error["parameter"] for error in refused.value.errors] == [parameter]


def test_a_price_range_that_is_empty_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        search_request({"minPrice": "2", "maxPrice": "1"})
    assert refused.value.errors[0]["parameter"] == "minPrice"
    assert search_request({"minPrice": "2", "maxPrice": "2"}).max_price == 2


def test_a_page_has_one_name() -> None:
    with pytest.raises(Problem) as refused:
        search_request({"page": "1", "cursor": "x"})
    assert refused.value.errors[0]["parameter"] == "cursor"


def test_a_cursor_is_good_for_its_search_alone() -> None:
    scopes = {
        search_request(given).scope
        for given in (
            {},
            {"q": "a"},
            {"category": "a"},
            {"minPrice": "1"},
            {"maxPrice": "1"},
            {"rating": "1"},
            {"inStock": "true"},
            {"sort": "newest"},
        )
    }
    assert len(scopes) == 8
    assert search_request({"page": "2"}).scope == search_request({}).scope
