"""Events of the provider: repeated, out of order, about what is not ours."""

import copy
import random
from typing import Any

import pytest

from functions.checkout import payment_events
from functions.checkout.payment_events import NotePaymentEvent
from functions.payments.gateway import IntentStatus, PaymentIntent, Refund
from functions.payments.provider_events import HANDLED, ProviderEvent
from tests.support.fake_gateway import CREATED
from tests.support.shop import ORDERS, Shop
from tests.unit.checkout.payment_noting import (
    TOTAL,
    attention,
    cancelled,
    confirmed,
    event,
    fail_refund,
    placed,
    refund_outside,
)


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


def captured(intent_id: str, amount: int, order_id: str | None) -> PaymentIntent:
    """An intent that has taken its amount."""
    status = IntentStatus.SUCCEEDED
    return PaymentIntent(
        intent_id, status, amount, "EUR", amount, order_id=order_id, created_at=CREATED
    )


@pytest.mark.parametrize("named", [None, "not-an-order", STRANGE_ORDER])
def test_intent_of_somebody_else(shop: Shop, note: NotePaymentEvent, named: str | None) -> None:
    intent = captured(f"pi_{STRANGE_ORDER}", 500, named)
    shop.gateway.intents[intent.id] = intent
    assert note(event(STRANGE_ORDER)) == "unknown"
    assert shop.database.tables.get(ORDERS, {}) == {}


def test_intent_that_the_ledger_does_not_name(shop: Shop, note: NotePaymentEvent) -> None:
    order_id = confirmed(shop)
    shop.gateway.intents["pi_other"] = captured("pi_other", 5, order_id)
    assert note(event("other")) == "unknown"


def test_intent_that_the_provider_does_not_know(shop: Shop, note: NotePaymentEvent) -> None:
    assert note(event("never-created")) == "unknown"


def test_charge_without_an_intent(note: NotePaymentEvent) -> None:
    body = {"id": "evt_1", "type": "charge.refunded", "data": {"object": {"id": "ch_1"}}}
    assert note(ProviderEvent.model_validate(body)) == "unknown"


def test_batch_hands_back_only_what_failed(
    shop: Shop, note: NotePaymentEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_events, "_note_payment_event", lambda: note)
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
