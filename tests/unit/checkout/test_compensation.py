"""The saga's way back: from every point it leaves neither money nor stock behind."""

import pytest

from contracts.errors import BusinessError, OrderClosed
from contracts.tasks import Failure
from functions.checkout.reject_order import rejection_of
from functions.inventory.domain import ReservationState
from functions.orders.domain import OrderStatus, Rejection
from functions.payments.gateway import GatewayAmbiguous, IntentStatus
from functions.payments.ledger import PaymentState
from functions.shared.errors import Inconsistent
from tests.support.fake_gateway import DECLINED_CARD
from tests.support.shop import Shop

BACK = ("reject", "release", "refund")


@pytest.mark.parametrize("done", [(), ("charge",), ("charge", "reserve")])
@pytest.mark.parametrize("times", [1, 2])
def test_way_back_voids_and_gives_back_once(shop: Shop, done: tuple[str, ...], times: int) -> None:
    order_id = shop.place(("MUG", 2))
    shop.run_all(order_id, *done)
    for task in BACK:
        shop.run_all(order_id, *[task] * times)

    order = shop.order(order_id)
    assert order.status is OrderStatus.REJECTED
    assert not order.saga_open
    assert shop.available("MUG") == 10
    assert all(i.status is IntentStatus.CANCELED for i in shop.gateway.intents.values())
    assert len(shop.gateway.intents) == bool(done)
    reservation = shop.reservation(order_id)
    assert reservation is None or reservation.state is ReservationState.RELEASED
    assert "OrderRejected" in shop.events(order_id)


def test_declined_order_is_voided_at_the_provider(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1), card=DECLINED_CARD)
    with pytest.raises(BusinessError):
        shop.run("charge", order_id)
    shop.run_all(order_id, *BACK)
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.captured) == (PaymentState.VOIDED, 0)


def test_way_back_after_a_declined_capture(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    shop.gateway.drop_authorisation(f"pi_{order_id}")
    with pytest.raises(BusinessError):
        shop.run("confirm", order_id)
    shop.run_all(order_id, *BACK)
    assert shop.order(order_id).status is OrderStatus.REJECTED
    assert shop.available("MUG") == 10


def test_confirmed_order_is_never_rejected(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    with pytest.raises(Inconsistent):
        shop.run("reject", order_id)


@pytest.mark.parametrize("task", ["release", "refund"])
def test_open_order_is_not_compensated(shop: Shop, task: str) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    with pytest.raises(Inconsistent):
        shop.run(task, order_id)
    assert shop.available("MUG") == 9
    assert shop.gateway.intents[f"pi_{order_id}"].status is IntentStatus.REQUIRES_CAPTURE


@pytest.mark.parametrize("task", ["charge", "reserve"])
def test_late_twin_after_the_way_back_leaves_nothing(shop: Shop, task: str) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, *BACK)
    with pytest.raises(OrderClosed):
        shop.run(task, order_id)
    assert shop.available("MUG") == 10
    assert shop.gateway.intents == {}


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answer_of_a_void_is_settled_by_the_retry(shop: Shop, when: str) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reject")
    shop.gateway.fail("cancel", "before" if when == "before" else "after")
    with pytest.raises(GatewayAmbiguous):
        shop.run("refund", order_id)
    shop.run("refund", order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.state is PaymentState.VOIDED
    assert not shop.order(order_id).saga_open


def test_captured_payment_is_refunded_once_though_the_answer_is_lost(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reject")
    shop.gateway.capture_intent(f"pi_{order_id}", idempotency_key="from outside")
    shop.run_all(order_id, "refund", "refund")
    payment = shop.payment(order_id)
    assert payment is not None
    assert (payment.state, payment.captured, payment.refunded) == (
        PaymentState.REFUNDED,
        1000,
        1000,
    )
    assert [r.amount for r in shop.gateway.list_refunds(f"pi_{order_id}")] == [1000]


@pytest.mark.parametrize(
    ("failure", "expected"),
    [
        (None, Rejection("TechnicalFailure")),
        (Failure(Error="Sandbox.Timedout", Cause="x"), Rejection("TechnicalFailure")),
        (
            Failure(Error="OutOfStock", Cause='{"errorMessage": "MUG"}'),
            Rejection("OutOfStock", "MUG"),
        ),
        (Failure(Error="PaymentDeclined", Cause="not json"), Rejection("PaymentDeclined")),
    ],
)
def test_reason_of_a_rejection(failure: Failure | None, expected: Rejection) -> None:
    assert rejection_of(failure) == expected
