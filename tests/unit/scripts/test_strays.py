"""Payments that no order accounts for, over the provider's sandbox and orders in memory."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.checkout.invariants import Remedy
from functions.orders.domain import OrderStatus
from functions.orders.store import order_key, to_item
from functions.payments import stripe_gateway
from functions.payments.gateway import IntentStatus
from functions.payments.ledger import LedgerWrites
from functions.payments.stripe_gateway import StripeGateway
from scripts.kit.repairs import NotRepaired
from scripts.kit.strays import SETTLED_AFTER, Stray, Strays
from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.store import Store
from tests.support.memory import MemoryDatabase
from tests.support.shop import ORDERS, new_order
from tests.support.stripe_in_process import in_process_gateway

PAID_AT = datetime(2026, 1, 20, tzinfo=UTC)
LOST = "0f0e0d0c-0b0a-4909-8807-060504030201"


class Stage:
    """A provider and an orders table, some time after the payments were made."""

    def __init__(self) -> None:
        self.sandbox = Sandbox(Store(), now=PAID_AT.timestamp)
        self.gateway: StripeGateway = in_process_gateway(self.sandbox)[0]
        self.database = MemoryDatabase()
        self.now = PAID_AT + SETTLED_AFTER
        self.running: set[str] = set()
        self.strays = Strays(
            self.gateway, self.database, ORDERS, self.running.__contains__, lambda: self.now
        )

    def pay(self, order_id: str = LOST, *, captured: bool = True) -> str:
        """The intent of a payment of 20.00 EUR."""
        intent = self.gateway.create_intent(order_id, 2_000, "EUR", "pm_card_visa")
        self.gateway.confirm_intent(intent.id, idempotency_key=f"{order_id}:confirm:1")
        if captured:
            self.gateway.capture_intent(intent.id, idempotency_key=f"{order_id}:capture:1")
        return intent.id

    def store(self, status: OrderStatus, intent_id: str | None, *, saga_open: bool = False) -> None:
        """The order, and its ledger that names an intent."""
        kept = to_item(replace(new_order(LOST, PAID_AT, ("MUG", 2)), status=status))
        if not saga_open:
            del kept["GSI2PK"]
        self.database.put(ORDERS, order_key(LOST), kept)
        if intent_id is not None:
            self.database.write(LedgerWrites(ORDERS).open(LOST, intent_id, 2_000, "EUR"))

    def found(self) -> list[Stray]:
        """What a walk over all payments finds."""
        return list(self.strays.walk(PAID_AT))

    def the_one(self) -> Stray:
        """The only stray that there is."""
        (stray,) = self.found()
        return stray


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("captured", "said", "ended"),
    [(False, "voided", IntentStatus.CANCELED), (True, "20.00 EUR", IntentStatus.SUCCEEDED)],
)
def test_the_payment_of_a_lost_order_is_found_and_given_back(
    stage: Stage, captured: bool, said: str, ended: IntentStatus
) -> None:
    intent_id = stage.pay(captured=captured)
    stray = stage.the_one()
    assert stray.breach.remedy is Remedy.RETURN
    for word in (LOST, "does not exist", intent_id, "20.00 EUR"):
        assert word in stray.breach.words
    assert said in stage.strays.give_back(stray)
    assert stage.gateway.retrieve_intent(intent_id).status is ended
    assert stage.found() == []
    assert stage.strays.give_back(stray).startswith("nothing")


def test_only_what_was_not_refunded_yet_is_given_back(stage: Stage) -> None:
    intent_id = stage.pay()
    stage.gateway.refund_intent(intent_id, 500, idempotency_key="r", reference="a-part")
    assert stage.the_one().amount == 1_500
    stage.strays.give_back(stage.the_one())
    refunds = stage.gateway.list_refunds(intent_id)
    assert [(one.amount, one.reference) for one in refunds] == [(1_500, LOST), (500, "a-part")]


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (OrderStatus.REJECTED, Remedy.RETURN),
        (OrderStatus.CANCELLED, Remedy.RETURN),
        (OrderStatus.CONFIRMED, Remedy.PROVIDER),
    ],
)
@pytest.mark.parametrize("named", [None, "pi_another"])
def test_a_payment_that_the_ledger_does_not_name(
    stage: Stage, status: OrderStatus, remedy: Remedy, named: str | None
) -> None:
    stage.pay()
    stage.store(status, named)
    stray = stage.the_one()
    assert stray.breach.remedy is remedy
    if remedy is Remedy.RETURN:
        assert "refunded" in stage.strays.give_back(stray)
    else:
        with pytest.raises(NotRepaired, match="dashboard"):
            stage.strays.give_back(stray)


def _unconfirmed(stage: Stage) -> None:
    stage.gateway.create_intent(LOST, 2_000, "EUR", "pm_card_visa")


def _known(stage: Stage) -> None:
    stage.store(OrderStatus.REJECTED, stage.pay())


def _running(stage: Stage) -> None:
    stage.pay()
    stage.store(OrderStatus.PENDING, None, saga_open=True)


def _of_somebody_else(stage: Stage) -> None:
    stage.pay("not-an-order")


def _given_back(stage: Stage) -> None:
    stage.gateway.refund_intent(stage.pay(), 2_000, idempotency_key="r")


@pytest.mark.parametrize("paid", [_unconfirmed, _known, _running, _of_somebody_else, _given_back])
def test_what_is_no_stray(stage: Stage, paid: Callable[[Stage], None]) -> None:
    paid(stage)
    assert stage.found() == []
    assert stage.strays.looked_at == 1


def test_an_order_that_is_there_after_all_keeps_its_payment(stage: Stage) -> None:
    intent_id = stage.pay()
    stray = stage.the_one()
    stage.store(OrderStatus.CONFIRMED, intent_id)
    assert stage.strays.again(stray) is None
    assert stage.strays.give_back(stray).startswith("nothing")
    assert stage.gateway.list_refunds(intent_id) == []


def test_a_young_payment_and_one_whose_execution_runs_are_left_alone(stage: Stage) -> None:
    intent_id = stage.pay()
    stage.running.add(LOST)
    with pytest.raises(NotRepaired, match="an execution of its order runs"):
        stage.strays.give_back(stage.the_one())
    stage.running.clear()
    stage.now -= timedelta(seconds=1)
    with pytest.raises(NotRepaired, match="younger than 15 minutes"):
        stage.strays.give_back(stage.the_one())
    assert stage.gateway.list_refunds(intent_id) == []


@pytest.mark.parametrize(
    ("captured", "path"), [(True, "/v1/refunds"), (False, "/v1/payment_intents/*/cancel")]
)
def test_a_lost_answer_is_settled_by_the_next_repair(
    stage: Stage, captured: bool, path: str
) -> None:
    intent_id = stage.pay(captured=captured)
    stray = stage.the_one()
    stage.sandbox.faults.add({"kind": "drop-after", "method": "POST", "path": path})
    with pytest.raises(NotRepaired, match="repair again"):
        stage.strays.give_back(stray)
    assert stage.strays.give_back(stray).startswith("nothing")
    assert len(stage.gateway.list_refunds(intent_id)) == captured


@pytest.mark.parametrize("kind", ["error-before", "error-after"])
def test_a_server_error_that_the_provider_keeps_is_passed_by_the_next_key(
    stage: Stage, kind: str
) -> None:
    intent_id = stage.pay()
    stage.sandbox.faults.add({"kind": kind, "method": "POST", "path": "/v1/refunds"})
    stage.strays.give_back(stage.the_one())
    assert [one.amount for one in stage.gateway.list_refunds(intent_id)] == [2_000]
    assert stage.found() == []


def test_what_the_provider_refuses_for_good_is_said(stage: Stage) -> None:
    intent_id = stage.pay()
    stage.sandbox.intents.dispute(intent_id)
    with pytest.raises(NotRepaired, match="charge_disputed"):
        stage.strays.give_back(stage.the_one())


def test_every_page_is_walked_from_a_moment_on(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_gateway, "_PAGE", 2)
    for number in range(3):
        stage.pay(f"{LOST[:-1]}{number}")
    assert len(stage.found()) == 3
    assert list(stage.strays.walk(PAID_AT + timedelta(seconds=1))) == []
