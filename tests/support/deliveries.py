"""Domain events as a queue hands them to its consumer."""

import json
from datetime import UTC, datetime
from typing import Any

from contracts.events.envelope import DomainEvent, Envelope

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)


def sqs_batch(*events: tuple[DomainEvent, int]) -> dict[str, Any]:
    """A batch of (event, aggregate version); the messages are named `message-0`, `message-1`, …"""
    return {
        "Records": [
            {"messageId": f"message-{n}", "body": _body(event, version)}
            for n, (event, version) in enumerate(events)
        ]
    }


def _body(event: DomainEvent, version: int) -> str:
    envelope = Envelope.wrap(
        event,
        aggregate_id="aggregate",
        aggregate_version=version,
        correlation_id="correlation",
        occurred_at=NOON,
    )
    detail = json.loads(envelope.model_dump_json(by_alias=True))
    return json.dumps({"detail-type": event.event_type(), "detail": detail})
