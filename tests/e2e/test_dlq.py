"""An event that cannot be published: parked with its reason, in nobody's way, seen by people."""

from collections.abc import Iterator

import pytest

from scripts.kit.customer import Customer
from scripts.kit.parked import ParkedQueue, ParkedQueues
from scripts.ops.dlq import dlq
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, placed_and_ended
from tests.support.emulator import wait_until

Output = pytest.CaptureFixture[str]
RELAY = "OutboxRelay"
KEY = {"PK": {"S": "THING#poison"}, "SK": {"S": "EVENT#Broken"}}
RETRIED = 180.0
"""Seconds for all retries of a record, each later than the one before."""


def parked(shop: Shop) -> ParkedQueue:
    """The relay's queue of what it could not publish."""
    queues = ParkedQueues(shop.endpoints, shop.clients).all()
    return next(queue for queue in queues if queue.name == RELAY)


@pytest.fixture
def poison(shop: Shop) -> Iterator[None]:
    """An outbox item that is no event."""
    table = shop.endpoints.tables["orders"]
    shop.clients.dynamodb.put_item(TableName=table, Item={**KEY, "type": {"S": "Broken"}})
    yield
    shop.clients.dynamodb.delete_item(TableName=table, Key=KEY)
    shop.clients.sqs.purge_queue(QueueUrl=parked(shop).url)


@pytest.mark.usefixtures("poison")
def test_a_poisoned_event_is_parked_and_holds_up_no_other(
    shop: Shop, ada: Customer, capsys: Output
) -> None:
    order_id, _ = placed_and_ended(ada, body())
    wait_until(lambda: parked(shop).depth, "the poisoned event to be parked", seconds=RETRIED)
    wait_until(
        lambda: order_id in catalog(shop),
        "the order's events to be published beside it",
        seconds=EVENTS_PATIENCE,
    )
    assert parked(shop).depth == 1, "it was bisected out of its batch"
    assert dlq(shop.endpoints, "show", RELAY) == 0
    out = capsys.readouterr().out
    assert "position in the stream of commerce-local-orders" in out
    assert "1 records" in out
    assert dlq(shop.endpoints, "redrive", RELAY) == 1
    assert "not published: THING#poison EVENT#Broken (no outbox item" in capsys.readouterr().out
    assert parked(shop).depth == 1
    shop.clients.dynamodb.delete_item(TableName=shop.endpoints.tables["orders"], Key=KEY)
    assert dlq(shop.endpoints, "redrive", RELAY) == 0
    assert parked(shop).depth == 0


def catalog(shop: Shop) -> str:
    """The sort keys of the catalog: purchases name their orders."""
    pages = shop.clients.dynamodb.get_paginator("scan").paginate(
        TableName=shop.endpoints.tables["catalog"], ConsistentRead=True
    )
    return "\n".join(item["SK"]["S"] for page in pages for item in page["Items"])
