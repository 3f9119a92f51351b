"""Refunds of a part, over HTTP on the deployed template."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.orders_api import RefundRequest
from functions.checkout.refund_order import RefundOrder
from functions.orders.domain import OrderStatus
from functions.orders.refunds import OrderRefund, RefundState
from functions.payments.ledger import PaymentState
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER
from scripts.kit.customer import Answer, Customer, call
from scripts.kit.payments import intents
from scripts.kit.records import OrderRecord
from scripts.ops.audit import audit
from tests.e2e.conftest import Shop
from tests.e2e.orders import PATIENCE, new_key, place, placed_and_ended
from tests.e2e.test_operations import broken, redrive
from tests.e2e.test_payment_webhooks import at_provider
from tests.e2e.test_settlement import available, invoke
from tests.support.emulator import wait_until
from tests.support.fake_executions import FakeExecutions

LINE = EXAMPLE_ORDER["items"][0]
"""Two units of it are ordered."""


@pytest.fixture(scope="module")
def confirmed(shop: Shop, ada: Customer) -> Iterator[str]:
    """A confirmed order for requests that change nothing, which is proved at the end."""
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    before = shop.records.order(order_id)
    yield order_id
    assert shop.records.order(order_id) == before


def ask(
    shop: Shop, who: Customer, order_id: str, body: Any, key: str | None = "a key of its own"
) -> Answer:
    """POST a refund."""
    headers = {"Authorization": f"Bearer {who.token}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    return call(f"{shop.endpoints.api}/orders/{order_id}/refunds", "POST", body, headers)


def lines(quantity: int, **more: Any) -> dict[str, Any]:
    """The body for units of the first line."""
    return {"lines": [{**LINE, "quantity": quantity}], **more}


def record(shop: Shop, order_id: str) -> OrderRecord:
    found = shop.records.order(order_id)
    assert found is not None
    return found


def until(shop: Shop, order_id: str, holds: Callable[[OrderRefund], bool]) -> OrderRefund:
    """The order's last refund once something holds of it."""
    wait_until(
        lambda: holds(record(shop, order_id).refunds[-1]),
        lambda: shop.story(order_id),
        seconds=PATIENCE,
    )
    return record(shop, order_id).refunds[-1]


def ended(refund: OrderRefund) -> bool:
    return not refund.saga_open


def kept(shop: Shop, order_id: str) -> int:
    """What the provider has of an order's money."""
    return sum(one.captured - one.refunded for one in intents(shop.endpoints, order_id) or ())


def test_lines_are_refunded_and_restocked_and_the_cancel_takes_the_rest(
    shop: Shop, ada: Customer, linus: Customer, grace: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = available(shop)
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    total = ada.get(f"/orders/{order_id}").body["total"]["amount"]
    key = new_key()
    first = ask(shop, grace, order_id, lines(1, restock=True, reason="one too many"), key)
    assert first.status == 202, first
    assert first.body["status"] == "PENDING"
    location = first.headers["location"]
    assert location == f"/orders/{order_id}/refunds/{first.body['refundId']}"
    refund = until(shop, order_id, ended)
    assert (refund.state, refund.amount) == (RefundState.REFUNDED, first.body["amount"]["amount"])
    assert kept(shop, order_id) == total - refund.amount
    assert available(shop) == shelf - 1
    again = ask(shop, grace, order_id, lines(1, restock=True, reason="one too many"), key)
    assert (again.status, again.body) == (first.status, first.body)
    assert ask(shop, grace, order_id, lines(2), key).status == 422
    for who in (ada, grace):
        assert who.get(location).body["status"] == "REFUNDED"
        assert who.get(f"/orders/{order_id}").body["refunds"] == [who.get(location).body]
    assert linus.get(location).status == 404
    assert audit(shop.endpoints, order_id) == 0

    assert ada.post(f"/orders/{order_id}/cancel").status == 202
    wait_until(
        lambda: not record(shop, order_id).order.saga_open,
        lambda: shop.story(order_id),
        seconds=PATIENCE,
    )
    after = record(shop, order_id)
    assert after.order.status is OrderStatus.CANCELLED
    assert after.payment is not None
    assert (after.payment.state, after.payment.refunded) == (PaymentState.REFUNDED, total)
    assert (kept(shop, order_id), available(shop)) == (0, shelf)
    assert audit(shop.endpoints, order_id) == 0, capsys.readouterr().out
    assert ask(shop, grace, order_id, {"amount": 1}, new_key()).status == 409


BAD: dict[str, tuple[Any, str]] = {
    "zero": ({"amount": 0}, "/amount"),
    "negative": ({"amount": -1}, "/amount"),
    "fractional": ({"amount": 0.5}, "/amount"),
    "text": ({"amount": "5"}, "/amount"),
    "above the rest": ({"amount": 99_999_999}, "/amount"),
    "neither": ({}, "/lines"),
    "both": ({**lines(1), "amount": 5}, "/amount"),
    "no lines": ({"lines": []}, "/lines"),
    "no unit": (lines(0), "/lines/0/quantity"),
    "more than sold": (lines(3), "/lines/0/quantity"),
    "half a unit": ({"lines": [{**LINE, "quantity": 0.5}]}, "/lines/0/quantity"),
    "unknown product": (
        {"lines": [{"productId": "no-such", "variantId": "one", "quantity": 1}]},
        "/lines/0/productId",
    ),
    "unknown variant": ({"lines": [{**LINE, "variantId": "none"}]}, "/lines/0/variantId"),
    "money on the shelf": ({"amount": 5, "restock": True}, "/restock"),
    "unknown field": ({"amount": 5, "to": "me"}, "/to"),
}


@pytest.mark.parametrize("name", BAD)
def test_nonsense_names_its_field_and_changes_nothing(
    shop: Shop, grace: Customer, confirmed: str, name: str
) -> None:
    body, pointer = BAD[name]
    refused = ask(shop, grace, confirmed, body)
    assert refused.status == 422, refused
    assert pointer in [error["pointer"] for error in refused.body["errors"]]


def test_a_refund_is_for_operators_and_needs_a_key(
    shop: Shop, ada: Customer, grace: Customer, confirmed: str
) -> None:
    assert ask(shop, ada, confirmed, {"amount": 1}).status == 403
    missing = ask(shop, grace, confirmed, {"amount": 1}, None)
    assert missing.status == 400
    assert missing.body["errors"][0]["header"] == "Idempotency-Key"
    assert ask(shop, grace, confirmed, b"{").status == 400
    for order_id in (str(uuid4()), "nonsense"):
        assert ask(shop, grace, order_id, {"amount": 1}).status == 404
    assert grace.get(f"/orders/{confirmed}/refunds/{uuid4()}").status == 404


def test_what_has_shipped_or_was_rejected_is_not_refunded(
    shop: Shop, ada: Customer, grace: Customer
) -> None:
    shipped, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    assert grace.post(f"/orders/{shipped}/ship").status == 200
    declined = {**EXAMPLE_ORDER, "paymentMethodId": "pm_card_chargeDeclined"}
    rejected, _ = placed_and_ended(ada, declined)
    for order_id in (shipped, rejected):
        refused = ask(shop, grace, order_id, {"amount": 1})
        assert refused.status == 409, refused
        assert record(shop, order_id).refunds == ()


def test_pending_order_is_not_refunded(shop: Shop, ada: Customer, grace: Customer) -> None:
    faults = f"{shop.endpoints.payments}/_sandbox/faults"
    path = "/v1/payment_intents/*/confirm"
    call(faults, "POST", {"method": "POST", "path": path, "kind": "drop-before", "times": None})
    try:
        order_id = place(ada, EXAMPLE_ORDER)
        assert ask(shop, grace, order_id, {"amount": 1}).status == 409
        assert ada.post(f"/orders/{order_id}/cancel").status == 202
    finally:
        call(faults, "DELETE")


def test_refund_that_was_never_started_is_started_by_the_sweeper(shop: Shop, ada: Customer) -> None:
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    recorded = RefundOrder(
        DynamoDatabase(lambda: shop.clients.dynamodb),
        shop.endpoints.tables["orders"],
        FakeExecutions(down=True),
        lambda: utc_now() - timedelta(days=1),
    )
    request = RefundRequest.model_validate({"amount": 100})
    recorded(order_id, "key", request, "boss")
    swept = invoke(shop, "SweepOrders")
    assert swept.get("started") or swept.get("moved on"), "its saga may be over before it is noted"
    assert until(shop, order_id, ended).state is RefundState.REFUNDED


def test_refund_that_failed_is_raised_and_redriven(
    shop: Shop, ada: Customer, grace: Customer, capsys: pytest.CaptureFixture[str]
) -> None:
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    with broken(shop, "RefundOrder", "IssueRefund"):
        assert ask(shop, grace, order_id, {"amount": 100}, new_key()).status == 202
        refund = until(shop, order_id, lambda one: one.execution == "FAILED")
        told = f"AttentionRequired#RefundFAILED#{refund.refund_id}"
        assert told in record(shop, order_id).events
        assert redrive(shop, list=True) == 0
        (line,) = [x for x in capsys.readouterr().out.splitlines() if order_id in x]
        assert "RefundOrder" in line
        assert "IssueRefund" in line
    assert redrive(shop, f"refund-{refund.refund_id}") == 0
    after = until(shop, order_id, ended)
    assert (after.state, after.execution) == (RefundState.REFUNDED, None)
    assert redrive(shop, order_id) == 0
    assert audit(shop.endpoints, order_id) == 0


def test_refund_that_the_bank_sends_back_can_be_made_again(
    shop: Shop, ada: Customer, grace: Customer
) -> None:
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    total = ada.get(f"/orders/{order_id}").body["total"]["amount"]
    assert ask(shop, grace, order_id, {"amount": total}, new_key()).status == 202
    until(shop, order_id, ended)
    (intent,) = at_provider(shop, "GET", f"intents?order={order_id}")["data"]
    at_provider(shop, "POST", f"refunds/{intent['refunds'][0]['id']}/fail")
    until(shop, order_id, lambda one: one.state is RefundState.FAILED)
    assert audit(shop.endpoints, order_id) == 0
    assert ask(shop, grace, order_id, {"amount": total}, new_key()).status == 202
    deadline = time.monotonic() + PATIENCE
    while kept(shop, order_id) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert kept(shop, order_id) == 0


def test_disputed_payment_refuses_the_refund_and_operators_are_told(
    shop: Shop, ada: Customer, grace: Customer
) -> None:
    order_id, _ = placed_and_ended(ada, EXAMPLE_ORDER)
    (intent,) = at_provider(shop, "GET", f"intents?order={order_id}")["data"]
    at_provider(shop, "POST", f"intents/{intent['id']}/dispute")
    assert ask(shop, grace, order_id, lines(2, restock=True), new_key()).status == 202
    refund = until(shop, order_id, ended)
    assert (refund.state, refund.code) == (RefundState.REFUSED, "charge_disputed")
    after = record(shop, order_id)
    assert f"AttentionRequired#RefundRefused#{refund.refund_id}" in after.events
    assert after.payment is not None
    assert (after.payment.claimed, after.payment.pending) == (0, 0)
    assert audit(shop.endpoints, order_id) == 0
