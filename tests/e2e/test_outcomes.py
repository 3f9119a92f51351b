"""What becomes of an order: for its customer, in the tables, at the provider, in the mail."""

import time
from dataclasses import dataclass
from typing import Any

import pytest

from functions.orders.domain import OrderStatus
from scripts.kit.customer import Answer, Customer
from scripts.kit.logs import function_groups, read
from scripts.kit.mail import mails
from scripts.kit.payments import intents
from scripts.kit.records import OrderRecord
from scripts.kit.timeline import DONE
from scripts.ops.demo import SCENARIOS, Outcome, Scenario
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, placed_and_ended
from tests.support.emulator import wait_until

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


def confirmations(shop: Shop, order_id: str) -> list[dict[str, Any]]:
    """The mails that say that an order is confirmed."""
    subject = f"Your order {order_id} is confirmed"
    return [mail for mail in mails(shop.endpoints, order_id) if mail["Subject"] == subject]


@dataclass(frozen=True)
class Played:
    """An order that has ended, what should have become of it, and what did."""

    scenario: Scenario
    ended: Answer
    record: OrderRecord

    @property
    def order_id(self) -> str:
        return self.record.order.order_id

    @property
    def confirmed(self) -> bool:
        return self.scenario.status == OrderStatus.CONFIRMED

    @property
    def name(self) -> str:
        """CONFIRMED, or the reason."""
        return self.scenario.reason or str(self.scenario.status)


def play(shop: Shop, customer: Customer, scenario: Scenario) -> Played:
    order_id, ended = placed_and_ended(customer, scenario.body)
    record = shop.records.order(order_id)
    assert record is not None
    return Played(scenario, ended, record)


@pytest.fixture(scope="module", params=SCENARIOS, ids=lambda s: s.reason or "confirmed")
def played(shop: Shop, ada: Customer, request: pytest.FixtureRequest) -> Played:
    return play(shop, ada, request.param)


@pytest.fixture(scope="module")
def confirmed(shop: Shop, ada: Customer) -> Played:
    return play(shop, ada, SCENARIOS[0])


def test_an_order_ends_as_it_should(shop: Shop, ada: Customer, played: Played) -> None:
    ordered = {line["variantId"]: line["quantity"] for line in played.scenario.body["items"]}
    outcome = Outcome(played.ended.body, played.record, intents(shop.endpoints, played.order_id))
    assert outcome.surprises(played.scenario) == [], shop.story(played.order_id)
    states = [step.state for step in shop.executions.steps(played.order_id)]
    assert states == PATHS[played.name]
    assert len(confirmations(shop, played.order_id)) == (1 if played.confirmed else 0)
    shown = ada.get(f"/orders/{played.order_id}").body
    assert shown["status"] == played.scenario.status
    assert {line["variantId"]: line["quantity"] for line in shown["items"]} == ordered
    assert shown.get("rejection", {}).get("reason") == played.scenario.reason


def test_stock_moves_by_what_was_sold_and_by_nothing_else(
    shop: Shop, ada: Customer, played: Played
) -> None:
    sold = {line.sku: line.quantity for line in played.record.order.lines}
    before = shop.records.stock(sold)
    again = play(shop, ada, played.scenario)
    after = shop.records.stock(sold)
    moved = {sku: before[sku].available - after[sku].available for sku in sold}
    expected = sold if played.confirmed else dict.fromkeys(sold, 0)
    assert moved == expected, shop.story(again.order_id)


def test_the_mail_has_the_lines_and_the_total_in_text_and_html(
    shop: Shop, confirmed: Played
) -> None:
    (mail,) = confirmations(shop, confirmed.order_id)
    assert mail["To"] == ["ada@example.com"]
    for form in (mail["BodyText"], mail["BodyHtml"]):
        assert "House Espresso Beans" in form
        assert "40.70" in form


def test_every_event_reaches_the_event_log(shop: Shop, played: Played) -> None:
    missing = set(EVENTS[played.name])
    assert set(played.record.events) == missing
    group = function_groups(shop.clients, shop.endpoints)["EventLog"]

    def logged() -> bool:
        lines = read(shop.clients, group, played.record.order.created_at)
        fields = [line.fields or {} for line in lines]
        own = [each for each in fields if each.get("correlation_id") == played.order_id]
        missing.difference_update(each["event_type"] for each in own)
        return not missing

    wait_until(logged, lambda: f"{missing} in the log", seconds=EVENTS_PATIENCE)


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


def test_the_execution_carries_the_orders_id_and_nothing_else(
    shop: Shop, confirmed: Played
) -> None:
    order_id = confirmed.order_id
    described = shop.executions.describe(order_id)
    assert described is not None
    assert described["input"] == f'{{"orderId": "{order_id}"}}'
    history = shop.clients.states.get_execution_history(executionArn=shop.executions.arn(order_id))
    assert "Lindqvist" not in str(history["events"])
    assert "ada@" not in str(history["events"])


def test_the_timeline_has_the_states_in_their_order(shop: Shop, confirmed: Played) -> None:
    timeline = confirmed.ended.body
    assert "currentState" not in timeline
    assert [step["state"] for step in timeline["steps"]] == PATHS["CONFIRMED"]
    moments = [step["completedAt"] for step in timeline["steps"]]
    assert moments == sorted(moments)
    assert all(step.outcome == DONE for step in shop.executions.steps(confirmed.order_id))
