"""Events of the inventory service. Their aggregate is the reservation of an order."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.envelope import DomainEvent


class StockLine(BaseModel):
    """How many units of a SKU."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    sku: str
    quantity: int = Field(ge=1)


class _ReservationEvent(DomainEvent):
    SOURCE: ClassVar[str] = "commerce.inventory"

    order_id: str
    lines: tuple[StockLine, ...]


class InventoryReserved(_ReservationEvent):
    """The units are held for the order until it is confirmed or the hold expires."""


class InventoryReleased(_ReservationEvent):
    """The units are for sale again."""
