"""Events of the carts service. Their aggregate is the customer's cart."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.envelope import DomainEvent

SOURCE = "commerce.carts"


class CartLine(BaseModel):
    """So many of a variant."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    product_id: str
    variant_id: str
    quantity: int = Field(ge=1)


class CartAbandoned(DomainEvent):
    """A cart was left with something in it. The aggregate's version is the millisecond (since the
    epoch) of its last change, so that one idle time has one event.
    """

    SOURCE: ClassVar[str] = SOURCE

    customer_id: str
    lines: tuple[CartLine, ...]
