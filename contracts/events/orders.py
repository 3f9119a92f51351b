"""Events of the orders service. Their aggregate is the order."""

from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.events.envelope import DomainEvent
from contracts.money import Currency, MinorUnits

SOURCE = "commerce.orders"


class EventLine(BaseModel):
    """One line of an order: a variant, how many, and the price of one in minor units."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    sku: str
    product_id: str
    variant_id: str
    quantity: int = Field(ge=1)
    unit_price: MinorUnits


class _OrderEvent(DomainEvent):
    SOURCE: ClassVar[str] = SOURCE

    order_id: str
    customer_id: str


class OrderPlaced(_OrderEvent):
    """An order was accepted. `total` is in minor units of `currency`."""

    lines: tuple[EventLine, ...]
    total: MinorUnits
    currency: Currency


class OrderConfirmed(_OrderEvent):
    """The payment was captured and the stock is the customer's.

    `placed_at` is when the order was accepted, UTC; events of before it was added lack it.
    """

    lines: tuple[EventLine, ...]
    total: MinorUnits
    currency: Currency
    placed_at: datetime | None = None


class OrderCancelled(_OrderEvent):
    """The order was cancelled by its customer or an operator, who are named by `reason`."""

    reason: str
    lines: tuple[EventLine, ...] = ()


class RefundRequested(_OrderEvent):
    """A refund of a part was recorded, and its `amount` set aside. Aggregate: the refund."""

    refund_id: str
    amount: MinorUnits
    currency: Currency


class RefundedLine(BaseModel):
    """Units of a line that were taken back; whether they are for sale again."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    sku: str
    product_id: str
    variant_id: str
    quantity: int = Field(ge=1)
    restocked: bool


class OrderRefunded(_OrderEvent):
    """A part of the order was paid back, and what was to go back is on the shelf.

    Aggregate: the refund. `amount` is in minor units of `currency`; without lines the refund is of
    money alone.
    """

    refund_id: str
    amount: MinorUnits
    currency: Currency
    lines: tuple[RefundedLine, ...]


class OrderShipped(_OrderEvent):
    """The goods left. From here the order is neither cancelled nor refunded."""


class AttentionRequired(_OrderEvent):
    """A person must look at the order: `reason` says why, `remedy` which command mends it."""

    reason: str
    remedy: str


class OrderRejected(_OrderEvent):
    """The order ended without a charge. `reason` is the name of the error that ended it."""

    reason: str
