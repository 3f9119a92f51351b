"""Log lines of the functions, from CloudWatch Logs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.terminal import clock

PREFIX = "/aws/lambda/"
FRAME = ("START RequestId", "END RequestId", "REPORT RequestId", "INIT_START")
"""How lines begin that the runtime writes around each invocation."""
EVENT_FIELDS = ("aggregate_id", "aggregate_version", "event_id", "replay_name")


@dataclass(frozen=True)
class Line:
    """One line: when it was written, and what it says."""

    id: str
    at: datetime
    text: str

    @property
    def fields(self) -> Mapping[str, Any] | None:
        """The line's fields where it is structured."""
        try:
            found = json.loads(self.text)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def function_groups(clients: Clients, endpoints: Endpoints) -> dict[str, str]:
    """Function → its log group."""
    prefix = PREFIX + endpoints.prefix
    pages = clients.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
    names = (group["logGroupName"] for page in pages for group in page["logGroups"])
    return {name.removeprefix(prefix): name for name in names}


def read(clients: Clients, group: str, since: datetime, pattern: str = "") -> Iterator[Line]:
    """The lines of a group written since a moment, oldest first, without the runtime's frame.

    Args:
        pattern: which lines, as CloudWatch Logs filters them; all by default.
    """
    pages = clients.logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=int(since.timestamp() * 1000), filterPattern=pattern
    )
    for page in pages:
        for event in page["events"]:
            at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
            text = event["message"].rstrip()
            if text and not text.startswith(FRAME):
                # The embedded cloud gives no event id.
                yield Line(event.get("eventId") or f"{event['timestamp']} {text}", at, text)


def shown(line: Line) -> str:
    """A line for people: time, level and message first, of an event what tells it apart."""
    fields = line.fields
    if fields is None:
        return f"{clock(line.at)}  {line.text}"
    if "event_type" in fields:
        about = " ".join(f"{name}={fields[name]}" for name in EVENT_FIELDS if name in fields)
        return f"{clock(line.at)}  {fields['event_type']:<18} {fields.get('source', '')}  {about}"
    if "_aws" in fields:
        return f"{clock(line.at)}  metric {line.text}"
    said = {"level", "message", "timestamp", "service", "location"}
    rest = " ".join(f"{name}={value}" for name, value in fields.items() if name not in said)
    return f"{clock(line.at)}  {fields.get('level', ''):<7} {fields.get('message', '')} {rest}"
