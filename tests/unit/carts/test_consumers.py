"""What orders take out of carts, and what is told of carts that lie idle."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from contracts.events.customers import CustomerErased
from contracts.events.envelope import Envelope
from contracts.events.orders import EventLine, OrderConfirmed
from functions.carts import ordered
from functions.carts.abandoned import ReportAbandonedCarts
from functions.carts.domain import IdleCart, ItemId, OrderedLines
from functions.carts.ordered import take_ordered
from functions.shared.clock import to_millis
from functions.shared.deliveries import delivery
from functions.shared.writes import Key
from tests.support.deliveries import sqs_batch
from tests.support.memory import MemoryDatabase
from tests.support.memory_carts import MemoryCarts

PLACED = datetime(2026, 2, 1, 12, tzinfo=UTC)
CONFIRMED = PLACED + timedelta(seconds=4)
MUG = ItemId("mug", "blue")


def _confirmed(placed_at: datetime | None) -> str:
    line = EventLine(sku="M-B", product_id="mug", variant_id="blue", quantity=2, unit_price=5)
    event = OrderConfirmed(
        order_id="o1",
        customer_id="c1",
        lines=(line,),
        total=10,
        currency="EUR",
        placed_at=placed_at,
    )
    detail = Envelope.wrap(
        event, aggregate_id="o1", aggregate_version=3, correlation_id="o1", occurred_at=CONFIRMED
    )
    return json.dumps(
        {
            "detail-type": "OrderConfirmed",
            "detail": json.loads(detail.model_dump_json(by_alias=True)),
        }
    )


def test_an_order_takes_its_lines_as_of_its_placing() -> None:
    carts = MemoryCarts()
    take_ordered(carts, delivery(_confirmed(PLACED), OrderConfirmed))
    assert carts.ordered == [("c1", OrderedLines("o1", PLACED, {MUG: 2}))]


def test_an_event_of_before_placing_was_told_counts_from_its_confirmation() -> None:
    carts = MemoryCarts()
    take_ordered(carts, delivery(_confirmed(None), OrderConfirmed))
    assert carts.ordered[0][1].placed_at == CONFIRMED


def test_an_erased_customers_cart_is_emptied_however_often_it_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    carts = MemoryCarts()
    monkeypatch.setattr(ordered, "_carts", lambda: carts)
    for customer in ("c1", "c2"):
        carts.add(customer, MUG, 2)
    told = (CustomerErased(customer_id="c1"), 1)
    assert ordered.handler(sqs_batch(told, told), None) == {"batchItemFailures": []}
    assert (carts.read("c1").items, carts.read("c2").items) == ({}, {MUG: 2})


def _report(carts: MemoryCarts, database: MemoryDatabase) -> ReportAbandonedCarts:
    return ReportAbandonedCarts(carts, database, "orders", timedelta(days=1), lambda: CONFIRMED)


def test_an_idle_cart_is_told_of_once() -> None:
    carts, database = MemoryCarts(), MemoryDatabase()
    changed = to_millis(PLACED)
    carts.idle_carts = [IdleCart("c1", changed, {MUG: 2})]
    report = _report(carts, database)
    assert report() == 1
    assert report() == 0
    (key,) = database.tables["orders"]
    assert key == Key("CART#c1", f"EVENT#CartAbandoned#{changed}")
    detail = json.loads(database.tables["orders"][key]["detail"])
    assert detail["metadata"]["aggregateVersion"] == changed
    assert detail["data"] == {
        "customerId": "c1",
        "lines": [{"productId": "mug", "variantId": "blue", "quantity": 2}],
    }


def test_a_run_that_dies_before_forgetting_writes_the_same_item_again() -> None:
    carts, database = MemoryCarts(), MemoryDatabase()
    carts.idle_carts = [IdleCart("c1", to_millis(PLACED), {MUG: 2})]
    before = list(carts.idle_carts)
    _report(carts, database)()
    first = dict(database.tables["orders"])
    carts.idle_carts = before
    _report(carts, database)()
    assert database.tables["orders"] == first


def test_a_cart_that_has_expired_is_only_forgotten() -> None:
    carts, database = MemoryCarts(), MemoryDatabase()
    carts.idle_carts = [IdleCart("c1", to_millis(PLACED), {})]
    assert _report(carts, database)() == 0
    assert carts.idle_carts == []
    assert database.tables == {}
