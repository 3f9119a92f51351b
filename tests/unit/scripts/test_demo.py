"""The main job's judgement: what it takes for surprises."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from functions.inventory.domain import Portion, Reservation, ReservationState
from functions.orders.domain import OrderStatus, Rejection
from functions.payments.ledger import Payment, PaymentState
from scripts.kit.payments import Intent
from scripts.kit.records import OrderRecord
from scripts.ops.demo import SCENARIOS, Outcome
from tests.support.shop import new_order

NOW = datetime(2026, 1, 5, tzinfo=UTC)
CONFIRMED, DECLINED, OUT_OF_STOCK = SCENARIOS
ORDER = replace(new_order("o", NOW, ("SKU-1", 2)), status=OrderStatus.CONFIRMED, saga_open=False)
SOLD = Reservation("o", ReservationState.COMMITTED, (Portion("SKU-1", 0, 2),), NOW)
CAPTURED = Payment("o", "pi_1", PaymentState.CAPTURED, 2000, "EUR", captured=2000)
VOIDED = replace(CAPTURED, state=PaymentState.VOIDED, captured=0)
PAID = Intent("pi_1", "succeeded", "EUR", 2000, held=0, captured=2000, refunded=0)
CANCELLED = replace(PAID, status="canceled", captured=0)

GOOD = Outcome({"status": "SUCCEEDED"}, OrderRecord(ORDER, CAPTURED, SOLD, {}, ()), [PAID])


def rejected(reason: str) -> Outcome:
    """An order that was rejected as it should be."""
    order = replace(ORDER, status=OrderStatus.REJECTED, rejection=Rejection(reason))
    return Outcome({"status": "SUCCEEDED"}, OrderRecord(order, VOIDED, None, {}, ()), [CANCELLED])


def test_each_scenario_is_content_with_what_should_happen() -> None:
    assert GOOD.surprises(CONFIRMED) == []
    assert rejected("PaymentDeclined").surprises(DECLINED) == []
    assert rejected("OutOfStock").surprises(OUT_OF_STOCK) == []


@pytest.mark.parametrize(
    "bad",
    [
        replace(GOOD, execution={"status": "FAILED"}),
        replace(GOOD, provider=[CANCELLED]),
        replace(GOOD, provider=[PAID, PAID]),
        replace(GOOD, provider=[replace(PAID, held=1)]),
        replace(GOOD, record=replace(GOOD.record, payment=VOIDED)),
        replace(GOOD, record=replace(GOOD.record, reservation=None)),
        replace(
            GOOD,
            record=replace(
                GOOD.record, reservation=replace(SOLD, portions=(Portion("SKU-1", 0, 1),))
            ),
        ),
        rejected("OutOfStock"),
    ],
)
def test_whatever_is_wrong_with_a_confirmed_order_is_said(bad: Outcome) -> None:
    assert bad.surprises(CONFIRMED)


@pytest.mark.parametrize(
    "bad",
    [
        GOOD,
        rejected("OutOfStock"),
        replace(rejected("PaymentDeclined"), provider=[PAID]),
        replace(
            rejected("PaymentDeclined"),
            record=replace(rejected("PaymentDeclined").record, reservation=SOLD),
        ),
    ],
)
def test_whatever_is_wrong_with_a_declined_order_is_said(bad: Outcome) -> None:
    assert bad.surprises(DECLINED)
