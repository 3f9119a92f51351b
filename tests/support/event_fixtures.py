"""Lambda events as AWS delivers them, and as variations of them.

The fixtures have the shapes of the Lambda guide ("Process DynamoDB records with Lambda", "Using
Lambda with Amazon SQS") and of the EventBridge guide ("AWS service event structure").
"""

import copy
import json
from pathlib import Path
from typing import Any

_FIXTURES = Path(__file__).parent.parent / "contracts" / "fixtures"


def stream_event() -> dict[str, Any]:
    """One inserted outbox item, from a table's stream."""
    return _load("dynamodb_stream.json")


def sqs_event() -> dict[str, Any]:
    """The same event twice, from EventBridge through a queue: as published, and replayed."""
    return _load("eventbridge_sqs.json")


def http_event(route_key: str, path: str, headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A request of an HTTP API, payload format 2.0, without a token."""
    method = route_key.split()[0]
    return {
        "version": "2.0",
        "routeKey": route_key,
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers or {},
        "requestContext": {
            "http": {"method": method, "path": path},
            "requestId": "request-1",
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def record(
    sequence_number: str, event_type: str = "OrderPlaced", detail: str = "{}"
) -> dict[str, Any]:
    """A record of a table's stream: an inserted outbox item."""
    inserted: dict[str, Any] = copy.deepcopy(stream_event()["Records"][0])
    inserted["dynamodb"]["SequenceNumber"] = sequence_number
    inserted["dynamodb"]["NewImage"] |= {"type": {"S": event_type}, "detail": {"S": detail}}
    return inserted


def _load(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((_FIXTURES / name).read_text())
    return event
