"""Both ends of an event's way: outbox item → stream record → PutEvents → queue → consumer."""

import importlib
import json
import pkgutil
from datetime import UTC, datetime
from typing import Any

import pytest

import contracts.events
from contracts.events.carts import CartAbandoned, CartLine
from contracts.events.catalog import PriceRange, ProductChanged
from contracts.events.customers import CustomerErased
from contracts.events.envelope import DomainEvent
from contracts.events.inventory import (
    AvailabilityChanged,
    InventoryReleased,
    InventoryReserved,
    InventoryRestocked,
    StockLine,
    StockRanLow,
    StockReceived,
)
from contracts.events.orders import (
    AttentionRequired,
    EventLine,
    OrderCancelled,
    OrderConfirmed,
    OrderPlaced,
    OrderRefunded,
    OrderRejected,
    OrderShipped,
    RefundedLine,
    RefundRequested,
)
from contracts.events.payments import PaymentAuthorized, PaymentRefunded, PaymentVoided
from contracts.generate import EVENTS as PUBLISHED
from contracts.ids import event_id
from functions.events.log import Delivery
from functions.events.relay import to_entry
from functions.shared.dynamodb import to_attributes
from functions.shared.outbox import outbox
from tests.support.event_fixtures import sqs_event, stream_event

NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
_LINES = (EventLine(sku="M-R", product_id="m", variant_id="r", quantity=2, unit_price=5),)
_REFUNDED = (RefundedLine(sku="M-R", product_id="m", variant_id="r", quantity=1, restocked=True),)
_STOCK = (StockLine(sku="M-R", quantity=2),)
PRODUCT_CHANGED = ProductChanged(
    product_id="mug",
    status="ACTIVE",
    name="Mug",
    description="Holds tea.",
    category="kitchen",
    brand="Kamin",
    tags=("tea", "enamel"),
    attributes={"color": ("Blue", "Red")},
    prices=PriceRange(lowest=1250, highest=1350, currency="EUR"),
    in_stock=True,
    rating_tenths=43,
    rating_count=12,
    created_at=NOON,
)
EVENTS: tuple[DomainEvent, ...] = (
    OrderPlaced(order_id="o", customer_id="c", lines=_LINES, total=10, currency="EUR"),
    OrderConfirmed(order_id="o", customer_id="c", lines=_LINES, total=10, currency="EUR"),
    OrderRejected(order_id="o", customer_id="c", reason="OutOfStock"),
    OrderCancelled(order_id="o", customer_id="c", reason="CancelledByCustomer", lines=_LINES),
    RefundRequested(order_id="o", customer_id="c", refund_id="r", amount=5, currency="EUR"),
    OrderRefunded(
        order_id="o", customer_id="c", refund_id="r", amount=5, currency="EUR", lines=_REFUNDED
    ),
    OrderShipped(order_id="o", customer_id="c"),
    AttentionRequired(order_id="o", customer_id="c", reason="FAILED", remedy="redrive"),
    InventoryReserved(order_id="o", lines=_STOCK),
    InventoryReleased(order_id="o", lines=_STOCK),
    InventoryRestocked(order_id="o", refund_id="r", lines=_STOCK),
    StockReceived(receipt_id="r", sku="M-R", quantity=2),
    AvailabilityChanged(sku="M-R", in_stock=False),
    StockRanLow(sku="M-R", available=10),
    PaymentAuthorized(order_id="o", amount=10, currency="EUR"),
    PaymentVoided(order_id="o", amount=10, currency="EUR"),
    PaymentRefunded(order_id="o", amount=10, currency="EUR"),
    PRODUCT_CHANGED,
    CustomerErased(customer_id="c"),
    CartAbandoned(customer_id="c", lines=(CartLine(product_id="m", variant_id="r", quantity=2),)),
)


def _concrete(base: type[DomainEvent]) -> set[type[DomainEvent]]:
    below = base.__subclasses__()
    return set().union(*map(_concrete, below)) if below else {base}


def test_no_event_is_forgotten_here() -> None:
    for module in pkgutil.iter_modules(contracts.events.__path__, "contracts.events."):
        importlib.import_module(module.name)
    assert _concrete(DomainEvent) == set(map(type, EVENTS)) == set(PUBLISHED)


def _stream_record(event: DomainEvent) -> dict[str, Any]:
    """The record of AWS's form for the item that the outbox writes."""
    write = outbox(
        "orders",
        "ORDER#o-1",
        event,
        aggregate_id="o-1",
        aggregate_version=3,
        correlation_id="o-1",
        occurred_at=NOON,
    )
    record: dict[str, Any] = stream_event()["Records"][0]
    keys = to_attributes(write.key._asdict())
    record["dynamodb"] |= {"Keys": keys, "NewImage": keys | to_attributes(dict(write.item))}
    return record


def _delivered(entry: Any) -> str:
    """The message that EventBridge puts into a queue for an entry."""
    message = json.loads(sqs_event()["Records"][0]["body"])
    message |= {
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "detail": json.loads(entry["Detail"]),
    }
    return json.dumps(message)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.event_type())
def test_an_event_arrives_as_it_was_written(event: DomainEvent) -> None:
    entry = to_entry(_stream_record(event), "commerce-test")
    assert entry["EventBusName"] == "commerce-test"
    assert entry["Source"] == event.SOURCE
    assert entry["DetailType"] == event.event_type()
    message = _delivered(entry)
    line = Delivery.model_validate_json(message).line()
    assert line["event_id"] == event_id(event.event_type(), "o-1", 3)
    assert line["aggregate_version"] == 3
    assert line["occurred_at"] == "2026-02-01T12:00:00Z"
    data = json.loads(message)["detail"]["data"]
    assert type(event).model_validate(data) == event


def test_the_record_of_aws_is_an_entry() -> None:
    entry = to_entry(stream_event()["Records"][0], "commerce-dev")
    assert set(entry) == {"EventBusName", "Source", "DetailType", "Detail"}
    assert json.loads(entry["Detail"])["metadata"]["eventType"] == entry["DetailType"]
