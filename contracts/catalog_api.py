"""Bodies of the catalog API: what visitors, customers and operators send and see."""

from datetime import datetime
from typing import Annotated, Any, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from contracts.currencies import CHARGEABLE
from contracts.ids import SKU_PATTERN, SLUG_PATTERN
from contracts.money import Currency, MinorUnits, Money

MAX_VARIANTS: Final = 40
"""Of one product: a DynamoDB transaction takes 100 actions, two of them for each variant."""
MAX_STARS: Final = 5

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Sku = Annotated[str, StringConstraints(pattern=SKU_PATTERN)]
_BIDI: Final = "\\u202a-\\u202e\\u2066-\\u2069"
"""Characters that turn the direction of what follows them, on a page that shows them."""
ShortLine = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=80,
        pattern=rf"^[^\x00-\x1f\x7f-\x9f{_BIDI}]*$",
    ),
]
"""One line without control characters."""
Text = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True,
        min_length=1,
        max_length=4000,
        pattern=rf"^[^\x00-\x09\x0b-\x1f\x7f-\x9f{_BIDI}]*$",
    ),
]
"""Lines without control characters."""


def _charged(currency: str) -> str:
    if currency not in CHARGEABLE:
        raise ValueError("the shop does not charge in this currency")
    return currency


class Price(Money):
    """What something is sold for: more than nothing, in a currency that the shop charges in."""

    amount: Annotated[MinorUnits, Field(ge=1)]
    currency: Annotated[
        str, AfterValidator(_charged), Field(json_schema_extra={"enum": sorted(CHARGEABLE)})
    ]


Tags = Annotated[tuple[Slug, ...], Field(max_length=20)]
Attributes = Annotated[dict[Slug, ShortLine], Field(max_length=10)]


class _Request(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", strict=True
    )


def _not_named() -> Any:
    """Stands for what a change does not name, and is never read."""


class _Change(_Request):
    """A change of the fields that it names."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("nothing is to be changed")
        return self


class NewVariant(_Request):
    """Body of `POST /products/{productId}/variants`; also a variant of a new product."""

    variant_id: Slug
    sku: Sku
    name: ShortLine
    price: Price
    attributes: Attributes = Field(default_factory=dict)


class NewProduct(_Request):
    """Body of `POST /products`. All prices are of one currency."""

    product_id: Slug
    name: ShortLine
    description: Text
    category: Slug
    brand: ShortLine | None = None
    tags: Tags = ()
    variants: Annotated[list[NewVariant], Field(min_length=1, max_length=MAX_VARIANTS)]


class ProductChange(_Change):
    """Body of `PATCH /products/{productId}`; a `brand` of null takes it away."""

    name: ShortLine = Field(default_factory=_not_named)
    description: Text = Field(default_factory=_not_named)
    category: Slug = Field(default_factory=_not_named)
    brand: ShortLine | None = None
    tags: Tags = Field(default_factory=_not_named)


class VariantChange(_Change):
    """Body of `PATCH /products/{productId}/variants/{variantId}`."""

    name: ShortLine = Field(default_factory=_not_named)
    price: Price = Field(default_factory=_not_named)
    attributes: Attributes = Field(default_factory=_not_named)


class NewReview(_Request):
    """Body of `POST /products/{productId}/reviews`: one to five stars, and what to say."""

    rating: Annotated[int, Field(ge=1, le=MAX_STARS)]
    text: Annotated[Text, StringConstraints(max_length=2000)]


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class RatingView(_Response):
    """The average of the reviews, to a tenth of a star; none without reviews."""

    average: float | None = None
    count: int


class PriceRangeView(_Response):
    """The lowest and the highest price of what is sold, in minor units."""

    lowest: int
    highest: int
    currency: Currency


class VariantView(_Response):
    """A variant that is sold. `attributes` tell it from its siblings, by name."""

    variant_id: str
    sku: str
    name: str
    price: Money
    attributes: dict[str, str]
    in_stock: bool


class ProductView(_Response):
    """A product and its variants, ordered by variant id; none: nothing of it is sold now."""

    product_id: str
    name: str
    description: str
    category: str
    brand: str | None = None
    tags: tuple[str, ...]
    created_at: str
    in_stock: bool
    rating: RatingView
    variants: tuple[VariantView, ...]


class ProductSummary(_Response):
    """A product in a list; without `prices` nothing of it is sold now."""

    product_id: str
    name: str
    category: str
    brand: str | None = None
    prices: PriceRangeView | None = None
    in_stock: bool
    rating: RatingView


class ProductPage(_Response):
    """A page of products, by their ids; `next` is the cursor of the following page."""

    products: tuple[ProductSummary, ...]
    next: str | None = None


class CategoryView(_Response):
    """A category, and how many products it has."""

    category: str
    products: int


class CategoryList(_Response):
    """All categories that have products, in alphabetical order."""

    categories: tuple[CategoryView, ...]


class ReviewView(_Response):
    """What a customer thinks; `verifiedPurchase`: the shop has sold it to them."""

    review_id: str
    rating: int
    text: str
    created_at: datetime
    verified_purchase: bool


class ReviewPage(_Response):
    """A page of reviews, newest first; `next` is the cursor of the following page."""

    rating: RatingView
    reviews: tuple[ReviewView, ...]
    next: str | None = None
