"""What the engine answers, as the API shows it."""

from collections.abc import Mapping
from typing import Any

from contracts.events.catalog import PriceRange
from contracts.search_api import (
    CategoryCount,
    Facets,
    Highlights,
    Hit,
    PriceCount,
    Rating,
    RatingCount,
    SearchPage,
    Suggestion,
    Suggestions,
)
from functions.search.request import PAGE

Answer = Mapping[str, Any]


def search_page(answer: Answer, following: str | None) -> SearchPage:
    """A page of hits.

    Args:
        following: the cursor of the next page.
    """
    hits = answer["hits"]
    return SearchPage(
        total=hits["total"]["value"],
        hits=tuple(map(_hit, hits["hits"][:PAGE])),
        facets=_facets(answer["aggregations"]),
        next=following,
    )


def last_sort_values(answer: Answer) -> list[Any] | None:
    """Where the page ends; None if no other follows."""
    hits = answer["hits"]["hits"]
    return list(hits[PAGE - 1]["sort"]) if len(hits) > PAGE else None


def suggestions(answer: Answer) -> Suggestions:
    """Names that begin like what was typed."""
    found = (hit["_source"] for hit in answer["hits"]["hits"])
    return Suggestions(
        suggestions=tuple(Suggestion(product_id=x["productId"], name=x["name"]) for x in found)
    )


def _hit(hit: Answer) -> Hit:
    product, found = hit["_source"], hit.get("highlight", {})
    prices = None
    if "lowestPrice" in product:
        prices = PriceRange(
            lowest=product["lowestPrice"],
            highest=product["highestPrice"],
            currency=product["currency"],
        )
    count = product["ratingCount"]
    return Hit(
        product_id=product["productId"],
        name=product["name"],
        category=product["category"],
        brand=product.get("brand"),
        prices=prices,
        in_stock=product["inStock"],
        rating=Rating(average=product["ratingTenths"] / 10 if count else None, count=count),
        highlights=Highlights(**{field: fragments[0] for field, fragments in found.items()}),
    )


def _facets(counted: Answer) -> Facets:
    def buckets(facet: str) -> list[Answer]:
        found: list[Answer] = counted[facet]["counts"]["buckets"]
        return found

    return Facets(
        categories=tuple(
            CategoryCount(category=one["key"], products=one["doc_count"])
            for one in buckets("categories")
        ),
        prices=tuple(
            PriceCount(
                min_price=int(one["from"]),
                max_price=int(one["to"]) - 1 if "to" in one else None,
                products=one["doc_count"],
            )
            for one in buckets("prices")
        ),
        ratings=tuple(
            RatingCount(rating=int(one["key"]), products=one["doc_count"])
            for one in reversed(buckets("ratings"))
        ),
    )
