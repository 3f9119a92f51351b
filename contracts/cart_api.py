"""Bodies of the cart API. A cart holds what a customer wants, never what it costs."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from contracts.money import Money
from contracts.orders_api import MAX_QUANTITY, MAX_SKUS, Slug

MAX_ITEMS: Final = MAX_SKUS
"""Different variants in one cart: as many as one order takes."""

Quantity = Annotated[int, Field(ge=1, le=MAX_QUANTITY)]


class _Request(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid", strict=True
    )


class _Response(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)


class AddItemRequest(_Request):
    """Body of `POST /cart/items`: so many more of a variant."""

    product_id: Slug
    variant_id: Slug
    quantity: Quantity


class ChangeItemRequest(_Request):
    """Body of `PATCH /cart/items/{itemId}`: so many of it, whatever there were."""

    quantity: Quantity


class MergeCartRequest(_Request):
    """Body of `POST /cart/merge`: the cart that a guest filled before logging in.

    Attributes:
        cart_id: a UUID that the guest's client made for its cart; it is taken over once.
    """

    cart_id: Annotated[UUID, Field(strict=False)]
    items: Annotated[list[AddItemRequest], Field(min_length=1, max_length=MAX_ITEMS)]


class ItemView(_Response):
    """How many of a variant are in the cart. `item_id` names the line in the cart's paths."""

    item_id: str
    product_id: str
    variant_id: str
    quantity: int


class ItemsView(_Response):
    """What is in the cart after a change.

    Attributes:
        not_merged: what a merge could not take over: not for sale, or the cart is full.
    """

    items: tuple[ItemView, ...]
    not_merged: tuple[ItemView, ...] | None = None


class CartLineView(ItemView):
    """A line with what the catalog says of it now.

    Attributes:
        availability: IN_STOCK, OUT_OF_STOCK, or RETIRED (not sold any more). It is a hint: the
            stock is the order's only when it is reserved.
        name, sku, unit_price, line_total: absent where the catalog no longer knows the variant.
    """

    availability: str
    name: str | None = None
    sku: str | None = None
    unit_price: Money | None = None
    line_total: Money | None = None


class CartView(_Response):
    """A cart with prices.

    Attributes:
        total: of the lines that can be ordered; absent where there is none. What an order costs
            is read when it is placed.
        expires_at: UTC; when the cart is forgotten unless it is used. Absent for an empty cart.
    """

    items: tuple[CartLineView, ...]
    total: Money | None = None
    expires_at: datetime | None = None
