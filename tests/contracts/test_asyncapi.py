"""The AsyncAPI document names every event, where it is published, and its schema."""

import json
from typing import Any

import pytest

from contracts.asyncapi import document
from contracts.events.envelope import DomainEvent
from contracts.generate import EVENTS, SCHEMAS

DOCUMENT = document(EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_event_is_a_message_of_its_source(event: type[DomainEvent]) -> None:
    name = event.event_type()
    message = DOCUMENT["components"]["messages"][name]
    assert message["summary"].endswith(".")
    schema = json.loads((SCHEMAS / message["payload"]["schema"]["$ref"]).read_text())
    assert schema["title"] == name
    holding = [s for s, channel in DOCUMENT["channels"].items() if name in channel["messages"]]
    assert holding == [event.SOURCE]


def test_references_within_the_document_lead_somewhere() -> None:
    references = [
        *(m["$ref"] for c in DOCUMENT["channels"].values() for m in c["messages"].values()),
        *(o["channel"]["$ref"] for o in DOCUMENT["operations"].values()),
        *(m["$ref"] for o in DOCUMENT["operations"].values() for m in o["messages"]),
    ]
    assert len(references) == 2 * len(EVENTS) + len(DOCUMENT["channels"])
    for reference in references:
        target: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


def test_the_committed_document_is_this_one() -> None:
    assert json.loads((SCHEMAS / "asyncapi.json").read_text()) == DOCUMENT
