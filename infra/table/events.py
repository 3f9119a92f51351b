"""From the outboxes to the bus and its consumers."""

from typing import Final

from infra.table.rows import FunctionSpec, Grant

RELAY: Final = FunctionSpec(
    "OutboxRelay",
    "functions.events.relay.handler",
    ("EVENT_BUS_NAME",),
    (Grant("bus", ("events:PutEvents",)),),
    memory=512,
)
"""Publishes what the tables' outboxes say."""

REDRIVE: Final = FunctionSpec(
    "RedriveParked",
    "functions.events.redrive_parked.handler",
    ("PARKED",),
    (),
    timeout=120,
    memory=512,
)
"""Has consumers handle what they put aside, once they can."""

EVENT_LOG: Final = FunctionSpec(
    "EventLog", "functions.events.log.handler", (), (), timeout=10, memory=256
)
"""Writes one line for every event on the bus."""
