"""What the provider tells of and no task saw: into the ledger, and to operators, once."""

import copy
import itertools
import json
import random
from typing import Any

import pytest

from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout import payment_events
from functions.checkout.invariants import Account, Charge, order_breaches
from functions.checkout.payment_events import BeingCompensated, NotePaymentEvent
from functions.checkout.refund_order import RefundOrder
from functions.notifications.claims import EmailState
from functions.orders.domain import OrderStatus
from functions.orders.refunds import RefundState, read_refunds
from functions.orders.settlement import SettlementWrites
from functions.orders.store import order_key, partition
from functions.payments.gateway import (
    Dispute,
    GatewayAmbiguous,
    IntentStatus,
    PaymentIntent,
    Refund,
    RefundStatus,
)
from functions.payments.ledger import LedgerWrites, PaymentState
from functions.payments.provider_events import HANDLED, ProviderEvent
from functions.shared.writes import Key
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import ORDERS, Shop

TOTAL = 2000
_numbers = itertools.count()


@pytest.fixture
def note(shop: Shop) -> NotePaymentEvent:
    ledger, settlements = LedgerWrites(ORDERS), SettlementWrites(ORDERS)
    return NotePaymentEvent(shop.database, settlements, ledger, shop.gateway, shop.now)


def placed(shop: Shop, *tasks: str) -> str:
    """An order of 20.00 after these tasks, under an id as customers have it."""
    order_id = f"00000000-0000-4000-8000-{next(_numbers):012d}"
    table = shop.database.tables.setdefault(ORDERS, {})
    table[order_key(order_id)] = table.pop(order_key(shop.place(("MUG", 2))))
    shop.run_all(order_id, *tasks)
    return order_id


def confirmed(shop: Shop) -> str:
    return placed(shop, "charge", "reserve", "confirm", "send")


def cancelled(shop: Shop, *, settled: bool = True) -> str:
    """A confirmed order that was cancelled; its refund recorded or still under way."""
    order_id = confirmed(shop)
    item = shop.database.tables[ORDERS][order_key(order_id)]
    item |= {"status": str(OrderStatus.CANCELLED), "GSI2PK": "OPEN#00", "GSI2SK": "0"}
    if settled:
        shop.run_all(order_id, "release", "refund")
    return order_id


def event(order_id: str, kind: str = "refund.updated", object_id: str = "dp_1") -> ProviderEvent:
    about = {"id": object_id, "payment_intent": f"pi_{order_id}"}
    return ProviderEvent.model_validate({"id": "evt_1", "type": kind, "data": {"object": about}})


def refund_outside(shop: Shop, order_id: str, amount: int, refund_id: str = "re_out") -> None:
    """What somebody did in the provider's dashboard."""
    refund = Refund(refund_id, RefundStatus.SUCCEEDED, amount)
    shop.gateway.refunds.setdefault(f"pi_{order_id}", []).insert(0, refund)


def fail_refund(shop: Shop, order_id: str, status: RefundStatus = RefundStatus.FAILED) -> str:
    """What the customer's bank does to the newest refund, days later."""
    refunds = shop.gateway.refunds[f"pi_{order_id}"]
    refunds[0] = Refund(refunds[0].id, status, refunds[0].amount, refunds[0].reference)
    return refunds[0].id


def attention(shop: Shop, order_id: str) -> set[str]:
    told = {e for e in shop.events(order_id) if e.startswith("AttentionRequired#")}
    return {each.removeprefix("AttentionRequired#") for each in told}


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


@pytest.mark.parametrize("kind", sorted(k for k in HANDLED if "dispute" in k))
def test_dispute(shop: Shop, note: NotePaymentEvent, kind: str) -> None:
    order_id = confirmed(shop)
    assert note(event(order_id, kind)) == "noted"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.dispute) == ("CAPTURED", "dp_1")
    assert attention(shop, order_id) == {"PaymentDisputed#dp_1"}


def test_dispute_of_a_closed_order_is_told_as_well(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = cancelled(shop)
    assert note(event(order_id, "charge.dispute.created")) == "noted"
    assert attention(shop, order_id) == {"PaymentDisputed#dp_1"}


def test_events_come_twice_and_in_any_order(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    refund_outside(shop, order_id, 300, "re_a")
    refund_outside(shop, order_id, 200, "re_b")
    fail_refund(shop, order_id)
    kinds = ["refund.created", "refund.updated", "refund.failed", "charge.dispute.created"] * 3
    random.Random(4).shuffle(kinds)
    noted = [note(event(order_id, kind)) for kind in kinds]
    assert noted.count("noted") <= 2, "once the refunds, once the dispute"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.outside, payment.dispute) == (300, "dp_1")
    told = {"RefundedOutside#re_a", "RefundFailed#re_b", "PaymentDisputed#dp_1"}
    assert attention(shop, order_id) == told


def test_ledger_that_moves_meanwhile_is_read_again(
    shop: Shop, note: NotePaymentEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = confirmed(shop)
    refund_outside(shop, order_id, 100, "re_a")
    listed = shop.gateway.list_refunds
    twins = iter([True])

    def list_while_a_twin_is_faster(intent_id: str) -> list[Refund]:
        before = list(listed(intent_id))
        if next(twins, False):
            refund_outside(shop, order_id, 50, "re_b")
            note(event(order_id))
        return before

    monkeypatch.setattr(shop.gateway, "list_refunds", list_while_a_twin_is_faster)
    note(event(order_id))
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.outside == 150
    assert attention(shop, order_id) == {"RefundedOutside#re_a", "RefundedOutside#re_b"}


@pytest.mark.parametrize(
    "tasks", [("charge",), ("charge", "reserve"), ("charge", "reserve", "confirm", "send")]
)
@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "refund.updated", "never.heard.of"])
def test_nothing_new_changes_nothing(
    shop: Shop, note: NotePaymentEvent, tasks: tuple[str, ...], kind: str
) -> None:
    order_id = placed(shop, *tasks)
    before = copy.deepcopy(shop.database.tables)
    assert note(event(order_id, kind)) == ("nothing new" if kind in HANDLED else "ignored")
    assert shop.database.tables == before


STRANGE_ORDER = "00000000-0000-4000-8000-00000000ffff"


@pytest.mark.parametrize("named", [None, "not-an-order", STRANGE_ORDER])
def test_intent_of_somebody_else(shop: Shop, note: NotePaymentEvent, named: str | None) -> None:
    intent = PaymentIntent(
        f"pi_{STRANGE_ORDER}", IntentStatus.SUCCEEDED, 500, "EUR", 500, order_id=named
    )
    shop.gateway.intents[intent.id] = intent
    assert note(event(STRANGE_ORDER)) == "unknown"
    assert shop.database.tables.get(ORDERS, {}) == {}


def test_intent_that_the_ledger_does_not_name(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    other = PaymentIntent("pi_other", IntentStatus.SUCCEEDED, 5, "EUR", 5, order_id=order_id)
    shop.gateway.intents["pi_other"] = other
    assert note(event("other")) == "unknown"


def test_intent_that_the_provider_does_not_know(shop: Shop, note: NotePaymentEvent) -> None:
    assert note(event("never-created")) == "unknown"


def test_charge_without_an_intent(note: NotePaymentEvent) -> None:
    body = {"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1"}}}
    assert note(ProviderEvent.model_validate(body)) == "unknown"


def test_batch_hands_back_only_what_failed(
    shop: Shop, note: NotePaymentEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_events, "_note", [note])
    good, stuck = confirmed(shop), cancelled(shop, settled=False)
    shop.gateway.refund_intent(f"pi_{stuck}", TOTAL, idempotency_key="1", reference=stuck)
    fail_refund(shop, stuck)
    bodies = [
        event(good, "charge.dispute.created").model_dump_json(),
        event(stuck, "refund.failed").model_dump_json(),
        '{"secret": "no event"}',
        event(good, "charge.dispute.created").model_dump_json(),
    ]
    records: list[dict[str, Any]] = [
        {"messageId": str(number), "body": body} for number, body in enumerate(bodies)
    ]
    answer = payment_events.handler({"Records": records}, None)
    assert [f["itemIdentifier"] for f in answer["batchItemFailures"]] == ["1", "2"]
    assert attention(shop, good) == {"PaymentDisputed#dp_1"}


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


def refund_part(shop: Shop, order_id: str, amount: int) -> str:
    """A refund of a part that was made; its id."""
    recorded = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    request = RefundRequest.model_validate({"amount": amount})
    refund_id = recorded(order_id, str(amount), request, "boss").refund_id
    for task in ("issue", "restock"):
        shop.task(task)(TaskInput(orderId=order_id, refundId=refund_id))
    return refund_id


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
    item = shop.database.tables[ORDERS][order_key(order_id)]
    item |= {"status": str(OrderStatus.CANCELLED), "GSI2PK": "OPEN#00", "GSI2SK": "0"}
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
        item = shop.database.tables[ORDERS][order_key(order_id)]
        item |= {"status": str(OrderStatus.CANCELLED), "GSI2PK": "OPEN#00", "GSI2SK": "0"}
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


@pytest.mark.parametrize(("status", "lost"), [("lost", TOTAL), ("won", 0), ("under_review", 0)])
def test_how_a_dispute_ended(shop: Shop, note: NotePaymentEvent, status: str, lost: int) -> None:
    order_id = confirmed(shop)
    note(event(order_id, "charge.dispute.created"))
    shop.gateway.disputes[f"pi_{order_id}"] = [Dispute("dp_1", TOTAL, status)]
    for kind in ("charge.dispute.closed", "charge.dispute.funds_reinstated"):
        note(event(order_id, kind))
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.lost, payment.refundable) == ("CAPTURED", lost, TOTAL - lost)
    ended = {"lost": {"DisputeLost#dp_1"}, "won": {"DisputeWon#dp_1"}}.get(status, set())
    assert attention(shop, order_id) == {"PaymentDisputed#dp_1", *ended}
    before = copy.deepcopy(shop.database.tables)
    assert note(event(order_id, "charge.dispute.closed")) == "nothing new"
    assert shop.database.tables == before


def test_what_a_dispute_took_is_not_refunded_by_a_cancel(
    shop: Shop, note: NotePaymentEvent
) -> None:
    order_id = confirmed(shop)
    refund_part(shop, order_id, 500)
    shop.gateway.disputes[f"pi_{order_id}"] = [Dispute("dp_1", TOTAL - 500, "lost")]
    note(event(order_id, "charge.dispute.closed"))
    item = shop.database.tables[ORDERS][order_key(order_id)]
    item |= {"status": str(OrderStatus.CANCELLED), "GSI2PK": "OPEN#00", "GSI2SK": "0"}
    shop.run_all(order_id, "release", "refund")
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded, payment.lost) == ("REFUNDED", 500, TOTAL - 500)
    assert note(event(order_id, "refund.created")) == "nothing new"
    charge = Charge(f"pi_{order_id}", "succeeded", 0, TOTAL, 500)
    order, held = shop.order(order_id), shop.reservation(order_id)
    refunds = tuple(read_refunds(shop.database, ORDERS, order))
    account = Account(order, payment, held, (charge,), EmailState.SENT, refunds=refunds)
    assert order_breaches(account) == []
