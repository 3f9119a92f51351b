"""Refunds that no task has made, or that fail later: into the ledger, and to operators."""

import copy
import json

import pytest

from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout.invariants import Account, Charge, order_breaches
from functions.checkout.payment_events import BeingCompensated, NotePaymentEvent
from functions.checkout.refund_order import RefundOrder
from functions.notifications.claims import EmailState
from functions.orders.domain import OrderStatus
from functions.orders.refunds import RefundState, read_refunds
from functions.orders.store import partition
from functions.payments.gateway import GatewayAmbiguous, RefundStatus
from functions.payments.ledger import PaymentState
from functions.shared.writes import Key
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import ORDERS, Shop
from tests.unit.checkout.payment_noting import (
    TOTAL,
    attention,
    cancelled,
    confirmed,
    event,
    fail_refund,
    refund_outside,
    refund_part,
)
from tests.unit.checkout.refunding import cancel


def test_refund_made_outside(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    refund_outside(shop, order_id, 500)
    assert note(event(order_id, "refund.created")) == "noted"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.captured, payment.outside) == ("CAPTURED", TOTAL, 500)
    assert attention(shop, order_id) == {"RefundedOutside#re_out"}
    assert shop.order(order_id).status is OrderStatus.CONFIRMED
    assert not shop.order(order_id).saga_open, "the sweeper is not to look at it again"


def test_what_operators_are_told(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    refund_outside(shop, order_id, 500)
    note(event(order_id, "refund.created"))
    key = Key(partition(order_id), "EVENT#AttentionRequired#RefundedOutside#re_out")
    item = shop.database.tables[ORDERS][key]
    assert (item["type"], item["source"]) == ("AttentionRequired", "commerce.orders")
    data = json.loads(item["detail"])["data"]
    assert (data["orderId"], data["reason"]) == (order_id, "RefundedOutside")
    assert "dashboard" in data["remedy"]


def test_refund_of_the_platform_is_no_news(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = cancelled(shop)
    before = copy.deepcopy(shop.database.tables)
    for kind in ("refund.created", "charge.refunded", "refund.updated"):
        assert note(event(order_id, kind)) == "nothing new"
    assert shop.database.tables == before


def test_refund_that_is_told_of_before_its_task_has_recorded_it(
    shop: Shop, note: NotePaymentEvent
) -> None:
    order_id = cancelled(shop, settled=False)
    shop.gateway.refund_intent(f"pi_{order_id}", TOTAL, idempotency_key="1", reference=order_id)
    assert note(event(order_id, "refund.created")) == "nothing new"
    shop.run_all(order_id, "release", "refund")
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == ("REFUNDED", TOTAL)
    assert len(shop.gateway.refunds[f"pi_{order_id}"]) == 1
    assert attention(shop, order_id) == set()


@pytest.mark.parametrize("status", [RefundStatus.FAILED, RefundStatus.CANCELED])
def test_refund_that_failed_after_it_was_recorded(
    shop: Shop, note: NotePaymentEvent, status: RefundStatus
) -> None:
    order_id = cancelled(shop)
    refund_id = fail_refund(shop, order_id, status)
    assert note(event(order_id, "refund.failed")) == "noted"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == (PaymentState.REFUND_FAILED, 0)
    assert attention(shop, order_id) == {f"RefundFailed#{refund_id}"}


def test_failed_refund_that_an_operator_made_good(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = cancelled(shop)
    refund_id = fail_refund(shop, order_id)
    note(event(order_id, "refund.failed"))
    refund_outside(shop, order_id, TOTAL)
    assert note(event(order_id, "refund.created")) == "noted"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, TOTAL)
    assert attention(shop, order_id) == {f"RefundFailed#{refund_id}"}, "nothing to do any more"


def test_refund_task_that_comes_late_pays_a_failed_refund_again(
    shop: Shop, note: NotePaymentEvent
) -> None:
    order_id = cancelled(shop)
    fail_refund(shop, order_id)
    note(event(order_id, "refund.failed"))
    shop.run("refund", order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, TOTAL)
    living = [r for r in shop.gateway.refunds[f"pi_{order_id}"] if r.status.living]
    assert sum(refund.amount for refund in living) == TOTAL


def test_refund_that_fails_while_a_task_is_at_it_waits(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = cancelled(shop, settled=False)
    shop.gateway.refund_intent(f"pi_{order_id}", TOTAL, idempotency_key="1", reference=order_id)
    fail_refund(shop, order_id)
    before = copy.deepcopy(shop.database.tables)
    with pytest.raises(BeingCompensated):
        note(event(order_id, "refund.failed"))
    assert shop.database.tables == before
    shop.run_all(order_id, "release", "refund")
    assert note(event(order_id, "refund.failed")) == "nothing new"
    assert attention(shop, order_id) == set()


def test_refund_of_a_part_is_no_news(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    refund_part(shop, order_id, 500)
    before = copy.deepcopy(shop.database.tables)
    assert note(event(order_id, "refund.created")) == "nothing new"
    assert shop.database.tables == before


def test_refund_of_a_part_that_is_not_noted_as_paid_yet_is_its_tasks_business(
    shop: Shop, note: NotePaymentEvent
) -> None:
    order_id = confirmed(shop)
    recorded = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    request = RefundRequest.model_validate({"amount": 500})
    refund_id = recorded(order_id, "key", request, "boss").refund_id
    cancel(shop, order_id)
    shop.gateway.fail("refund", "after")
    about = TaskInput(orderId=order_id, refundId=refund_id)
    with pytest.raises(GatewayAmbiguous):
        shop.task("issue")(about)
    shop.run_all(order_id, "release", "refund")
    assert note(event(order_id, "refund.created")) == "nothing new"
    shop.task("issue")(about)
    shop.task("restock")(about)
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, TOTAL)
    assert note(event(order_id, "refund.created")) == "nothing new"


@pytest.mark.parametrize("closed", [False, True])
def test_refund_of_a_part_that_the_bank_sends_back_frees_its_claim(
    shop: Shop, note: NotePaymentEvent, closed: bool
) -> None:
    order_id = confirmed(shop)
    refund_id = refund_part(shop, order_id, 500)
    sent_back = fail_refund(shop, order_id)
    if closed:
        cancel(shop, order_id)
        shop.run_all(order_id, "release", "refund")
    assert [note(event(order_id, "refund.failed")) for _ in range(2)] == ["noted", "nothing new"]
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.claimed, payment.pending) == (0, 0)
    assert payment.refunded == (TOTAL - 500 if closed else 0)
    assert payment.state is (PaymentState.REFUND_FAILED if closed else PaymentState.CAPTURED)
    (refund,) = read_refunds(shop.database, ORDERS, shop.order(order_id))
    assert (refund.refund_id, refund.state) == (refund_id, RefundState.FAILED)
    assert attention(shop, order_id) == {f"RefundFailed#{sent_back}"}


def test_the_audit_knows_of_what_was_noted(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    refund_outside(shop, order_id, 500)
    charge = Charge(f"pi_{order_id}", "succeeded", 0, TOTAL, 500)

    def audited() -> list[str]:
        order, payment = shop.order(order_id), shop.payment(order_id)
        held = shop.reservation(order_id)
        account = Account(order, payment, held, (charge,), EmailState.SENT)
        return [breach.words for breach in order_breaches(account)]

    assert any("captured - refunded is 1500" in words for words in audited())
    note(event(order_id, "refund.created"))
    assert audited() == []
