"""The order's item, and the writes by which an order is placed, moved, and stamped."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from contracts.errors import OrderClosed
from contracts.events.envelope import DomainEvent
from contracts.events.orders import EventLine, OrderConfirmed, OrderPlaced, OrderRejected
from contracts.ids import is_order_id
from functions.orders.domain import (
    CLOSED,
    TRANSITIONS,
    VERSIONS,
    Order,
    OrderLine,
    OrderStatus,
    Rejection,
    Variant,
)
from functions.orders.open_sagas import due_key, open_partition
from functions.shared.clock import from_millis, to_millis
from functions.shared.errors import Inconsistent
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent

SAGA_DUE: Final = timedelta(minutes=2)
"""After this long an open saga is looked after by the sweeper."""
RETURNED: Final = "returned#"
REFUND: Final = "refund#"
"""What begins the names of attributes that come with refunds: one a variant, one a refund."""
_LINE_FIELDS: Final = ("p", "v", "s", "n", "q", "u")


class OrderExists(Exception):
    """The order had been placed before. `order` is what is stored."""

    def __init__(self, order: Order) -> None:
        super().__init__(f"order {order.order_id} exists")
        self.order = order


def partition(order_id: str) -> str:
    """The partition of everything about an order."""
    return f"ORDER#{order_id}"


def order_key(order_id: str) -> Key:
    """The key of the order's item."""
    return Key(partition(order_id), "METADATA")


def to_item(order: Order) -> Item:
    """The order as it is stored. Short names: each KB of an item is paid at every write."""
    created = to_millis(order.created_at)
    return {
        "customerId": order.customer_id,
        "status": str(order.status),
        "lines": [
            dict(
                zip(
                    _LINE_FIELDS,
                    (x.product_id, x.variant_id, x.sku, x.name, x.quantity, x.unit_price),
                    strict=True,
                )
            )
            for x in order.lines
        ],
        "address": dict(order.address) if order.address else None,
        "paymentMethod": order.payment_method,
        "total": order.total,
        "currency": order.currency,
        "fingerprint": order.fingerprint,
        "createdAt": created,
        "steps": {state: to_millis(at) for state, at in order.steps.items()},
        "GSI1PK": f"USER#{order.customer_id}",
        "GSI1SK": f"ORDER#{created:014d}#{order.order_id}",
        "GSI2PK": open_partition(order.order_id),
        "GSI2SK": due_key(order.created_at + SAGA_DUE),
    }


def from_item(item: Item) -> Order:
    """The stored order."""
    rejection = item.get("rejection")
    return Order(
        order_id=item["PK"].removeprefix("ORDER#"),
        customer_id=item["customerId"],
        status=OrderStatus(item["status"]),
        lines=tuple(OrderLine(*(line[name] for name in _LINE_FIELDS)) for line in item["lines"]),
        address=item.get("address"),
        payment_method=item["paymentMethod"],
        total=item["total"],
        currency=item["currency"],
        fingerprint=item.get("fingerprint", ""),
        created_at=from_millis(item["createdAt"]),
        steps={state: from_millis(at) for state, at in item["steps"].items()},
        saga_open="GSI2PK" in item,
        rejection=Rejection(**rejection) if rejection else None,
        execution=item.get("execution"),
        shipped_at=from_millis(item["shippedAt"]) if "shippedAt" in item else None,
        returned={
            variant_of(name): units for name, units in item.items() if name.startswith(RETURNED)
        },
        refund_ids=tuple(
            sorted(name.removeprefix(REFUND) for name in item if name.startswith(REFUND))
        ),
    )


def returned_attribute(variant: Variant) -> str:
    """The attribute that counts the returned units of a variant."""
    return f"{RETURNED}{variant.product_id}/{variant.variant_id}"


def variant_of(attribute: str) -> Variant:
    """The reverse of `returned_attribute`."""
    product_id, _, variant_id = attribute.removeprefix(RETURNED).partition("/")
    return Variant(product_id, variant_id)


class Reads(Protocol):
    """What reading an order needs of a database (`functions.shared.dynamodb.Database`)."""

    def read(self, keys: Mapping[str, Sequence[Key]]) -> dict[str, dict[Key, Item]]:
        """The items that exist."""


def read_order(database: Reads, table: str, order_id: str) -> Order | None:
    """The order as it is now, by an id from outside; None if there is none."""
    if not is_order_id(order_id):
        return None
    key = order_key(order_id)
    item = database.read({table: [key]})[table].get(key)
    return from_item(item) if item else None


class OrderWrites:
    """What may be done to orders, as writes for a transaction.

    Args:
        table: the orders table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def place(self, order: Order) -> list[Write]:
        """Stores a new order. Refused with OrderExists."""
        placed = OrderPlaced(
            order_id=order.order_id,
            customer_id=order.customer_id,
            lines=event_lines(order),
            total=order.total,
            currency=order.currency,
        )
        put = Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="put",
            item=to_item(order),
            condition=absent(),
            refused=_exists,
        )
        return [put, self._event(order, placed, OrderStatus.PENDING, order.created_at)]

    def require(self, order_id: str, *allowed: OrderStatus) -> Write:
        """Asserts the order's status. Refused with OrderClosed."""
        return Write(
            table=self.table,
            key=order_key(order_id),
            kind="check",
            condition=moved_from("status", *allowed),
            refused=closed,
        )

    def stamp(self, order_id: str, state: str, at: datetime, *allowed: OrderStatus) -> Write:
        """Notes a state of the saga as done.

        Refused with OrderClosed, or Inconsistent where only a closed order is allowed.
        """
        return Write(
            table=self.table,
            key=order_key(order_id),
            kind="update",
            changes={f"steps.{state}": to_millis(at)},
            condition=moved_from("status", *allowed),
            refused=_still_open if CLOSED.issuperset(allowed) else closed,
        )

    def end(self, order_id: str, state: str, at: datetime, *allowed: OrderStatus) -> Write:
        """Notes the last state as done: the saga has ended.

        Refused with OrderClosed, or Inconsistent where only a closed order is allowed.
        """
        stamped = self.stamp(order_id, state, at, *allowed)
        return replace(stamped, removals=("GSI2PK", "GSI2SK", "execution"))

    def lock(self, order: Order) -> Write:
        """Takes the order for confirmation: from here cancel and expiry are refused."""
        return self._move(order.order_id, OrderStatus.CONFIRMING)

    def confirm(self, order: Order, at: datetime) -> list[Write]:
        """The order is confirmed. Refused with OrderClosed."""
        confirmed = OrderConfirmed(
            order_id=order.order_id,
            customer_id=order.customer_id,
            lines=event_lines(order),
            total=order.total,
            currency=order.currency,
            placed_at=order.created_at,
        )
        changes = {"steps.ConfirmOrder": to_millis(at)}
        move = self._move(order.order_id, OrderStatus.CONFIRMED, changes)
        return [move, self._event(order, confirmed, OrderStatus.CONFIRMED, at)]

    def reject(
        self, order: Order, rejection: Rejection, at: datetime, *, since: OrderStatus
    ) -> list[Write]:
        """The order is rejected from the status it was read in. Refused with OrderClosed."""
        rejected = OrderRejected(
            order_id=order.order_id, customer_id=order.customer_id, reason=rejection.reason
        )
        why = {"reason": rejection.reason}
        if rejection.detail:
            why["detail"] = rejection.detail
        changes = {"steps.RejectOrder": to_millis(at), "rejection": why}
        move = self._move(order.order_id, OrderStatus.REJECTED, changes, since=since)
        return [move, self._event(order, rejected, OrderStatus.REJECTED, at)]

    def _move(
        self,
        order_id: str,
        to: OrderStatus,
        changes: Mapping[str, Any] | None = None,
        *,
        since: OrderStatus | None = None,
    ) -> Write:
        """Moves the order along the table, from wherever it allows or from one such status."""
        allowed = sources(TRANSITIONS, to)
        assert since is None or since in allowed  # noqa: S101 - the one table
        return Write(
            table=self.table,
            key=order_key(order_id),
            kind="update",
            changes={"status": str(to), **(changes or {})},
            condition=moved_from("status", *((since,) if since else allowed)),
            refused=closed,
        )

    def _event(self, order: Order, event: DomainEvent, reached: OrderStatus, at: datetime) -> Write:
        return order_event(self.table, order, event, VERSIONS[reached], at)


def order_event(table: str, order: Order, event: DomainEvent, version: int, at: datetime) -> Write:
    """Tells what has become of the order, which its version puts in order."""
    return outbox(
        table,
        partition(order.order_id),
        event,
        aggregate_id=order.order_id,
        aggregate_version=version,
        correlation_id=order.order_id,
        occurred_at=at,
    )


def closed(item: Item | None) -> Exception:
    """What a refused condition on the status means to a forward step."""
    if item is None:
        return Inconsistent("there is no such order")
    order = from_item(item)
    return OrderClosed(f"order {order.order_id} is {order.status}")


def _still_open(item: Item | None) -> Exception:
    status = item["status"] if item else "absent"
    return Inconsistent(f"an order to be compensated is {status}")


def _exists(item: Item | None) -> Exception:
    assert item is not None  # noqa: S101 - refused because it exists
    return OrderExists(from_item(item))


def event_lines(order: Order) -> tuple[EventLine, ...]:
    """The order's lines as its events tell them."""
    return tuple(
        EventLine(
            sku=line.sku,
            product_id=line.product_id,
            variant_id=line.variant_id,
            quantity=line.quantity,
            unit_price=line.unit_price,
        )
        for line in order.lines
    )
