"""What becomes of an order: for its customer, in the tables, at the provider, in the mail."""

import time
from typing import Any

import pytest

from functions.orders.domain import OrderStatus
from scripts.kit.customer import Customer, call
from scripts.kit.logs import function_groups, read
from scripts.kit.payments import intents
from scripts.kit.timeline import DONE
from scripts.ops.demo import SCENARIOS, Outcome, Scenario
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, PATIENCE, body, place, placed_and_ended

PATHS = {
    "CONFIRMED": ["ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation"],
    "PaymentDeclined": [
        *("ChargePayment", "RejectOrder", "ReleaseInventory", "RefundPayment", "OrderRejected"),
    ],
    "OutOfStock": [
        *("ChargePayment", "ReserveInventory"),
        *("RejectOrder", "ReleaseInventory", "RefundPayment", "OrderRejected"),
    ],
}
EVENTS = {
    "CONFIRMED": {"OrderPlaced", "PaymentAuthorized", "InventoryReserved", "OrderConfirmed"},
    "PaymentDeclined": {"OrderPlaced", "OrderRejected", "PaymentVoided"},
    "OutOfStock": {"OrderPlaced", "PaymentAuthorized", "OrderRejected", "PaymentVoided"},
}


def mails(shop: Shop, order_id: str) -> list[dict[str, Any]]:
    """The confirmations of an order."""
    answer = call(f"{shop.endpoints.mail}")
    everything = [mail for account in answer.body["messages"].values() for mail in account]
    return [mail for mail in everything if mail["Subject"] == f"Your order {order_id} is confirmed"]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.reason or "confirmed")
def test_an_order_ends_as_it_should(shop: Shop, ada: Customer, scenario: Scenario) -> None:
    ordered = {line["variantId"]: line["quantity"] for line in scenario.body["items"]}
    order_id, ended = placed_and_ended(ada, scenario.body)
    record = shop.records.order(order_id)
    assert record is not None
    outcome = Outcome(ended.body, record, intents(shop.endpoints, order_id))
    assert outcome.surprises(scenario) == [], shop.story(order_id)
    name = scenario.reason or str(scenario.status)
    assert [step.state for step in shop.executions.steps(order_id)] == PATHS[name]
    assert len(mails(shop, order_id)) == (1 if scenario.status == OrderStatus.CONFIRMED else 0)
    shown = ada.get(f"/orders/{order_id}").body
    assert shown["status"] == scenario.status
    assert {line["variantId"]: line["quantity"] for line in shown["items"]} == ordered
    assert shown.get("rejection", {}).get("reason") == scenario.reason


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.reason or "confirmed")
def test_stock_moves_by_what_was_sold_and_by_nothing_else(
    shop: Shop, ada: Customer, scenario: Scenario
) -> None:
    order_id, _ = placed_and_ended(ada, scenario.body)
    record = shop.records.order(order_id)
    assert record is not None
    sold = {line.sku: line.quantity for line in record.order.lines}
    after = shop.records.stock(sold)
    again, _ = placed_and_ended(ada, scenario.body)
    last = shop.records.stock(sold)
    moved = {sku: after[sku].available - last[sku].available for sku in sold}
    confirmed = scenario.status == OrderStatus.CONFIRMED
    assert moved == (sold if confirmed else dict.fromkeys(sold, 0)), shop.story(again)


def test_the_mail_has_the_lines_and_the_total_in_text_and_html(shop: Shop, ada: Customer) -> None:
    order_id, _ = placed_and_ended(ada, body())
    (mail,) = mails(shop, order_id)
    assert mail["To"] == ["ada@example.com"]
    for form in (mail["BodyText"], mail["BodyHtml"]):
        assert "House Espresso Beans" in form
        assert "40.70" in form


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda s: s.reason or "confirmed")
def test_every_event_reaches_the_event_log(shop: Shop, ada: Customer, scenario: Scenario) -> None:
    order_id, _ = placed_and_ended(ada, scenario.body)
    record = shop.records.order(order_id)
    assert record is not None
    expected = EVENTS[scenario.reason or str(scenario.status)]
    assert set(record.events) == expected
    group = function_groups(shop.clients, shop.executions.machine)["EventLog"]
    deadline = time.monotonic() + EVENTS_PATIENCE
    logged: set[str] = set()
    while not expected <= logged:
        assert time.monotonic() < deadline, f"{expected - logged} never came"
        lines = (line.fields or {} for line in read(shop.clients, group, record.order.created_at))
        logged = {
            fields["event_type"] for fields in lines if fields.get("correlation_id") == order_id
        }
        time.sleep(0.2)


def test_the_archive_keeps_every_event(shop: Shop, ada: Customer) -> None:
    archive = shop.clients.events.describe_archive(ArchiveName=shop.endpoints.archive)
    assert archive["State"] == "ENABLED"
    before = archive["EventCount"]
    placed_and_ended(ada, body())
    deadline = time.monotonic() + EVENTS_PATIENCE
    while shop.clients.events.describe_archive(ArchiveName=shop.endpoints.archive)[
        "EventCount"
    ] < before + len(EVENTS["CONFIRMED"]):
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_the_execution_carries_the_orders_id_and_nothing_else(shop: Shop, ada: Customer) -> None:
    order_id = place(ada, body())
    ada.watch(order_id, PATIENCE)
    described = shop.executions.describe(order_id)
    assert described is not None
    assert described["input"] == f'{{"orderId": "{order_id}"}}'
    history = shop.clients.states.get_execution_history(executionArn=shop.executions.arn(order_id))
    assert "Lindqvist" not in str(history["events"])
    assert "ada@" not in str(history["events"])


def test_the_timeline_has_the_states_in_their_order(shop: Shop, ada: Customer) -> None:
    order_id, ended = placed_and_ended(ada, body())
    assert "currentState" not in ended.body
    assert [step["state"] for step in ended.body["steps"]] == PATHS["CONFIRMED"]
    moments = [step["completedAt"] for step in ended.body["steps"]]
    assert moments == sorted(moments)
    assert all(step.outcome == DONE for step in shop.executions.steps(order_id))
