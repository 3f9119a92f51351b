"""Writes the JSON Schemas of events and of the tasks' payload, and the events' AsyncAPI document:
`python -m contracts.generate [--out DIR]`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from contracts.asyncapi import document, schema_file
from contracts.events import carts, catalog, customers, inventory, orders, payments
from contracts.events.envelope import DomainEvent, Envelope
from contracts.tasks import TaskInput

EVENTS: tuple[type[DomainEvent], ...] = (
    orders.OrderPlaced,
    orders.OrderConfirmed,
    orders.OrderRejected,
    orders.OrderCancelled,
    orders.RefundRequested,
    orders.OrderRefunded,
    orders.OrderShipped,
    orders.AttentionRequired,
    payments.PaymentAuthorized,
    payments.PaymentVoided,
    payments.PaymentRefunded,
    inventory.InventoryReserved,
    inventory.InventoryReleased,
    inventory.StockReceived,
    inventory.AvailabilityChanged,
    inventory.StockRanLow,
    inventory.InventoryRestocked,
    catalog.ProductChanged,
    carts.CartAbandoned,
    customers.CustomerErased,
)
"""Every event that is published."""

TASKS = "TaskInput.v1.json"
"""What every task of the state machines takes."""

SCHEMAS = Path(__file__).parent / "schemas"


def generate(folder: Path) -> None:
    """Writes `<EventType>.v<schema version>.json` for each event, `TASKS`, and `asyncapi.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for event in EVENTS:
        schema = Envelope[event].model_json_schema(by_alias=True)  # type: ignore[valid-type]  # made at run time
        _write(folder / schema_file(event), schema, event.event_type())
    _write(folder / TASKS, TaskInput.model_json_schema(by_alias=True), TaskInput.__name__)
    (folder / "asyncapi.json").write_text(json.dumps(document(EVENTS), indent=2) + "\n")


def _write(file: Path, schema: dict[str, Any], title: str) -> None:
    schema |= {"title": title, "$schema": "https://json-schema.org/draft/2020-12/schema"}
    file.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=SCHEMAS)
    generate(parser.parse_args().out)
