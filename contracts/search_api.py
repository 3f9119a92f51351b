"""Bodies of the search API. A product's price is the lowest of what is sold of it."""

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.catalog import PriceRange


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Rating(_Response):
    """The average of a product's reviews in stars, to a tenth; none without reviews."""

    average: float | None = None
    count: int


class Highlights(_Response):
    """HTML of what matched, `<em>` around it; all else in it is escaped."""

    name: str | None = None
    description: str | None = None


class Hit(_Response):
    """A product that was found; without `prices` nothing of it is sold now."""

    product_id: str
    name: str
    category: str
    brand: str | None = None
    prices: PriceRange | None = None
    in_stock: bool
    rating: Rating
    highlights: Highlights


class CategoryCount(_Response):
    """How many products a category has."""

    category: str
    products: int


class PriceCount(_Response):
    """How many products cost at least `minPrice` and at most `maxPrice`, in minor units."""

    min_price: int
    max_price: int | None = None
    products: int


class RatingCount(_Response):
    """How many products have at least this many stars."""

    rating: int
    products: int


class Facets(_Response):
    """What there is to choose from: each facet counts under all filters but its own."""

    categories: tuple[CategoryCount, ...]
    prices: tuple[PriceCount, ...]
    ratings: tuple[RatingCount, ...]


class SearchPage(_Response):
    """A page of hits.

    Attributes:
        total: hits of all pages.
        next: the cursor of the following page.
    """

    total: int
    hits: tuple[Hit, ...]
    facets: Facets
    next: str | None = None


class Suggestion(_Response):
    """A product whose name begins like what was typed."""

    product_id: str
    name: str


class Suggestions(_Response):
    """At most eight, the best first."""

    suggestions: tuple[Suggestion, ...] = Field(max_length=8)
