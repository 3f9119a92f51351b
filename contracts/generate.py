"""Writes every event's JSON Schema and their AsyncAPI document:
`python -m contracts.generate [--out DIR]`.
"""

import argparse
import json
from pathlib import Path

from contracts.asyncapi import document, schema_file
from contracts.events import carts, catalog, customers, inventory, orders, payments
from contracts.events.envelope import DomainEvent, Envelope

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
    inventory.InventoryRestocked,
    catalog.ProductChanged,
    carts.CartAbandoned,
    customers.CustomerErased,
)
"""Every event that is published."""

SCHEMAS = Path(__file__).parent / "schemas"


def generate(folder: Path) -> None:
    """Writes `<EventType>.v<schema version>.json` for each event, and `asyncapi.json`."""
    folder.mkdir(parents=True, exist_ok=True)
    for event in EVENTS:
        schema = Envelope[event].model_json_schema(by_alias=True)  # type: ignore[valid-type]
        schema["title"] = event.event_type()
        schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
        (folder / schema_file(event)).write_text(
            json.dumps(schema, indent=2, sort_keys=True) + "\n"
        )
    (folder / "asyncapi.json").write_text(json.dumps(document(EVENTS), indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=SCHEMAS)
    generate(parser.parse_args().out)
