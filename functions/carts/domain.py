"""A cart: its lines, its bounds, and where it is kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple, Protocol

from functions.shared.errors import RetryableError

LIFETIME: Final = 7 * 24 * 60 * 60
"""Seconds that a cart is kept after it was last used."""


class ItemId(NamedTuple):
    """Which variant of which product a line is of. Its text stands in paths: `product.variant`.

    Ids are slugs, so a dot can only be the joint.
    """

    product_id: str
    variant_id: str

    @classmethod
    def parse(cls, text: str) -> "ItemId | None":
        """The id in a path, None if it is none."""
        product, dot, variant = text.partition(".")
        return cls(product, variant) if product and dot and variant else None

    def __str__(self) -> str:
        return f"{self.product_id}.{self.variant_id}"


@dataclass(frozen=True, slots=True)
class Cart:
    """What a customer wants.

    Attributes:
        items: how many of what, in the order of their ids.
        expires_at: UTC; None for an empty cart, which is not kept.
    """

    items: Mapping[ItemId, int]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Merged:
    """A cart after a merge, and what did not fit into it."""

    cart: Cart
    refused: Mapping[ItemId, int]


@dataclass(frozen=True, slots=True)
class IdleCart:
    """A cart that was not changed for a while. `changed_at`: milliseconds since the epoch."""

    customer_id: str
    changed_at: int
    items: Mapping[ItemId, int]


@dataclass(frozen=True, slots=True)
class OrderedLines:
    """What an order took.

    Attributes:
        placed_at: UTC; what was added to the cart later is not of this order.
    """

    order_id: str
    placed_at: datetime
    items: Mapping[ItemId, int]


class CartsUnavailable(RetryableError):
    """The store of carts does not answer."""


class CartFull(Exception):
    """A change would take the cart past its bounds: `field` is `quantity` or `items`."""

    def __init__(self, field: str) -> None:
        super().__init__(f"too many {field}")
        self.field = field


class NotInCart(Exception):
    """The cart has no such line."""


class Carts(Protocol):
    """Where carts are kept. Each call is atomic, and one round trip.

    Raises:
        CartsUnavailable: from each of them, with unknown effect.
    """

    def read(self, customer_id: str) -> Cart:
        """The cart, which lives on."""

    def add(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """Puts so many more into the cart. Raises CartFull."""

    def change(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """Sets how many there are of a line. Raises NotInCart."""

    def remove(self, customer_id: str, item: ItemId) -> None:
        """Takes a line out, if it is there."""

    def clear(self, customer_id: str) -> None:
        """Takes everything out."""

    def merge(self, customer_id: str, cart_id: str, items: Mapping[ItemId, int]) -> Merged:
        """Adds a guest's cart, unless it was added before."""

    def take_ordered(self, customer_id: str, ordered: OrderedLines) -> bool:
        """Takes out what an order bought, once for each order. Whether there was any of it."""


class IdleCarts(Protocol):
    """Where carts are found that nobody changes."""

    def idle(self, until: datetime, limit: int) -> Sequence[IdleCart]:
        """Carts with something in them, not changed since. At most `limit` of each part."""

    def forget(self, cart: IdleCart) -> None:
        """It was reported: not idle until it is changed again."""
