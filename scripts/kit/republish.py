"""Events published again from the tables' outboxes, where the relay could not publish them.

What the relay parks is a position in a stream, which forgets after a day. The table does not: an
event stays in it as an item. So all events of the time around the position are published again;
consumers know those that they have had.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.events.carts import CartAbandoned
from functions.events.relay import Unpublished, publish
from scripts.kit.clients import Clients

BEFORE: Final = timedelta(minutes=15)
"""How long before its record an event can have occurred: longer than any transaction is tried."""
LONG_BEFORE: Final[Mapping[str, timedelta]] = {CartAbandoned.event_type(): timedelta(days=3)}
"""Events that are told late: a cart is abandoned at its last change."""
AFTER: Final = timedelta(minutes=1)
"""Of two clocks."""

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Window:
    """When records of a stream were written."""

    first: datetime
    last: datetime

    @classmethod
    def of(cls, position: Mapping[str, Any]) -> "Window":
        """From what Lambda says of a batch of a stream that it gave up.

        Raises:
            KeyError, ValueError: it does not say it.

        Source: "Capturing discarded batches for a DynamoDB event source" of the Lambda guide.
        """
        return cls(
            datetime.fromisoformat(position["approximateArrivalOfFirstRecord"]),
            datetime.fromisoformat(position["approximateArrivalOfLastRecord"]),
        )

    def has(self, event_type: str, occurred_at: datetime) -> bool:
        """Whether an event may have been written then."""
        before = LONG_BEFORE.get(event_type, BEFORE)
        return self.first - before <= occurred_at <= self.last + AFTER


@dataclass(frozen=True)
class Step:
    """A page of a table: how many of its events were published, and what was not, and why."""

    published: int
    failures: tuple[tuple[str, str], ...]


def republish(clients: Clients, bus: str, table: str, windows: Iterable[Window]) -> Iterator[Step]:
    """Publish a table's events of these times again, page by page."""
    wanted = list(windows)
    pages = clients.dynamodb.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="begins_with(SK, :event)",
        ExpressionAttributeValues={":event": {"S": "EVENT#"}},
        ConsistentRead=True,
    )
    for page in pages:
        items = [item for item in page["Items"] if _is_wanted(item, wanted)]
        failures: list[tuple[str, str]] = []
        start = 0
        while start < len(items):
            records = [{"dynamodb": {"NewImage": item}} for item in items[start:]]
            try:
                publish(records, clients.events, bus)
                break
            except Unpublished as failure:
                failed = items[start + failure.position]
                failures.append((f"{failed['PK']['S']} {failed['SK']['S']}", failure.reason))
                start += failure.position + 1
        yield Step(len(items) - len(failures), tuple(failures))


def _is_wanted(item: Item, windows: Iterable[Window]) -> bool:
    """Whether an outbox item is of one of the times, or of none that it could tell."""
    try:
        occurred_at = datetime.fromisoformat(
            json.loads(item["detail"]["S"])["metadata"]["occurredAt"]
        )
        return any(window.has(item["type"]["S"], occurred_at) for window in windows)
    except (KeyError, ValueError, TypeError):
        return True
