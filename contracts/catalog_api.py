"""Bodies of the catalog API: what a visitor of the shop sees, and nothing internal."""

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from contracts.money import Money


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class VariantView(_Response):
    """A variant that is sold. `attributes` tell it from its siblings, by name."""

    variant_id: str
    sku: str
    name: str
    price: Money
    attributes: dict[str, str]


class ProductView(_Response):
    """A product and its variants, ordered by variant id; none: nothing of it is sold now."""

    product_id: str
    name: str
    description: str
    category: str
    brand: str | None = None
    tags: tuple[str, ...]
    variants: tuple[VariantView, ...]
