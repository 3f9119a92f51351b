"""Orders without the person that they were for (docs/personal-data.md).

What a customer has bought and paid stays; where it was sent, and what operators wrote of it, goes.
The subject of the user pool stays with the order: it names nobody once the pool has forgotten it.
"""

from collections.abc import Sequence
from datetime import datetime

from boto3.dynamodb.conditions import Attr, ConditionBase

from contracts.events.customers import CustomerErased
from functions.orders.domain import CLOSED, Order, OrderStatus
from functions.orders.refunds import OrderRefund, refund_key
from functions.orders.store import order_key
from functions.shared.clock import to_millis
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from
from functions.shared.writes import Item, Write


class StillNeeded(Exception):
    """The order's address is needed: its saga is open, or its goods have not left."""


def needed_for(order: Order, refunds: Sequence[OrderRefund]) -> str | None:
    """What an order, or one of its refunds, still has to come to; None: it is done with."""
    if order.saga_open:
        return f"it is {order.status.public}, and its saga has not ended"
    if any(refund.saga_open for refund in refunds):
        return "a refund of it has not ended"
    if order.status is OrderStatus.CONFIRMED and order.shipped_at is None:
        return "it has not been shipped"
    return None


def done_with() -> ConditionBase:
    """The same of an order's item alone: it was closed or shipped, and its saga has ended."""
    ended = Attr("GSI2PK").not_exists()
    return ended & (moved_from("status", *sorted(CLOSED)) | Attr("shippedAt").exists())


def erase_order(table: str, order_id: str) -> Write:
    """Takes the address from an order that is done with, and the fingerprint, by which an address
    could be guessed and recognised. Refused with StillNeeded.
    """
    return Write(
        table=table,
        key=order_key(order_id),
        kind="update",
        removals=("address", "fingerprint"),
        condition=done_with(),
        refused=_needed,
    )


def erase_refund(table: str, refund: OrderRefund) -> Write:
    """Takes an operator's words from a refund that has ended. Refused with StillNeeded."""
    return Write(
        table=table,
        key=refund_key(refund.order_id, refund.refund_id),
        kind="update",
        removals=("reason", "fingerprint"),
        condition=Attr("state").exists() & Attr("GSI2PK").not_exists(),
        refused=_needed,
    )


def customer_partition(customer_id: str) -> str:
    """The partition that holds when a customer was erased."""
    return f"CUSTOMER#{customer_id}"


def customer_erased(table: str, customer_id: str, at: datetime) -> Write:
    """Tells the services that keep something of the customer outside the tables."""
    return outbox(
        table,
        customer_partition(customer_id),
        CustomerErased(customer_id=customer_id),
        aggregate_id=customer_id,
        aggregate_version=to_millis(at),
        correlation_id=customer_id,
        occurred_at=at,
        occasion=str(to_millis(at)),
    )


def _needed(item: Item | None) -> Exception:
    return StillNeeded(item["PK"].removeprefix("ORDER#") if item else "an absent order")
