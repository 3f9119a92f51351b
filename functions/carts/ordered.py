"""TakeOrdered: queue of OrderConfirmed → what was ordered leaves the cart, once for each order;
and of CustomerErased → everything leaves it.

What the customer added after placing the order stays. An event that comes again changes nothing:
the order is noted with the lines that it took from, for as long as it could take from them.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contracts.events.customers import CustomerErased
from contracts.events.orders import OrderConfirmed
from functions.carts.client import redis
from functions.carts.domain import Carts, ItemId, OrderedLines
from functions.carts.store import RedisCarts
from functions.shared.clock import utc_now
from functions.shared.deliveries import Delivery, delivery, detail_type, handle_each
from functions.shared.logs import count


def take_ordered(carts: Carts, confirmed: Delivery[OrderConfirmed]) -> None:
    """Takes an order's lines out of its customer's cart."""
    order, metadata = confirmed.detail.data, confirmed.detail.metadata
    items: dict[ItemId, int] = {}
    for line in order.lines:
        item = ItemId(line.product_id, line.variant_id)
        items[item] = items.get(item, 0) + line.quantity
    placed_at = order.placed_at or metadata.occurred_at
    if carts.take_ordered(order.customer_id, OrderedLines(order.order_id, placed_at, items)):
        count("CartsOrdered")


@cache
def _carts() -> Carts:
    return RedisCarts(redis, utc_now)


def _taken(body: str) -> None:
    if detail_type(body) == CustomerErased.event_type():
        _carts().clear(delivery(body, CustomerErased).detail.data.customer_id)
    else:
        take_ordered(_carts(), delivery(body, OrderConfirmed))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A batch of the queue."""
    return handle_each(event, _taken, "not taken from the cart")
