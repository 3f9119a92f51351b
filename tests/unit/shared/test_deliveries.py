"""Messages of a queue: failures are handed back alone, and say nothing of what they hold."""

import json
from datetime import UTC, datetime

import pytest

from contracts.events.envelope import Envelope
from contracts.events.orders import OrderCancelled, OrderShipped
from functions.shared.deliveries import Malformed, delivery, handle_each

SHIPPED = OrderShipped(order_id="order-1", customer_id="customer-1")


def body(**changes: object) -> str:
    """A message of the queue: OrderShipped, with some of its fields changed."""
    detail = Envelope.wrap(
        SHIPPED,
        aggregate_id="order-1",
        aggregate_version=4,
        correlation_id="order-1",
        occurred_at=datetime(2026, 2, 1, tzinfo=UTC),
    )
    event = {
        "detail-type": "OrderShipped",
        "detail": json.loads(detail.model_dump_json(by_alias=True)),
    }
    return json.dumps(event | changes)


def test_one_failure_is_handed_back_alone() -> None:
    handled: list[str] = []

    def handle(body: str) -> None:
        if body == "bad":
            raise ValueError
        handled.append(body)

    records = [{"messageId": str(i), "body": body} for i, body in enumerate(["a", "bad", "c"])]
    answer = handle_each({"Records": records}, handle, "not handled")
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert handled == ["a", "c"]


def test_an_event_is_read_with_its_metadata() -> None:
    found = delivery(body(**{"replay-name": "repair"}), OrderShipped)
    assert found.detail.data == SHIPPED
    assert found.detail.metadata.aggregate_version == 4
    assert found.replay_name == "repair"


def test_another_event_is_refused() -> None:
    with pytest.raises(Malformed, match="OrderPlaced where OrderShipped"):
        delivery(body(**{"detail-type": "OrderPlaced"}), OrderShipped)


def test_what_is_malformed_is_named_by_field_not_by_value() -> None:
    with pytest.raises(Malformed) as error:
        delivery(body(), OrderCancelled)
    assert "reason" in str(error.value)
    assert "customer-1" not in str(error.value)
    assert error.value.__suppress_context__
