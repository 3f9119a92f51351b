"""Events of the inventory service. Their aggregate is named by each."""

from typing import ClassVar, Final

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.envelope import DomainEvent

LOW_STOCK: Final = 10
"""Units on a shard. A SKU on several shards sells as much faster, and is low with as many more."""


class StockLine(BaseModel):
    """How many units of a SKU."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    sku: str
    quantity: int = Field(ge=1)


class _InventoryEvent(DomainEvent):
    SOURCE: ClassVar[str] = "commerce.inventory"


class _ReservationEvent(_InventoryEvent):
    """Of the reservation of an order."""

    order_id: str
    lines: tuple[StockLine, ...]


class InventoryReserved(_ReservationEvent):
    """The units are held for the order until it is confirmed or the hold expires."""


class InventoryReleased(_ReservationEvent):
    """The units are for sale again."""


class StockReceived(_InventoryEvent):
    """Units came in. The aggregate is the receipt."""

    receipt_id: str
    sku: str
    quantity: int = Field(ge=1)


class AvailabilityChanged(_InventoryEvent):
    """A SKU was sold out, or has units again: told only where it crosses between the two.

    The aggregate is the SKU; its version grows with each crossing.
    """

    sku: str
    in_stock: bool


class StockRanLow(_InventoryEvent):
    """No shard of a SKU holds more than `LOW_STOCK` units any more, but some are left: told once a
    crossing.

    The aggregate is the level of the SKU; its version grows with each crossing, either way.
    """

    sku: str
    available: int = Field(ge=1)


class InventoryRestocked(_ReservationEvent):
    """Units of a part of the order are for sale again. Aggregate: the refund."""

    refund_id: str
