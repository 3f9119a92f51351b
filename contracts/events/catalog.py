"""Events of the catalog. Their aggregate is the product; its version is the product item's."""

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.envelope import DomainEvent
from contracts.money import Currency, MinorUnits


class PriceRange(BaseModel):
    """The lowest and the highest price of what is sold of a product, in minor units."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    lowest: MinorUnits
    highest: MinorUnits
    currency: Currency


class ProductChanged(DomainEvent):
    """A product is as told here, in full, since `metadata.aggregateVersion`.

    Whoever keeps a copy replaces it whole if its own version is lower, and ignores the event
    otherwise. In-stock and rating are part of the product, so that one version orders everything.

    Attributes:
        status: RETIRED is final; such a product is no longer shown.
        attributes: what variants differ by, e.g. `size`, with every value that is sold, sorted.
        prices: None while no variant is sold.
        in_stock: a variant that is sold has units in stock.
        rating_tenths: the average rating of the reviews times ten, 10 to 50; 0 without reviews.
        rating_count: how many reviews there are.
    """

    SOURCE: ClassVar[str] = "commerce.catalog"

    product_id: str
    status: Literal["ACTIVE", "RETIRED"]
    name: str
    description: str
    category: str
    brand: str | None = None
    tags: tuple[str, ...]
    attributes: dict[str, tuple[str, ...]]
    prices: PriceRange | None = None
    in_stock: bool
    rating_tenths: int = Field(ge=0, le=50)
    rating_count: int = Field(ge=0)
    created_at: datetime
