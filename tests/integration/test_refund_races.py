"""Refunds at once, on an engine that is correct under concurrency."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout.audit_order import AccountReader, ProviderCharges
from functions.checkout.cancel_order import CancelOrder
from functions.checkout.invariants import order_breaches
from functions.checkout.refund_order import RefundOrder
from functions.orders.domain import Order, OrderStatus
from functions.orders.refunds import OrderRefund, read_refunds
from functions.orders.settlement import SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import read_order
from functions.payments.ledger import Payment
from functions.shared.access import OPERATORS, Caller
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.errors import Contended
from functions.shared.problems import Problem
from tests.integration.buyers import Buyers, at_once, left, shelve
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import INVENTORY, ORDERS

BOSS = Caller("boss", frozenset({OPERATORS}))
OPERATORS_AT_ONCE = 8


class Desk:
    """A confirmed order of four units at 10.00, and everybody who may want its money back."""

    def __init__(self, database: DynamoDatabase) -> None:
        self.database = database
        self.sku = shelve(database, 3, 3)
        self.executions = FakeExecutions()
        self.shop = Buyers(database)
        self.order_id = self.shop.place((self.sku, 4))
        assert self.shop.buy(self.order_id).status is OrderStatus.CONFIRMED

    def refund(self, key: str, **body: Any) -> str:
        """An operator's refund, tried as a client does: again while others are at it."""
        refunding = RefundOrder(self.database, ORDERS, self.executions, utc_now)
        request = RefundRequest.model_validate(body)
        while True:
            try:
                return refunding(self.order_id, key, request, "boss").refund_id
            except Contended:
                continue
            except Problem as refusal:
                return str(int(refusal.status))

    def cancel(self) -> str:
        """An operator's cancel."""
        orders = SettlementWrites(ORDERS)
        try:
            CancelOrder(self.database, orders, self.executions, utc_now)(self.order_id, BOSS)
        except Problem as refusal:
            return str(int(refusal.status))
        return "cancelled"

    def ship(self) -> str:
        """An operator's ship."""
        try:
            ShipOrder(self.database, ORDERS, utc_now)(self.order_id)
        except Problem as refusal:
            return str(int(refusal.status))
        return "shipped"

    def run_sagas(self) -> None:
        """Runs the sagas that were started, all at once, each by two attempts."""
        refunds: list[Callable[[], None]] = [
            partial(self._run, one) for one in self.executions.refunded
        ]
        jobs = [*refunds, *(self._compensate for _ in self.executions.cancelled)]
        if jobs:
            at_once(jobs * 2)

    def _run(self, refund_id: str) -> None:
        about = TaskInput(orderId=self.order_id, refundId=refund_id)
        for task in ("issue", "restock"):
            _patiently(partial(self.shop.tasks[task], about))

    def _compensate(self) -> None:
        about = TaskInput(orderId=self.order_id)
        for task in ("release", "refund"):
            _patiently(partial(self.shop.tasks[task], about))

    def end(self) -> tuple[Order, Payment, list[OrderRefund]]:
        """Everything as it is when all is done, after the audit found nothing wrong."""
        account = AccountReader(self.database, ORDERS, INVENTORY).account(self.order_id)
        assert not account.is_open
        charges = ProviderCharges(self.shop.gateway)(f"pi_{self.order_id}")
        order, payment = account.order, account.payment
        assert payment is not None
        judged = order_breaches(replace(account, charges=charges))
        assert [breach.words for breach in judged] == []
        taken = account.reservation.taken_by_sku() if account.reservation else {}
        assert left(self.database, self.sku) + taken.get(self.sku, 0) == 6
        return order, payment, read_refunds(self.database, ORDERS, order)


def _patiently(work: Callable[[], None]) -> None:
    """As the state machine tries a task: again after a technical error."""
    for _ in range(50):
        try:
            work()
        except Contended:
            continue
        return
    raise AssertionError("still contended")


@pytest.fixture
def desk(database: DynamoDatabase) -> Desk:
    return Desk(database)


@pytest.mark.parametrize(
    ("body", "fit"),
    [({"amount": 1500}, 2), ({"amount": 4000}, 1), ({"amount": 900}, 4)],
)
def test_refunds_at_once_never_exceed_what_was_captured(
    desk: Desk, body: dict[str, Any], fit: int
) -> None:
    jobs = [lambda n=n: desk.refund(f"key-{n}", **body) for n in range(OPERATORS_AT_ONCE)]
    outcomes = at_once(jobs)
    assert Counter(outcomes)["422"] == OPERATORS_AT_ONCE - fit
    desk.run_sagas()
    _, payment, refunds = desk.end()
    assert payment.refunded == payment.claimed == fit * body["amount"]
    assert [refund.state for refund in refunds] == ["REFUNDED"] * fit


def test_lines_at_once_never_exceed_what_was_sold(desk: Desk) -> None:
    line = {"productId": desk.sku.lower(), "variantId": "one", "quantity": 1}
    jobs = [
        lambda n=n: desk.refund(f"key-{n}", lines=[line], restock=n % 2 == 0)
        for n in range(OPERATORS_AT_ONCE)
    ]
    outcomes = at_once(jobs)
    assert Counter(outcomes)["422"] == OPERATORS_AT_ONCE - 4
    desk.run_sagas()
    order, payment, _ = desk.end()
    assert order.returned_by_sku() == {desk.sku: 4}
    assert payment.refunded == 4000


def test_same_key_at_once_is_one_refund(desk: Desk) -> None:
    ids = at_once([lambda: desk.refund("key", amount=900)] * OPERATORS_AT_ONCE)
    assert len(set(ids)) == 1
    desk.run_sagas()
    assert desk.end()[1].refunded == 900


@pytest.mark.parametrize("turn", range(3))
def test_cancel_and_ship_and_refunds_at_once(desk: Desk, turn: int) -> None:
    line = {"productId": desk.sku.lower(), "variantId": "one", "quantity": 1 + turn}
    outcomes = at_once(
        [
            lambda: desk.refund("a", lines=[line], restock=True),
            lambda: desk.refund("b", amount=500),
            desk.cancel,
            *([desk.ship] if turn == 2 else []),
        ]
    )
    desk.run_sagas()
    order, payment, refunds = desk.end()
    assert sum(outcome not in ("409", "422") for outcome in outcomes[:2]) == len(refunds)
    if order.status is OrderStatus.CANCELLED:
        assert payment.refunded == 4000
    else:
        assert order.shipped_at is not None
        assert payment.refunded == sum(refund.amount for refund in refunds)
    assert read_order(desk.database, ORDERS, desk.order_id) == order
