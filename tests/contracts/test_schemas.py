"""The committed schemas are those of the models, and what is published matches them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest

from contracts.events.inventory import LOW_STOCK
from contracts.generate import EVENTS, SCHEMAS, generate
from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.carts.abandoned import ReportAbandonedCarts
from functions.carts.domain import IdleCart, ItemId
from functions.checkout.refund_order import RefundOrder
from functions.inventory.availability import WatchStock
from functions.inventory.receipts import ReceiveStock
from functions.inventory.stock import Stock
from functions.orders.erasure import customer_erased
from functions.orders.settlement import Closer, SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import OrderWrites
from scripts.dev.seed_catalog import product_writes, products
from tests.support.fake_executions import FakeExecutions
from tests.support.memory_carts import MemoryCarts
from tests.support.shop import CATALOG, INVENTORY, ORDERS, Shop, new_order


def test_committed_schemas_are_up_to_date(tmp_path: Path) -> None:
    generate(tmp_path)
    fresh = {path.name: path.read_text() for path in tmp_path.iterdir()}
    committed = {path.name: path.read_text() for path in SCHEMAS.glob("*.json")}
    assert committed == fresh, "run `make generate`"


def published(shop: Shop) -> list[dict[str, Any]]:
    items = [
        item
        for table in shop.database.tables.values()
        for key, item in table.items()
        if key.SK.startswith("EVENT#")
    ]
    return [{**item, "detail": json.loads(item["detail"])} for item in items]


@pytest.fixture
def shop() -> Shop:
    """A shop in which every event of the saga has been published."""
    shop = Shop()
    shop.stock("MUG", 10)
    confirmed, rejected, refunded = (shop.place(("MUG", 1)) for _ in range(3))
    shop.run_all(confirmed, "charge", "reserve", "confirm", "send")
    shop.run_all(rejected, "charge", "reserve", "reject", "release", "refund")
    shop.run_all(refunded, "charge", "reject")
    shop.gateway.capture_intent(f"pi_{refunded}", idempotency_key="from outside")
    shop.run("refund", refunded)
    cancelled, stuck = shop.order(shop.place(("MUG", 1))), shop.order(shop.place(("MUG", 1)))
    writes, at = SettlementWrites(ORDERS), shop.now()
    shop.database.transact(writes.close(cancelled, Closer.CUSTOMER, at))
    shop.database.transact(ShipOrder(shop.database, ORDERS, shop.now).writes(shop.order(confirmed)))
    shop.database.transact(writes.raise_attention(stuck, "FAILED", "look", at, at))
    shop.database.transact(product_writes(CATALOG, products()[0]))
    refund_a_mug(shop)
    stock = Stock(shop.database, INVENTORY)
    shop.sell("LAMP")
    ReceiveStock(shop.database, stock, CATALOG, shop.now)("LAMP", LOW_STOCK + 1, "key")
    watch = WatchStock(shop.database, stock, shop.now)
    watch("LAMP")
    shop.run_all(shop.place(("LAMP", 1)), "charge", "reserve")
    watch("LAMP")
    carts = MemoryCarts()
    carts.idle_carts = [IdleCart("customer", 1, {ItemId("mug", "blue"): 2})]
    ReportAbandonedCarts(carts, shop.database, ORDERS, timedelta(days=1), shop.now)()
    shop.database.write(customer_erased(ORDERS, "customer-1", shop.now()))
    return shop


def refund_a_mug(shop: Shop) -> None:
    order_id = str(UUID(int=1))
    shop.database.transact(OrderWrites(ORDERS).place(new_order(order_id, shop.now(), ("MUG", 2))))
    shop.run_all(order_id, "charge", "reserve", "confirm", "send")
    lines = [{"productId": "mug", "variantId": "one", "quantity": 1}]
    request = RefundRequest.model_validate({"lines": lines, "restock": True})
    refund = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    made = refund(order_id, "key", request, "boss")
    for task in ("issue", "restock"):
        shop.task(task)(TaskInput(orderId=order_id, refundId=made.refund_id))


def test_every_event_matches_its_committed_schema(shop: Shop) -> None:
    seen = set()
    for item in published(shop):
        path = SCHEMAS / f"{item['type']}.v{item['detail']['metadata']['schemaVersion']}.json"
        jsonschema.validate(item["detail"], json.loads(path.read_text()))
        assert item["source"].startswith("commerce.")
        seen.add(item["type"])
    assert seen == {event.event_type() for event in EVENTS}


def test_event_ids_are_unique_and_derived(shop: Shop) -> None:
    ids = [item["detail"]["metadata"]["eventId"] for item in published(shop)]
    assert len(set(ids)) == len(ids)


def test_versions_of_an_aggregate_grow_in_the_order_of_its_events(shop: Shop) -> None:
    by_aggregate: dict[str, list[tuple[datetime, int]]] = {}
    for item in published(shop):
        metadata = item["detail"]["metadata"]
        occurred = datetime.fromisoformat(metadata["occurredAt"])
        assert occurred.tzinfo == UTC
        entry = (occurred, metadata["aggregateVersion"])
        by_aggregate.setdefault(metadata["aggregateId"], []).append(entry)
    for history in by_aggregate.values():
        versions = [version for _, version in sorted(history)]
        assert versions == sorted(set(versions))


def test_events_carry_no_personal_data(shop: Shop) -> None:
    order = next(key for key in shop.database.tables[ORDERS] if key.SK == "METADATA")
    address = shop.database.tables[ORDERS][order]["address"]
    for item in published(shop):
        text = json.dumps(item["detail"])
        assert not [value for value in address.values() if len(value) > 2 and value in text]
        assert "pm_" not in text
