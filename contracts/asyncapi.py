"""The AsyncAPI 3.0 document of all events. Their schemas lie beside it.

Source: AsyncAPI Specification 3.0.0, https://www.asyncapi.com/docs/reference/specification/v3.0.0.
"""

import inspect
from collections.abc import Iterable
from typing import Any, Final

from contracts.events.envelope import DomainEvent

_FORMAT: Final = "application/schema+json;version=draft-2020-12"

Document = dict[str, Any]


def schema_file(event: type[DomainEvent]) -> str:
    """The name of the file that holds an event's schema."""
    return f"{event.event_type()}.v{event.SCHEMA_VERSION}.json"


def document(events: Iterable[type[DomainEvent]]) -> Document:
    """The whole document: a channel for each source, a message for each event."""
    published = list(events)
    sources = sorted({event.SOURCE for event in published})
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Commerce events",
            "version": "1",
            "description": (
                "Domain events on an EventBridge bus. A message is the event's `detail`; its name"
                " is the `detail-type`, its channel the `source`. An event arrives at least once,"
                " in any order: `metadata.aggregateVersion` says which of two is newer,"
                " `metadata.eventId` is the same for the same event."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {source: _channel(source, published) for source in sources},
        "operations": {source: _operation(source, published) for source in sources},
        "components": {"messages": {each.event_type(): _message(each) for each in published}},
    }


def _channel(source: str, events: list[type[DomainEvent]]) -> Document:
    names = [event.event_type() for event in events if source == event.SOURCE]
    return {
        "address": source,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }


def _operation(source: str, events: list[type[DomainEvent]]) -> Document:
    channel = f"#/channels/{source}"
    names = [event.event_type() for event in events if source == event.SOURCE]
    return {
        "action": "send",
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in names],
    }


def _message(event: type[DomainEvent]) -> Document:
    told = inspect.getdoc(event) or ""
    return {
        "name": event.event_type(),
        "summary": told.partition("\n\n")[0].replace("\n", " "),
        "contentType": "application/json",
        "correlationId": {"location": "$message.payload#/metadata/correlationId"},
        "payload": {"schemaFormat": _FORMAT, "schema": {"$ref": schema_file(event)}},
    }
