"""What customers' banks take back: into the ledger, and to operators, once."""

import copy

import pytest

from functions.checkout.invariants import Account, Charge, order_breaches
from functions.checkout.payment_events import NotePaymentEvent
from functions.notifications.claims import EmailState
from functions.orders.refunds import read_refunds
from functions.payments.gateway import Dispute
from functions.payments.provider_events import HANDLED
from tests.support.shop import ORDERS, Shop
from tests.unit.checkout.payment_noting import (
    TOTAL,
    attention,
    cancelled,
    confirmed,
    event,
    refund_part,
)
from tests.unit.checkout.refunding import cancel


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
    cancel(shop, order_id)
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
