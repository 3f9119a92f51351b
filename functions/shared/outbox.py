"""The outbox: an event is an item, written in the transaction of the change that it tells of.

The table's stream carries it to the relay. The sort key is the event's type, because a saga
reaches each state once: a transaction that comes twice writes the same item again, which is no
insert and so is not published again.
"""

from datetime import datetime

from contracts.events.envelope import DomainEvent, Envelope
from functions.shared.writes import Key, Write


def outbox(
    table: str,
    partition: str,
    event: DomainEvent,
    *,
    aggregate_id: str,
    aggregate_version: int,
    correlation_id: str,
    occurred_at: datetime,
    occasion: str = "",
) -> Write:
    """The write that publishes `event` if its transaction succeeds.

    `occasion` tells events of one type apart where an aggregate can have several.
    """
    envelope = Envelope.wrap(
        event,
        aggregate_id=aggregate_id,
        aggregate_version=aggregate_version,
        correlation_id=correlation_id,
        occurred_at=occurred_at,
    )
    return Write(
        table=table,
        key=Key(partition, f"EVENT#{event.event_type()}{occasion and f'#{occasion}'}"),
        kind="put",
        item={
            "type": event.event_type(),
            "source": event.SOURCE,
            "detail": envelope.model_dump_json(by_alias=True),
        },
    )
