"""What is done to an order from outside its saga: closing it, and looking after one that is stuck.

Closing is a command recorded by whoever asks, in one conditional transaction that also opens the
saga again with a due time. The machine is started afterwards; if that fails, the sweeper does it.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts.events.orders import AttentionRequired, OrderCancelled, OrderRejected
from functions.orders.domain import TRANSITIONS, VERSIONS, Order, OrderStatus
from functions.orders.open_sagas import due_key, open_partition
from functions.orders.store import closed, event_lines, order_event, order_key, partition
from functions.shared.outbox import outbox
from functions.shared.writes import Item, Write

CLOSING_DUE: Final = timedelta(minutes=2)
"""After this long a recorded closing is started by the sweeper if nobody else has."""


class Closer(StrEnum):
    """Who closes an order. Only a customer or operator may take back a confirmed one."""

    CUSTOMER = "CancelledByCustomer"
    OPERATOR = "CancelledByOperator"
    RECONCILER = "ExecutionFailed"
    SWEEPER = "NeverStarted"

    @property
    def status(self) -> OrderStatus:
        """The status in which the order ends."""
        people = (Closer.CUSTOMER, Closer.OPERATOR)
        return OrderStatus.CANCELLED if self in people else OrderStatus.REJECTED


class NoLongerOpen(Exception):
    """The order's saga has ended, or it was looked after meanwhile."""


class SettlementWrites:
    """Writes on orders from outside their saga.

    Args:
        table: the orders table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def close(self, order: Order, closer: Closer, at: datetime) -> list[Write]:
        """Closes the order from the status it was read in. Refused with OrderClosed."""
        to = closer.status
        if to not in TRANSITIONS[order.status]:
            raise ValueError(f"an order that is {order.status} cannot become {to}")
        condition = Attr("status").eq(str(order.status)) & Attr("shippedAt").not_exists()
        move = Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="update",
            changes={
                "status": str(to),
                "rejection": {"reason": str(closer)},
                "GSI2PK": open_partition(order.order_id),
                "GSI2SK": due_key(at + CLOSING_DUE),
            },
            condition=condition,
            refused=closed,
        )
        event = _closing_event(order, to, str(closer))
        return [move, order_event(self.table, order, event, VERSIONS[to], at)]

    def postpone(self, order: Order, until: datetime, execution: str | None = None) -> Write:
        """Looks at the order again later. Refused with NoLongerOpen.

        Args:
            execution: status of its execution to keep with it, in Step Functions' words.
        """
        changes: dict[str, Any] = {"GSI2SK": due_key(until)}
        if execution:
            changes["execution"] = execution
        return Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="update",
            changes=changes,
            condition=Attr("GSI2PK").exists() & Attr("status").eq(str(order.status)),
            refused=_not_open,
        )

    def raise_attention(
        self, order: Order, reason: str, remedy: str, at: datetime, until: datetime
    ) -> list[Write]:
        """Tells operators, once for each reason. Refused with NoLongerOpen."""
        event = AttentionRequired(
            order_id=order.order_id,
            customer_id=order.customer_id,
            reason=reason,
            remedy=remedy,
        )
        version = VERSIONS[order.status]
        told = outbox(
            self.table,
            partition(order.order_id),
            event,
            aggregate_id=f"attention-{order.order_id}-{reason}",
            aggregate_version=version,
            correlation_id=order.order_id,
            occurred_at=at,
            occasion=f"{reason}#{version}",
        )
        return [self.postpone(order, until, reason), told]

    def attention(
        self, order: Order, reason: str, subject: str, remedy: str, at: datetime
    ) -> Write:
        """Tells operators, once for each reason and subject, whether or not the saga has ended.

        Args:
            subject: the id of what the reason is about, e.g. of a refund at the provider.
        """
        event = AttentionRequired(
            order_id=order.order_id, customer_id=order.customer_id, reason=reason, remedy=remedy
        )
        return outbox(
            self.table,
            partition(order.order_id),
            event,
            aggregate_id=f"attention-{order.order_id}-{reason}-{subject}",
            aggregate_version=1,
            correlation_id=order.order_id,
            occurred_at=at,
            occasion=f"{reason}#{subject}",
        )


def _not_open(item: Item | None) -> Exception:
    return NoLongerOpen(item["PK"] if item else "absent")


def _closing_event(order: Order, to: OrderStatus, reason: str) -> OrderCancelled | OrderRejected:
    customer_id = order.customer_id
    if to is OrderStatus.REJECTED:
        return OrderRejected(order_id=order.order_id, customer_id=customer_id, reason=reason)
    lines = event_lines(order)
    return OrderCancelled(
        order_id=order.order_id, customer_id=customer_id, reason=reason, lines=lines
    )
