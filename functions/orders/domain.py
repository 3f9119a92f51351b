"""The order: its lines, its states, and which state may follow which."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from contracts.errors import OrderClosed


class OrderStatus(StrEnum):
    """The one truth about an order. Customers see CONFIRMING as PENDING."""

    PENDING = "PENDING"
    CONFIRMING = "CONFIRMING"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    CANCELLED = "CANCELLED"

    @property
    def public(self) -> "OrderStatus":
        """The status as its customer sees it."""
        return OrderStatus.PENDING if self is OrderStatus.CONFIRMING else self


TRANSITIONS: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.PENDING: frozenset(
        {OrderStatus.CONFIRMING, OrderStatus.REJECTED, OrderStatus.CANCELLED}
    ),
    OrderStatus.CONFIRMING: frozenset({OrderStatus.CONFIRMED, OrderStatus.REJECTED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.CANCELLED}),
    OrderStatus.REJECTED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}
"""Every allowed move. CONFIRMING → REJECTED only after a capture was definitely declined."""

CLOSED: Final = frozenset({OrderStatus.REJECTED, OrderStatus.CANCELLED})

VERSIONS: Final[Mapping[OrderStatus, int]] = {
    OrderStatus.PENDING: 1,
    OrderStatus.CONFIRMING: 2,
    OrderStatus.CONFIRMED: 3,
    OrderStatus.REJECTED: 3,
    OrderStatus.CANCELLED: 4,
}
SHIPPED_VERSION: Final = 4
"""The aggregate version of OrderShipped: it excludes CANCELLED, as that excludes it."""
"""The aggregate version of the event by which an order reached a status: it only ever grows."""


class Variant(NamedTuple):
    """What a line is of. An order has one line of each variant."""

    product_id: str
    variant_id: str


@dataclass(frozen=True, slots=True)
class OrderLine:
    """A variant, how many of it, and the catalog's price of one in minor units."""

    product_id: str
    variant_id: str
    sku: str
    name: str
    quantity: int
    unit_price: int

    @property
    def variant(self) -> Variant:
        """What it is of."""
        return Variant(self.product_id, self.variant_id)

    @property
    def total(self) -> int:
        """In minor units."""
        return self.quantity * self.unit_price


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an order was rejected: the error's name, and its code or SKUs where there are any."""

    reason: str
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is stored.

    Attributes:
        customer_id: the subject of the user pool.
        address: as the API took it (`contracts.orders_api.Address`); None: it was erased.
        total: in minor units of `currency`.
        fingerprint: of the request, to tell a repeated one from another under the same key; empty:
            it was erased with the address.
        steps: state of the saga → when it was done, UTC.
        saga_open: whether the saga has not ended.
        shipped_at: UTC; None until then.
        execution: in Step Functions' words, where it ended without ending the saga.
        returned: units of each variant that refunds have taken back.
        refund_ids: every refund that was ever recorded.
    """

    order_id: str
    customer_id: str
    status: OrderStatus
    lines: tuple[OrderLine, ...]
    address: Mapping[str, str] | None
    payment_method: str
    total: int
    currency: str
    fingerprint: str
    created_at: datetime
    steps: Mapping[str, datetime]
    saga_open: bool
    rejection: Rejection | None = None
    execution: str | None = None
    shipped_at: datetime | None = None
    returned: Mapping[Variant, int] = field(default_factory=dict)
    refund_ids: tuple[str, ...] = ()

    def returned_by_sku(self) -> dict[str, int]:
        """SKU → units that refunds have taken back."""
        units: dict[str, int] = {}
        for line in self.lines:
            if line.variant in self.returned:
                units[line.sku] = units.get(line.sku, 0) + self.returned[line.variant]
        return units

    def require(self, *allowed: OrderStatus) -> None:
        """Raises OrderClosed unless the order is in one of the allowed statuses."""
        if self.status not in allowed:
            raise OrderClosed(f"order {self.order_id} is {self.status}")


def total_of(lines: Sequence[OrderLine]) -> int:
    """The sum of all lines, in minor units."""
    return sum(line.total for line in lines)
