"""What is asked for: the query's parameters, checked."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final, NoReturn

from contracts.ids import SLUG_PATTERN
from functions.shared.problems import Problem

PAGE: Final = 20
MAX_PAGE: Final = 50
"""Behind it a cursor goes on: the engine would have to sort all that lies before a page."""
MAX_WORDS: Final = 200
"""Characters of `q`."""
MAX_CATEGORIES: Final = 20
MAX_PRICE: Final = 99_999_999
MAX_CURSOR: Final = 1024
PARAMETERS: Final = (
    *("q", "category", "minPrice", "maxPrice", "rating", "inStock", "sort"),
    *("page", "cursor"),
)

_SLUG: Final = re.compile(SLUG_PATTERN)
_DIGITS: Final = re.compile(r"[0-9]{1,12}")


class Sort(StrEnum):
    """In which order hits come; what is equal comes by product id."""

    RELEVANCE = "relevance"
    PRICE_ASC = "price_asc"
    PRICE_DESC = "price_desc"
    NEWEST = "newest"
    RATING = "rating"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """A search.

    Attributes:
        words: what to look for; empty: everything.
        min_price, max_price: of a product's lowest price, in minor units, both included.
        rating: at least this many stars on average.
        page: from 1.
        cursor: where the page before ended, instead of a page number.
    """

    words: str = ""
    categories: tuple[str, ...] = ()
    min_price: int | None = None
    max_price: int | None = None
    rating: int | None = None
    in_stock: bool = False
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    cursor: str | None = None

    @property
    def scope(self) -> str:
        """The search without its page: what a cursor of it is good for."""
        filters = (self.min_price, self.max_price, self.rating, self.in_stock)
        return f"search {self.words!r} {self.categories} {filters} {self.sort}"


def search_request(given: Mapping[str, str]) -> SearchRequest:
    """The search that the parameters describe.

    Raises:
        Problem: 400 naming the parameter that is wrong.
    """
    page, cursor = given.get("page"), given.get("cursor")
    if page is not None and cursor is not None:
        _refuse("cursor", "A page is named by its number or by a cursor, not by both.")
    if cursor is not None and len(cursor) > MAX_CURSOR:
        _refuse("cursor", "This is not a cursor of this list.")
    found = SearchRequest(
        words=words(given.get("q", "")),
        categories=_categories(given.get("category")),
        min_price=_number(given, "minPrice", 0, MAX_PRICE),
        max_price=_number(given, "maxPrice", 0, MAX_PRICE),
        rating=_number(given, "rating", 1, 5),
        in_stock=_flag(given, "inStock"),
        sort=_sort(given.get("sort")),
        page=_page(given),
        cursor=cursor,
    )
    least, most = found.min_price, found.max_price
    if least is not None and most is not None and least > most:
        _refuse("minPrice", "minPrice is greater than maxPrice.")
    return found


def words(text: str) -> str:
    """What to look for, without the spaces around it.

    Raises:
        Problem: 400 naming `q` if it is too long, or holds what nobody types.
    """
    if len(text) > MAX_WORDS:
        _refuse("q", f"q has more than {MAX_WORDS} characters.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        _refuse("q", "q has control characters.")
    return " ".join(unicodedata.normalize("NFC", text).split())


def _categories(text: str | None) -> tuple[str, ...]:
    """A parameter that is given twice arrives joined by a comma."""
    if text is None:
        return ()
    slugs = text.split(",")
    if len(slugs) > MAX_CATEGORIES:
        _refuse("category", f"These are more than {MAX_CATEGORIES} categories.")
    if not all(map(_SLUG.fullmatch, slugs)):
        _refuse("category", "A category is lower case words and digits, joined by hyphens.")
    return tuple(sorted(set(slugs)))


def _number(given: Mapping[str, str], name: str, least: int, most: int) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
        _refuse(name, f"{name} is a whole number from {least} to {most}.")
    return int(text)


def _page(given: Mapping[str, str]) -> int:
    text = given.get("page", "1")
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= MAX_PAGE:
        detail = f"page is a whole number from 1 to {MAX_PAGE}; a cursor leads further."
        _refuse("page", detail)
    return int(text)


def _flag(given: Mapping[str, str], name: str) -> bool:
    text = given.get(name, "false")
    if text not in ("true", "false"):
        _refuse(name, f"{name} is true or false.")
    return text == "true"


def _sort(text: str | None) -> Sort:
    if text is None:
        return Sort.RELEVANCE
    if text not in list(Sort):
        _refuse("sort", f"sort is one of {', '.join(Sort)}.")
    return Sort(text)


def _refuse(parameter: str, detail: str) -> NoReturn:
    errors = [{"detail": detail, "parameter": parameter}]
    raise Problem(HTTPStatus.BAD_REQUEST, detail, errors=errors)
