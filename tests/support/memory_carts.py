"""`Carts` in memory, for tests of what stands around them."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from functions.carts.domain import (
    Cart,
    CartsUnavailable,
    IdleCart,
    ItemId,
    Merged,
    NotInCart,
    OrderedLines,
)

EXPIRES = datetime(2026, 2, 8, 12, tzinfo=UTC)


class MemoryCarts:
    """Carts by customer. `down` makes every call fail as a cache that does not answer."""

    def __init__(self) -> None:
        self.items: dict[str, dict[ItemId, int]] = {}
        self.idle_carts: list[IdleCart] = []
        self.ordered: list[tuple[str, OrderedLines]] = []
        self.down = False

    def read(self, customer_id: str) -> Cart:
        """See `Carts.read`."""
        items = self._of(customer_id)
        return Cart(dict(items), EXPIRES if items else None)

    def add(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """See `Carts.add`."""
        items = self._of(customer_id)
        items[item] = items.get(item, 0) + quantity
        return self.read(customer_id)

    def change(self, customer_id: str, item: ItemId, quantity: int) -> Cart:
        """See `Carts.change`."""
        if item not in self._of(customer_id):
            raise NotInCart
        self._of(customer_id)[item] = quantity
        return self.read(customer_id)

    def remove(self, customer_id: str, item: ItemId) -> None:
        """See `Carts.remove`."""
        self._of(customer_id).pop(item, None)

    def clear(self, customer_id: str) -> None:
        """See `Carts.clear`."""
        self._of(customer_id).clear()

    def merge(self, customer_id: str, cart_id: str, items: Mapping[ItemId, int]) -> Merged:
        """See `Carts.merge`."""
        for item, quantity in items.items():
            self.add(customer_id, item, quantity)
        return Merged(self.read(customer_id), {})

    def take_ordered(self, customer_id: str, ordered: OrderedLines) -> bool:
        """See `Carts.take_ordered`."""
        self._of(customer_id)
        self.ordered.append((customer_id, ordered))
        return True

    def idle(self, until: datetime, limit: int) -> Sequence[IdleCart]:
        """See `IdleCarts.idle`."""
        return list(self.idle_carts)

    def forget(self, cart: IdleCart) -> None:
        """See `IdleCarts.forget`."""
        self.idle_carts.remove(cart)

    def _of(self, customer_id: str) -> dict[ItemId, int]:
        if self.down:
            raise CartsUnavailable("TimeoutError")
        return self.items.setdefault(customer_id, {})
