"""Refunds of a part: recorded, paid and restocked once, whatever comes twice, late or never."""

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts.ids import refund_id as refund_id_of
from contracts.orders_api import RefundRequest
from functions.checkout.refund_order import RefundOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.inventory.items import stock_key
from functions.orders.domain import OrderStatus
from functions.orders.refunds import RefundState
from functions.orders.shipping import ShipOrder
from functions.orders.store import order_key
from functions.payments.gateway import GatewayAmbiguous, GatewayError, GatewayRefused, RefundStatus
from functions.payments.ledger import PaymentState, ledger_key
from functions.shared.errors import Inconsistent
from functions.shared.problems import Problem
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import INVENTORY, ORDERS, Shop
from tests.unit.checkout.refunding import (
    BOSS,
    breaches,
    confirmed,
    of_amount,
    of_lines,
    refunded_at_provider,
    run,
    run_all,
    stored,
)


def test_refund_of_an_amount(shop: Shop, refund: RefundOrder, executions: FakeExecutions) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700, reason="a scratch"), BOSS)
    assert made.refund_id == refund_id_of(order_id, "k")
    assert executions.refunded == {made.refund_id: "RUNNING"}
    assert breaches(shop, order_id) == []
    run_all(shop, made, "issue", "restock")
    ended, payment = stored(shop, made), shop.payment(order_id)
    assert (ended.state, ended.saga_open, ended.reason) == ("REFUNDED", False, "a scratch")
    assert payment is not None
    assert (payment.state, payment.refunded, payment.claimed, payment.pending) == (
        PaymentState.CAPTURED,
        700,
        700,
        0,
    )
    assert refunded_at_provider(shop, order_id) == 700
    assert shop.available("MUG") == 7
    assert shop.order(order_id).status is OrderStatus.CONFIRMED
    told = {event.partition("#")[0] for event in shop.events(order_id)}
    assert {"RefundRequested", "PaymentRefunded", "OrderRefunded"} <= told
    assert breaches(shop, order_id) == []


@pytest.mark.parametrize(("restock", "mugs"), [(True, 9), (False, 7), (None, 7)])
def test_refund_of_lines_goes_back_on_the_shelf_by_choice(
    shop: Shop, refund: RefundOrder, restock: bool | None, mugs: int
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_lines(("mug", 2), restock=restock), BOSS)
    assert made.amount == 2000
    run_all(shop, made, "issue", "restock")
    assert shop.available("MUG") == mugs
    told = {event.partition("#")[0] for event in shop.events(order_id)}
    assert ("InventoryRestocked" in told) is bool(restock)
    assert breaches(shop, order_id) == []


def test_one_of_the_lines_goes_back_on_the_shelf(shop: Shop, refund: RefundOrder) -> None:
    order_id = confirmed(shop)
    lines = [
        {"productId": "mug", "variantId": "one", "quantity": 1, "restock": False},
        {"productId": "mug", "variantId": "one", "quantity": 1},
        {"productId": "lamp", "variantId": "one", "quantity": 2},
    ]
    request = RefundRequest.model_validate({"lines": lines, "restock": True})
    made = refund(order_id, "k", request, BOSS)
    assert made.amount == 4000
    run_all(shop, made, "issue", "restock")
    assert (shop.available("MUG"), shop.available("LAMP")) == (8, 2)
    assert breaches(shop, order_id) == []


def test_same_key_is_the_same_refund(shop: Shop, refund: RefundOrder) -> None:
    order_id = confirmed(shop)
    first = refund(order_id, "k", of_amount(700), BOSS)
    run_all(shop, first, "issue", "restock")
    again = refund(order_id, "k", of_amount(700), BOSS)
    assert again.refund_id == first.refund_id
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", of_amount(701), BOSS)
    assert refused.value.status == 422
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.claimed == 700


def test_refunds_together_never_exceed_what_was_captured(shop: Shop, refund: RefundOrder) -> None:
    order_id = confirmed(shop)
    refund(order_id, "a", of_amount(3000), BOSS)
    made = refund(order_id, "b", of_lines(("mug", 1), ("lamp", 1)), BOSS)
    for request in (of_amount(1), of_lines(("mug", 1))):
        with pytest.raises(Problem) as refused:
            refund(order_id, "c", request, BOSS)
        assert refused.value.status == 422
    run_all(shop, made, "issue", "restock")
    assert refunded_at_provider(shop, order_id) == 2000
    assert breaches(shop, order_id) == []


def test_a_claim_that_comes_between_reading_and_recording_is_seen(
    shop: Shop, refund: RefundOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = confirmed(shop)
    read, twins = shop.database.read, iter([True])

    def read_while_a_twin_is_faster(keys: Any) -> Any:
        found = read(keys)
        if next(twins, False):
            refund(order_id, "twin", of_amount(4500), BOSS)
        return found

    monkeypatch.setattr(shop.database, "read", read_while_a_twin_is_faster)
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", of_amount(600), BOSS)
    assert refused.value.errors == [
        {"detail": "Only 500 minor units of EUR are left.", "pointer": "/amount"}
    ]


BAD: dict[str, tuple[RefundRequest, str]] = {
    "above the rest": (of_amount(5001), "/amount"),
    "neither": (RefundRequest(), "/lines"),
    "both": (of_lines(("mug", 1), amount=5), "/amount"),
    "an amount on the shelf": (of_amount(5, restock=True), "/restock"),
    "unknown product": (of_lines(("tent", 1)), "/lines/0/productId"),
    "unknown variant": (
        RefundRequest.model_validate(
            {"lines": [{"productId": "mug", "variantId": "two", "quantity": 1}]}
        ),
        "/lines/0/variantId",
    ),
    "more than sold": (of_lines(("lamp", 1), ("mug", 4)), "/lines/1/quantity"),
    "more than sold, in two lines": (of_lines(("mug", 2), ("mug", 2)), "/lines/1/quantity"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_refunded_names_the_field_and_changes_nothing(
    shop: Shop, refund: RefundOrder, executions: FakeExecutions, name: str
) -> None:
    order_id = confirmed(shop)
    before = copy.deepcopy(shop.database.tables)
    request, pointer = BAD[name]
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", request, BOSS)
    assert refused.value.status == 422
    assert refused.value.errors[0]["pointer"] == pointer
    assert shop.database.tables == before
    assert executions.refunded == {}


@pytest.mark.parametrize("order_id", ["nonsense", "00000000-0000-4000-8000-00000000ffff"])
def test_refund_of_an_unknown_order(shop: Shop, refund: RefundOrder, order_id: str) -> None:
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", of_amount(1), BOSS)
    assert refused.value.status == 404


@pytest.mark.parametrize("status", ["PENDING", "CONFIRMING", "REJECTED", "CANCELLED", "shipped"])
def test_refund_of_an_order_that_is_not_to_be_refunded(
    shop: Shop, refund: RefundOrder, status: str
) -> None:
    order_id = confirmed(shop)
    if status == "shipped":
        ShipOrder(shop.database, ORDERS, shop.now)(order_id)
    else:
        shop.database.tables[ORDERS][order_key(order_id)]["status"] = status
    before = copy.deepcopy(shop.database.tables)
    with pytest.raises(Problem) as refused:
        refund(order_id, "k", of_amount(1), BOSS)
    assert refused.value.status == 409
    assert shop.database.tables == before


@pytest.mark.parametrize("body", [{"amount": 0}, {"amount": -1}, {"amount": 1.5}, {"amount": "1"}])
def test_amounts_are_whole_and_positive(body: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="amount"):
        RefundRequest.model_validate(body)


def test_start_that_failed_is_made_up_for_by_the_sweeper(
    shop: Shop, refund: RefundOrder, sweep: SweepOrders, executions: FakeExecutions
) -> None:
    order_id = confirmed(shop)
    executions.down = True
    made = refund(order_id, "k", of_amount(1), BOSS)
    assert executions.refunded == {}
    executions.down = False
    assert sweep() == {}
    shop.time += timedelta(days=2)
    assert sweep() == {"started": 1}
    assert executions.refunded == {made.refund_id: "RUNNING"}
    assert sweep() == {}
    shop.time += timedelta(minutes=6)
    assert sweep() == {"running": 1}
    run_all(shop, made, "issue", "restock")
    shop.time += timedelta(minutes=6)
    assert sweep() == {}


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_execution_that_failed_is_raised_once(
    shop: Shop, refund: RefundOrder, settle: SettleRefund, executions: FakeExecutions, status: str
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(1), BOSS)
    executions.refunded[made.refund_id] = status
    assert settle(order_id, made.refund_id) == "raised"
    assert stored(shop, made).execution == status
    assert f"AttentionRequired#Refund{status}#{made.refund_id}" in shop.events(order_id)
    run_all(shop, made, "issue", "restock")  # a redrive
    assert stored(shop, made).execution is None
    assert settle(order_id, made.refund_id) == "ended"


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answer_is_settled_by_the_retry(shop: Shop, refund: RefundOrder, when: Any) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700), BOSS)
    shop.gateway.fail("refund", when)
    with pytest.raises(GatewayAmbiguous):
        run(shop, "issue", made)
    assert breaches(shop, order_id) == []
    run_all(shop, made, "issue", "issue", "restock", "restock", "issue")
    assert refunded_at_provider(shop, order_id) == 700
    assert breaches(shop, order_id) == []


def test_late_twin_does_not_refund_again(
    shop: Shop, refund: RefundOrder, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700), BOSS)
    listed, twins = shop.gateway.list_refunds, iter([True])

    def list_while_a_twin_is_faster(intent_id: str) -> Any:
        before = list(listed(intent_id))
        if next(twins, False):
            run(shop, "issue", made)
        return before

    monkeypatch.setattr(shop.gateway, "list_refunds", list_while_a_twin_is_faster)
    run(shop, "issue", made)
    assert refunded_at_provider(shop, order_id) == 700
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.refunded, payment.pending) == (700, 0)


def test_failure_that_the_provider_keeps_is_passed_by_the_next_key(
    shop: Shop, refund: RefundOrder
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700), BOSS)
    shop.gateway.refusals["refund"] = GatewayAmbiguous("server_error", answered=True)
    with pytest.raises(GatewayAmbiguous):
        run(shop, "issue", made)
    run_all(shop, made, "issue", "restock")
    assert refunded_at_provider(shop, order_id) == 700


@pytest.mark.parametrize("code", ["charge_disputed", "charge_already_refunded"])
def test_definite_refusal_gives_the_claim_up_and_tells_operators(
    shop: Shop, refund: RefundOrder, code: str
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_lines(("mug", 2), restock=True), BOSS)
    shop.gateway.refusals["refund"] = GatewayRefused(code)
    run_all(shop, made, "issue", "restock")
    after = stored(shop, made)
    assert (after.state, after.code, after.saga_open) == (RefundState.REFUSED, code, False)
    assert shop.available("MUG") == 7
    assert f"AttentionRequired#RefundRefused#{made.refund_id}" in shop.events(order_id)
    assert breaches(shop, order_id) == []
    again = refund(order_id, "again", of_lines(("mug", 3), ("lamp", 2)), BOSS)
    run_all(shop, again, "issue", "restock")
    assert refunded_at_provider(shop, order_id) == 5000
    assert breaches(shop, order_id) == []


@pytest.mark.parametrize("code", ["idempotency_error", "resource_missing"])
def test_refusal_that_decides_nothing_is_a_technical_error(
    shop: Shop, refund: RefundOrder, code: str
) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700), BOSS)
    shop.gateway.refusals["refund"] = GatewayRefused(code)
    with pytest.raises(GatewayError):
        run(shop, "issue", made)
    assert stored(shop, made).state is RefundState.PENDING
    run_all(shop, made, "issue", "restock")
    assert refunded_at_provider(shop, order_id) == 700


def test_refund_that_the_bank_sent_back_at_once_is_refused(shop: Shop, refund: RefundOrder) -> None:
    order_id = confirmed(shop)
    made = refund(order_id, "k", of_amount(700), BOSS)
    shop.gateway.fail("refund", "after")
    with pytest.raises(GatewayAmbiguous):
        run(shop, "issue", made)
    (there,) = shop.gateway.refunds[f"pi_{order_id}"]
    shop.gateway.refunds[f"pi_{order_id}"] = [replace(there, status=RefundStatus.FAILED)]
    run_all(shop, made, "issue", "restock")
    assert stored(shop, made).state is RefundState.REFUSED
    assert breaches(shop, order_id) == []


def test_restocking_before_paying_is_inconsistent(shop: Shop, refund: RefundOrder) -> None:
    made = refund(confirmed(shop), "k", of_lines(("mug", 1), restock=True), BOSS)
    with pytest.raises(Inconsistent):
        run(shop, "restock", made)
    assert shop.available("MUG") == 7


def test_a_shelf_that_lost_its_item_is_said_and_nothing_is_ended(
    shop: Shop, refund: RefundOrder
) -> None:
    made = refund(confirmed(shop), "k", of_lines(("mug", 1), restock=True), BOSS)
    run(shop, "issue", made)
    shop.database.tables[INVENTORY].pop(stock_key("MUG", 0))
    with pytest.raises(Inconsistent):
        run(shop, "restock", made)
    assert stored(shop, made).saga_open


def test_the_audit_sees_a_ledger_that_is_not_the_sum_of_its_refunds(
    shop: Shop, refund: RefundOrder
) -> None:
    order_id = confirmed(shop)
    run_all(shop, refund(order_id, "k", of_lines(("mug", 1)), BOSS), "issue", "restock")
    shop.database.tables[ORDERS][ledger_key(order_id)]["claimed"] = 5
    shop.database.tables[ORDERS][order_key(order_id)]["returned#mug/one"] = 4
    words = " ".join(breach.words for breach in breaches(shop, order_id))
    assert "claimed and pending are (5, 0), the refunds are 0 pending and 1000 paid" in words
    assert "more was returned than sold" in words
