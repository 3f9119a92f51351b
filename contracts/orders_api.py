"""Bodies of the orders API."""

from datetime import datetime
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from contracts.countries import COUNTRIES
from contracts.ids import SLUG_PATTERN
from contracts.money import MinorUnits, Money

MAX_SKUS: Final = 40
"""Distinct SKUs of one order: a DynamoDB transaction takes 100 actions, a BatchGetItem 100 keys."""
MAX_QUANTITY: Final = 99
"""Units of one SKU in one order."""

Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Line = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=r"^\P{C}*$"),
]
"""One printable line of an address: no control characters."""


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise ValueError("this is no ISO 3166-1 alpha-2 code")
    return code


Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_known_country)]


class _Request(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", strict=True
    )


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class Address(_Request):
    """Where the order is sent. `country` is an ISO 3166-1 alpha-2 code."""

    name: Line
    line1: Line
    line2: Line | None = None
    city: Line
    region: Line | None = None
    postal_code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{1,11}$")]
    country: Country


class RequestedLine(_Request):
    """A variant of a product and how many of it. The price is the catalog's."""

    product_id: Slug
    variant_id: Slug
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class PlaceOrderRequest(_Request):
    """Body of `POST /orders`. Lines of the same variant are merged.

    `expectedTotal`, in minor units, is what the customer was shown: an order that costs another sum
    is refused with the sum.
    """

    items: Annotated[list[RequestedLine], Field(min_length=1, max_length=200)]
    shipping_address: Address
    payment_method_id: Annotated[str, StringConstraints(pattern=r"^pm_[A-Za-z0-9_]{1,60}$")]
    expected_total: MinorUnits | None = None


class ReturnedLine(_Request):
    """Units of a line of the order to be refunded; `restock` overrides the request's."""

    product_id: Slug
    variant_id: Slug
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
    restock: bool | None = None


class RefundRequest(_Request):
    """Body of `POST /orders/{orderId}/refunds`: either lines or an amount.

    Attributes:
        amount: in minor units of the order's currency.
        restock: whether the lines' units are for sale again; by default they are not.
        reason: for those who look at the refund later.
    """

    amount: Annotated[int, Field(ge=1, le=99_999_999)] | None = None
    lines: Annotated[list[ReturnedLine], Field(min_length=1, max_length=200)] | None = None
    restock: bool | None = None
    reason: (
        Annotated[
            str,
            StringConstraints(
                strip_whitespace=True, min_length=1, max_length=200, pattern=r"^\P{C}*$"
            ),
        ]
        | None
    ) = None


class RefundedLineView(_Response):
    """Units of a line that a refund takes back."""

    product_id: str
    variant_id: str
    quantity: int
    restock: bool


class RefundView(_Response):
    """A refund of a part of an order.

    `status` is PENDING, REFUNDED, REFUSED (the provider will not pay it; the amount may be refunded
    anew) or FAILED (it was paid, and the customer's bank sent it back).
    """

    refund_id: str
    order_id: str
    status: str
    amount: Money
    lines: tuple[RefundedLineView, ...]
    reason: str | None = None
    created_at: datetime


class OrderLineView(_Response):
    """A line of an order at the price it was ordered for."""

    product_id: str
    variant_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Money


class RejectionView(_Response):
    """Why an order was rejected: the error's name, and its code or SKUs where there are any."""

    reason: str
    detail: str | None = None


class OrderSummary(_Response):
    """An order in a list."""

    order_id: str
    status: str
    created_at: datetime
    total: Money


class OrderView(OrderSummary):
    """An order as its customer sees it. CONFIRMING is shown as PENDING.

    Without `shippingAddress` it was erased, at the customer's wish or after its time.
    """

    items: tuple[OrderLineView, ...]
    shipping_address: Address | None = None
    rejection: RejectionView | None = None
    shipped_at: datetime | None = None
    refunds: tuple[RefundView, ...] = ()


class OrderPage(_Response):
    """A page of orders, newest first; `next` is the cursor of the following page."""

    orders: tuple[OrderSummary, ...]
    next: str | None = None


class StepView(_Response):
    """A state of the saga that is done."""

    state: str
    completed_at: datetime


class ExecutionView(_Response):
    """How far the saga of an order is, read from the order itself."""

    order_id: str
    order_status: str
    status: str
    current_state: str | None = None
    steps: tuple[StepView, ...]
