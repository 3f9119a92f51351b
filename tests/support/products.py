"""Products as events tell of them, and as a queue delivers these."""

import json
from datetime import UTC, datetime
from typing import Any

from contracts.events.catalog import PriceRange, ProductChanged
from contracts.events.envelope import Envelope

CREATED = datetime(2026, 1, 5, 9, tzinfo=UTC)


def product(product_id: str = "red-mug", **fields: Any) -> ProductChanged:
    """A product that is sold, unless the fields say otherwise."""
    told: dict[str, Any] = {
        "product_id": product_id,
        "status": "ACTIVE",
        "name": "Red Mug",
        "description": "For tea.",
        "category": "kitchen",
        "tags": ("mug",),
        "attributes": {},
        "prices": PriceRange(lowest=1000, highest=1500, currency="EUR"),
        "in_stock": True,
        "rating_tenths": 0,
        "rating_count": 0,
        "created_at": CREATED,
    }
    return ProductChanged(**(told | fields))


def delivered(event: ProductChanged, version: int) -> str:
    """The body of the message that a queue hands on."""
    envelope = Envelope.wrap(
        event,
        aggregate_id=event.product_id,
        aggregate_version=version,
        correlation_id=event.product_id,
        occurred_at=CREATED,
    )
    detail = json.loads(envelope.model_dump_json(by_alias=True))
    return json.dumps({"detail-type": "ProductChanged", "detail": detail})


def batch(*bodies: str) -> dict[str, Any]:
    """The messages as one event of a queue; their ids are their places."""
    return {"Records": [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]}


def failures(answer: dict[str, Any]) -> list[str]:
    """The messages that are to come again."""
    return [one["itemIdentifier"] for one in answer["batchItemFailures"]]
