"""Operations of search."""

from typing import Any, Final

from contracts.api.rows import (
    CACHED,
    CURSOR,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    Operation,
    Parameter,
    Who,
    ok,
)
from contracts.search_api import SearchPage, Suggestions

_PRICE: Final[dict[str, Any]] = {"type": "integer", "minimum": 0, "maximum": 99_999_999}
_SORTS: Final = ["relevance", "price_asc", "price_desc", "newest", "rating"]


def _query(name: str, description: str, schema: dict[str, Any], example: str) -> Parameter:
    return Parameter(name, "query", description, schema, example)


_WORDS: Final = _query(
    "q",
    "What to look for, without control characters.",
    {"type": "string", "maxLength": 200},
    "mug",
)
_TYPED: Final = Parameter(
    "q",
    "query",
    "What was typed so far, without control characters.",
    {"type": "string", "minLength": 1, "maxLength": 200},
    "mu",
    required=True,
)

OPERATIONS: Final = (
    Operation(
        "GET",
        "/search",
        "search",
        "Products that are found, 20 a page. A facet counts under all filters but its own.",
        "search",
        Who.ANYBODY,
        (ok(SearchPage, "A page of hits.", CACHED), NOT_MODIFIED),
        parameters=(
            _WORDS,
            _query(
                "category", "Categories, joined by commas; at most 20.", {"type": "string"}, "mugs"
            ),
            _query("minPrice", "Of the lowest price, in minor units.", _PRICE, "500"),
            _query("maxPrice", "Of the lowest price, in minor units.", _PRICE, "2000"),
            _query(
                "rating",
                "At least this many stars.",
                {"type": "integer", "minimum": 1, "maximum": 5},
                "4",
            ),
            _query("inStock", "Only what is in stock.", {"enum": ["true", "false"]}, "true"),
            _query("sort", "What comes first.", {"type": "string", "enum": _SORTS}, "price_asc"),
            _query(
                "page",
                "From 1; further than 50 pages a cursor leads.",
                {"type": "integer", "minimum": 1, "maximum": 50},
                "1",
            ),
            CURSOR,
            IF_NONE_MATCH,
        ),
    ),
    Operation(
        "GET",
        "/search/suggest",
        "suggest",
        "Names of products that begin like what was typed.",
        "search",
        Who.ANYBODY,
        (ok(Suggestions, "At most eight.", CACHED), NOT_MODIFIED),
        parameters=(_TYPED, IF_NONE_MATCH),
    ),
)
