"""How an order is settled from outside its saga: cancel, ship, reconciler, sweeper, expiry."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.inventory.domain import Portion, ReservationState
from functions.inventory.store import InventoryWrites
from functions.orders.domain import Order, OrderLine, OrderStatus
from functions.orders.store import OrderWrites
from functions.payments.ledger import PaymentState
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER
from scripts.kit.customer import Customer, call
from scripts.kit.payments import intents
from scripts.kit.records import OrderRecord
from tests.e2e.conftest import Shop
from tests.e2e.orders import PATIENCE, body, place, placed_and_ended

SKU = "HEB-250G"


@pytest.fixture
def unreachable_confirm(shop: Shop) -> Iterator[None]:
    """The provider's connections break whenever a card is to be confirmed."""
    faults = f"{shop.endpoints.payments}/_sandbox/faults"
    broken = {"method": "POST", "path": "/v1/payment_intents/*/confirm", "kind": "drop-before"}
    call(faults, "POST", {**broken, "times": None})
    yield
    call(faults, "DELETE")


def database(shop: Shop) -> DynamoDatabase:
    return DynamoDatabase(lambda: shop.clients.dynamodb)


def eventually(shop: Shop, order_id: str, holds: Callable[[OrderRecord], bool]) -> OrderRecord:
    """The order's record once something holds of it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        record = shop.records.order(order_id)
        if record is not None and holds(record):
            return record
        assert time.monotonic() < deadline, shop.story(order_id)
        time.sleep(0.2)


def ended(record: OrderRecord) -> bool:
    return not record.order.saga_open


def available(shop: Shop) -> int:
    return shop.records.stock([SKU])[SKU].available


def invoke(shop: Shop, function: str) -> Any:
    """Runs what a schedule runs."""
    answer = shop.clients.functions.invoke(FunctionName=f"commerce-local-{function}:live")
    outcome = json.loads(answer["Payload"].read())
    assert not answer.get("FunctionError"), outcome
    return outcome


def stored_order(shop: Shop, customer: Customer, age: timedelta) -> Order:
    """An order that was accepted some time ago, and whose start failed."""
    confirmed, _ = placed_and_ended(customer, EXAMPLE_ORDER)
    record = shop.records.order(confirmed)
    assert record is not None
    line = OrderLine("house-espresso-beans", "250g", SKU, "Beans", 1, 1290)
    order = Order(
        order_id=str(uuid4()),
        customer_id=record.order.customer_id,
        status=OrderStatus.PENDING,
        lines=(line,),
        address=record.order.address,
        payment_method="pm_card_visa",
        total=1290,
        currency="EUR",
        fingerprint="f",
        created_at=utc_now() - age,
        steps={},
        saga_open=True,
    )
    database(shop).transact(OrderWrites(shop.endpoints.tables["orders"]).place(order))
    return order


def test_customer_cancels_a_confirmed_order_and_gets_everything_back(
    shop: Shop, ada: Customer, linus: Customer, grace: Customer
) -> None:
    before = available(shop)
    order_id, _ = placed_and_ended(ada, body())
    assert linus.post(f"/orders/{order_id}/cancel").status == 404
    first, again = (ada.post(f"/orders/{order_id}/cancel") for _ in range(2))
    assert (first.status, again.status) == (202, 202), first
    record = eventually(shop, order_id, ended)
    assert record.order.status is OrderStatus.CANCELLED
    assert record.payment is not None
    assert record.payment.state is PaymentState.REFUNDED
    assert [i.captured - i.refunded for i in intents(shop.endpoints, order_id) or []] == [0]
    assert available(shop) == before
    assert grace.post(f"/orders/{order_id}/ship").status == 409
    told = eventually(shop, order_id, lambda seen: len(seen.mails) > 1)
    mails = sorted(template.partition("#")[0] for template in told.mails)
    assert mails == ["OrderCancelled", "order-confirmation"]


def test_shipped_order_is_not_cancelled(shop: Shop, ada: Customer, grace: Customer) -> None:
    order_id, _ = placed_and_ended(ada, body())
    assert ada.post(f"/orders/{order_id}/ship").status == 403
    shipped = grace.post(f"/orders/{order_id}/ship")
    assert shipped.status == 200
    assert grace.post(f"/orders/{order_id}/ship").body == shipped.body
    assert ada.post(f"/orders/{order_id}/cancel").status == 409
    assert ada.get(f"/orders/{order_id}").body["status"] == "CONFIRMED"


@pytest.mark.parametrize("verb", ["cancel", "ship"])
def test_order_that_does_not_exist(grace: Customer, verb: str) -> None:
    for order_id in (str(uuid4()), "nonsense"):
        assert grace.post(f"/orders/{order_id}/{verb}").status == 404


def test_stopped_execution_is_closed_and_compensated(
    shop: Shop, ada: Customer, unreachable_confirm: None
) -> None:
    before = available(shop)
    order_id = place(ada, body())
    eventually(shop, order_id, lambda record: record.payment is not None)
    shop.clients.states.stop_execution(executionArn=shop.executions.arn(order_id), error="Operator")
    record = eventually(shop, order_id, ended)
    assert record.order.status is OrderStatus.REJECTED
    assert record.order.rejection is not None
    assert record.order.rejection.reason == "ExecutionFailed"
    assert record.payment is not None
    assert record.payment.state is PaymentState.VOIDED
    assert available(shop) == before


def test_customer_cancels_while_the_payment_hangs(
    shop: Shop, ada: Customer, unreachable_confirm: None
) -> None:
    order_id = place(ada, body())
    eventually(shop, order_id, lambda record: record.payment is not None)
    assert ada.post(f"/orders/{order_id}/cancel").status == 202
    record = eventually(shop, order_id, ended)
    assert record.order.status is OrderStatus.CANCELLED
    assert record.payment is not None
    assert record.payment.state is PaymentState.VOIDED


def test_sweeper_starts_what_was_accepted_and_never_started(shop: Shop, ada: Customer) -> None:
    order = stored_order(shop, ada, timedelta(minutes=20))
    swept = invoke(shop, "SweepOrders")
    assert swept.get("started") or swept.get("moved on"), "its saga may be over before it is noted"
    record = eventually(shop, order.order_id, ended)
    assert record.order.status is OrderStatus.CONFIRMED
    assert invoke(shop, "SweepOrders").get("started") is None


def test_sweeper_rejects_what_is_past_its_deadline(shop: Shop, ada: Customer) -> None:
    order = stored_order(shop, ada, timedelta(hours=2))
    assert invoke(shop, "SweepOrders").get("closed") == 1
    record = eventually(shop, order.order_id, ended)
    assert record.order.status is OrderStatus.REJECTED
    assert shop.executions.describe(order.order_id) is None


def test_expired_hold_is_given_back_once(shop: Shop, ada: Customer) -> None:
    order = stored_order(shop, ada, timedelta())
    before = available(shop)
    at = utc_now() - timedelta(hours=1)
    inventory = InventoryWrites(shop.endpoints.tables["inventory"])
    reservation, rest = inventory.hold(
        order.order_id, [Portion(SKU, 0, 1)], at, at + timedelta(minutes=30)
    )
    database(shop).transact([reservation, *rest])
    assert available(shop) == before - 1
    assert [invoke(shop, "ExpireReservations")["released"] for _ in range(2)] == [1, 0]
    assert available(shop) == before
    record = shop.records.order(order.order_id)
    assert record is not None
    assert record.reservation is not None
    assert record.reservation.state is ReservationState.RELEASED
