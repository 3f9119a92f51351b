"""Refunds of parts that were lost with the tables: the provider has them, and nobody else."""

import copy

import pytest

from functions.checkout.payment_events import NotePaymentEvent
from functions.checkout.refund_order import RefundOrder
from functions.orders.refunds import OrderRefund, RefundState
from functions.payments.ledger import PaymentState
from tests.support.shop import ORDERS, Shop
from tests.unit.checkout.payment_noting import attention, event, refund_outside
from tests.unit.checkout.refunding import (
    BOSS,
    breaches,
    cancel,
    confirmed,
    of_amount,
    refunded_at_provider,
    run_all,
    stored,
)

TOTAL = 5000


def paid(shop: Shop, refund: RefundOrder, order_id: str, amount: int, key: str) -> OrderRefund:
    """A refund of a part that was made."""
    made = refund(order_id, key, of_amount(amount), BOSS)
    run_all(shop, made, "issue", "restock")
    return made


def with_a_lost_refund(shop: Shop, refund: RefundOrder, amount: int = 3000) -> str:
    """A confirmed order of 50.00, one refund of which only the provider knows."""
    order_id = confirmed(shop)
    before = copy.deepcopy(shop.database.tables[ORDERS])
    paid(shop, refund, order_id, amount, "lost")
    shop.database.tables[ORDERS] = before
    return order_id


def give_back_the_rest(shop: Shop, order_id: str) -> None:
    cancel(shop, order_id)
    shop.run_all(order_id, "release", "refund", "refund")


@pytest.mark.parametrize("known", [0, 500])
@pytest.mark.parametrize("outside", [0, 700])
@pytest.mark.parametrize("amount", [3000, 3800])
def test_a_cancel_gives_back_what_is_left(
    shop: Shop, refund: RefundOrder, amount: int, known: int, outside: int
) -> None:
    order_id = with_a_lost_refund(shop, refund, amount)
    if known:
        paid(shop, refund, order_id, known, "known")
    if outside:
        refund_outside(shop, order_id, outside)
    give_back_the_rest(shop, order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.refunded) == (PaymentState.REFUNDED, TOTAL)
    assert refunded_at_provider(shop, order_id) == TOTAL
    assert not shop.order(order_id).saga_open
    assert breaches(shop, order_id) == []


def test_a_refund_of_the_whole_that_was_lost_is_not_made_again(
    shop: Shop, refund: RefundOrder
) -> None:
    order_id = with_a_lost_refund(shop, refund, TOTAL)
    give_back_the_rest(shop, order_id)
    assert len(shop.gateway.list_refunds(f"pi_{order_id}")) == 1
    assert breaches(shop, order_id) == []


def test_a_refund_that_is_more_than_is_left_is_refused_and_a_cancel_gives_the_rest(
    shop: Shop, refund: RefundOrder
) -> None:
    order_id = with_a_lost_refund(shop, refund)
    more = paid(shop, refund, order_id, 3000, "more")
    assert stored(shop, more).state is RefundState.REFUSED
    assert attention(shop, order_id) == {f"RefundRefused#{more.refund_id}"}
    give_back_the_rest(shop, order_id)
    assert refunded_at_provider(shop, order_id) == TOTAL
    assert breaches(shop, order_id) == []


def test_a_lost_refund_that_is_asked_for_again_is_found(shop: Shop, refund: RefundOrder) -> None:
    order_id = with_a_lost_refund(shop, refund)
    again = paid(shop, refund, order_id, 3000, "lost")
    assert stored(shop, again).state is RefundState.REFUNDED
    assert refunded_at_provider(shop, order_id) == 3000
    assert breaches(shop, order_id) == []


@pytest.mark.parametrize("amount", [1000, 4000])
def test_a_lost_refund_that_is_asked_for_again_with_another_amount_is_refused(
    shop: Shop, refund: RefundOrder, note: NotePaymentEvent, amount: int
) -> None:
    order_id = with_a_lost_refund(shop, refund)
    again = paid(shop, refund, order_id, amount, "lost")
    assert stored(shop, again).state is RefundState.REFUSED
    assert refunded_at_provider(shop, order_id) == 3000
    note(event(order_id, "charge.refunded"))
    assert breaches(shop, order_id) == []
    give_back_the_rest(shop, order_id)
    assert refunded_at_provider(shop, order_id) == TOTAL
    assert breaches(shop, order_id) == []


def test_the_provider_has_only_to_tell_of_it(
    shop: Shop, refund: RefundOrder, note: NotePaymentEvent
) -> None:
    order_id = with_a_lost_refund(shop, refund)
    known = paid(shop, refund, order_id, 500, "known")
    made = {r.reference: r.id for r in shop.gateway.list_refunds(f"pi_{order_id}")}
    del made[known.refund_id]
    assert note(event(order_id, "charge.refunded")) == "noted"
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.outside, payment.refunded, payment.refundable) == (3000, 500, 1500)
    assert attention(shop, order_id) == {f"RefundedOutside#{one}" for one in made.values()}
    assert breaches(shop, order_id) == []
    assert note(event(order_id, "charge.refunded")) == "nothing new"


def test_a_refund_that_is_made_while_the_provider_is_asked_is_not_lost(
    shop: Shop, refund: RefundOrder, note: NotePaymentEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = confirmed(shop)
    ask = shop.gateway.list_refunds
    made: list[OrderRefund] = []

    def beside(intent_id: str) -> object:
        if not made:
            made.append(refund(order_id, "beside", of_amount(500), BOSS))
            shop.gateway.refund_intent(
                intent_id, 500, idempotency_key="beside", reference=made[0].refund_id
            )
        return ask(intent_id)

    monkeypatch.setattr(shop.gateway, "list_refunds", beside)
    assert note(event(order_id, "charge.refunded")) == "nothing new"
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.outside == 0
