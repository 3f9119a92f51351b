"""What refunds of a part leave on the order: units returned of each line, and the refunds' ids."""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from functions.orders.domain import CLOSED, Order, OrderStatus, Variant
from functions.orders.store import REFUND, from_item, order_key, returned_attribute
from functions.shared.clock import to_millis
from functions.shared.errors import Inconsistent
from functions.shared.transitions import moved_from
from functions.shared.writes import Item, Write

MAX_REFUNDS: Final = 50
"""Of one order: they are read in one call, of which each takes a key."""


class NotReturnable(Exception):
    """The order is not CONFIRMED, has shipped, or fewer units are left. `order`: as it is."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"order {order.order_id} is {order.status}")
        self.order = order


class ReturnWrites:
    """What refunds do to an order, as writes.

    Args:
        table: the orders table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def take_back(
        self, order: Order, refund_id: str, units: Mapping[Variant, int], at: datetime
    ) -> Write:
        """Notes a refund, and counts its units; of no line more than were sold.

        Refused with NotReturnable: the order must be CONFIRMED and not have shipped.
        """
        sold = {line.variant: line.quantity for line in order.lines}
        left = [_at_most(variant, sold[variant] - number) for variant, number in units.items()]
        confirmed = moved_from("status", OrderStatus.CONFIRMED)
        return Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="update",
            changes={f"{REFUND}{refund_id}": to_millis(at)},
            increments={returned_attribute(one): number for one, number in units.items()},
            condition=reduce(and_, left, confirmed & Attr("shippedAt").not_exists()),
            refused=_not_returnable,
        )

    def undo(self, order: Order, units: Mapping[Variant, int]) -> Write:
        """The units of a refused refund count as not returned, while the order is CONFIRMED."""
        return Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="update" if units else "check",
            increments={returned_attribute(one): -number for one, number in units.items()},
            condition=moved_from("status", OrderStatus.CONFIRMED),
            refused=_not_returnable,
        )

    def require_closed(self, order_id: str) -> Write:
        """Asserts that the order is closed: what is returned of it does not change any more."""
        return Write(
            table=self.table,
            key=order_key(order_id),
            kind="check",
            condition=moved_from("status", *sorted(CLOSED)),
            refused=_not_returnable,
        )


def _at_most(variant: Variant, number: int) -> ConditionBase:
    counted = Attr(returned_attribute(variant))
    return counted.not_exists() | counted.lte(number)


def _not_returnable(item: Item | None) -> Exception:
    return NotReturnable(from_item(item)) if item else Inconsistent("there is no such order")
