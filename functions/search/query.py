"""A search as the engine is asked it: pure data."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from functions.search.request import PAGE, SearchRequest, Sort

Query = dict[str, Any]

FIELDS: Final = ("name^3", "tags^2", "category.words^2", "brand^2", "variants", "description")
"""What makes a hit better than another."""
PRICES: Final = (0, 2500, 5000, 10000, 20000)
"""Where the price ranges of the facet begin, in minor units."""
STARS: Final = (4, 3, 2, 1)
SUGGESTIONS: Final = 8
PATIENCE: Final = "1500ms"
"""How long the engine itself works on a search."""
ENOUGH: Final = "1<-1 4<60%"
"""Of two to four words one may be missing; of more, two of five. What has them all comes first."""
TYPOS: Final[Query] = {
    "fuzziness": "AUTO:5,8",
    "prefix_length": 1,
    "max_expansions": 30,
    "boost": 0.5,
}
"""One letter in words of five, two in words of eight; the first letter is seldom mistyped."""
_MANY: Final = 100

_ORDERS: Final[dict[Sort, list[Query]]] = {
    Sort.RELEVANCE: [{"_score": "desc"}],
    Sort.PRICE_ASC: [{"lowestPrice": {"order": "asc", "missing": "_last"}}],
    Sort.PRICE_DESC: [{"lowestPrice": {"order": "desc", "missing": "_last"}}],
    Sort.NEWEST: [{"createdAt": "desc"}],
    Sort.RATING: [{"ratingTenths": "desc"}, {"ratingCount": "desc"}],
}


def search_body(request: SearchRequest, after: Sequence[Any] | None) -> Query:
    """Body of the engine's `_search`.

    Facet filters come after the facets are counted, so that none of these shrinks by its own.

    Args:
        after: the sort values of the last hit before, as the cursor tells them.
    """
    body: Query = {
        "query": _query(request),
        "post_filter": _all(_filters(request).values()),
        "aggs": _facets(request),
        "sort": [*_ORDERS[_sort(request)], {"productId": "asc"}],
        # One more than shown tells whether a page follows.
        "size": PAGE + 1,
        "track_total_hits": True,
        "track_scores": False,
        "timeout": PATIENCE,
        "_source": {"excludes": ["description", "tags", "variants"]},
        "highlight": _highlight(),
    }
    if after is not None:
        return body | {"search_after": list(after)}
    return body | {"from": (request.page - 1) * PAGE}


def suggest_body(words: str) -> Query:
    """Body of the engine's `_search` for names that begin like what was typed, typos allowed."""
    begun = {"query": words, "operator": "and"}
    ways = [
        {
            "multi_match": {
                **begun,
                "type": "bool_prefix",
                "fields": ["name.typed", "name.typed._2gram", "name.typed._3gram"],
            }
        },
        # Of the last word only the beginning is there: typos are allowed in those before it,
        {"match_bool_prefix": {"name.typed": {**begun, **TYPOS}}},
        # unless it is there as a whole.
        {"match": {"name.typed": {**begun, **TYPOS}}},
    ]
    return {
        "query": {
            "bool": {
                "should": ways,
                "minimum_should_match": 1,
                "filter": [{"term": {"retired": False}}],
            }
        },
        "sort": [{"_score": "desc"}, {"productId": "asc"}],
        "size": SUGGESTIONS,
        "track_total_hits": False,
        "timeout": PATIENCE,
        "_source": ["productId", "name"],
    }


def _sort(request: SearchRequest) -> Sort:
    """Without words nothing is more relevant than another: then the newest come first."""
    browsing = not request.words and request.sort is Sort.RELEVANCE
    return Sort.NEWEST if browsing else request.sort


def _query(request: SearchRequest) -> Query:
    filters: list[Query] = [{"term": {"retired": False}}]
    if request.in_stock:
        filters.append({"term": {"inStock": True}})
    if not request.words:
        return {"bool": {"filter": filters}}
    return {"bool": {"must": [_found(request.words)], "filter": filters}}


def _found(words: str) -> Query:
    """Finds by all that is told of a product, ranks by where it is told.

    Typos are looked for among words as they are written: a word without its ending is so short
    that others lie a letter away.
    """
    anywhere = {"query": words, "minimum_should_match": ENOUGH}
    return {
        "bool": {
            "must": [
                {
                    "bool": {
                        "should": [
                            {"match": {"everything": anywhere}},
                            {"match": {"everything.typed": {**anywhere, **TYPOS}}},
                        ],
                        "minimum_should_match": 1,
                    }
                }
            ],
            "should": [
                _fields(words, type="cross_fields", operator="and", boost=2),
                _fields(words, type="most_fields"),
            ],
        }
    }


def _fields(words: str, **how: Any) -> Query:
    return {"multi_match": {"query": words, "fields": list(FIELDS), **how}}


def _filters(request: SearchRequest) -> dict[str, Query]:
    """The filters of the facets, by facet."""
    found: dict[str, Query] = {}
    if request.categories:
        found["categories"] = {"terms": {"category": list(request.categories)}}
    price = {"gte": request.min_price, "lte": request.max_price}
    if bounds := {name: bound for name, bound in price.items() if bound is not None}:
        found["prices"] = {"range": {"lowestPrice": bounds}}
    if request.rating is not None:
        found["ratings"] = {"range": {"ratingTenths": {"gte": request.rating * 10}}}
    return found


def _facets(request: SearchRequest) -> Query:
    bounds = zip(PRICES, (*PRICES[1:], None), strict=True)
    prices = [{"from": low} | ({"to": high} if high else {}) for low, high in bounds]
    stars = [{"key": str(star), "from": star * 10} for star in STARS]
    counted: dict[str, Query] = {
        "categories": {"terms": {"field": "category", "size": _MANY}},
        "prices": {"range": {"field": "lowestPrice", "ranges": prices}},
        "ratings": {"range": {"field": "ratingTenths", "ranges": stars}},
    }
    filters = _filters(request)
    return {
        facet: {
            "filter": _all(one for name, one in filters.items() if name != facet),
            "aggs": {"counts": count},
        }
        for facet, count in counted.items()
    }


def _all(filters: Iterable[Query]) -> Query:
    return {"bool": {"filter": list(filters)}}


def _highlight() -> Query:
    """Of escaped text, so that a page can show it as it is."""
    return {
        "encoder": "html",
        "pre_tags": ["<em>"],
        "post_tags": ["</em>"],
        "require_field_match": False,
        "fields": {
            "name": {"number_of_fragments": 0},
            "description": {"number_of_fragments": 1, "fragment_size": 160},
        },
    }
