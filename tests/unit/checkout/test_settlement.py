"""Sweeper, reconciler, expiry and cancel: what happens to an order from outside its saga."""

from dataclasses import replace
from datetime import timedelta

import pytest

from contracts.errors import BusinessError, OrderClosed, ReservationExpired
from functions.checkout.cancel_order import CancelOrder
from functions.checkout.expire_reservations import ExpireReservations
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.inventory.domain import ReservationState
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.orders.domain import OrderStatus
from functions.orders.progress import progress
from functions.orders.settlement import SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import order_key
from functions.payments.gateway import IntentStatus
from functions.payments.ledger import PaymentState
from functions.shared.access import Caller
from functions.shared.problems import Problem
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import HOLD, INVENTORY, ORDERS, Shop

CUSTOMER = Caller("customer-1", frozenset())
STRANGER = Caller("customer-2", frozenset())
OPERATOR = Caller("boss", frozenset({"operator"}))


@pytest.fixture
def executions() -> FakeExecutions:
    return FakeExecutions()


@pytest.fixture
def settle(shop: Shop, executions: FakeExecutions) -> SettleOrder:
    return SettleOrder(shop.database, SettlementWrites(ORDERS), executions, shop.now)


@pytest.fixture
def sweep(shop: Shop, settle: SettleOrder, executions: FakeExecutions) -> SweepOrders:
    settle_refund = SettleRefund(shop.database, ORDERS, executions, shop.now)
    return SweepOrders(shop.database, ORDERS, settle, settle_refund, shop.now)


@pytest.fixture
def expire(shop: Shop) -> ExpireReservations:
    stock = Stock(shop.database, INVENTORY)
    return ExpireReservations(shop.database, stock, InventoryWrites(INVENTORY), shop.now)


@pytest.fixture
def cancel(shop: Shop, executions: FakeExecutions) -> CancelOrder:
    return CancelOrder(shop.database, SettlementWrites(ORDERS), executions, shop.now)


def placed(shop: Shop) -> str:
    """A placed order of one mug, under an id as customers have it."""
    first = shop.place(("MUG", 1))
    order_id = f"00000000-0000-4000-8000-{len(shop.database.tables[ORDERS]):012d}"
    table = shop.database.tables[ORDERS]
    table[order_key(order_id)] = table.pop(order_key(first))
    return order_id


def compensate(shop: Shop, order_id: str) -> None:
    shop.run_all(order_id, "release", "refund")


def test_order_that_was_never_started_is_started_once_it_is_due(
    shop: Shop, sweep: SweepOrders, executions: FakeExecutions
) -> None:
    order_id = placed(shop)
    assert sweep() == {}
    shop.time += timedelta(minutes=16)
    assert sweep() == {"started": 1}
    assert executions.placed == {order_id: "RUNNING"}
    assert sweep() == {}


def test_order_past_its_deadline_is_rejected_and_never_started(
    shop: Shop, sweep: SweepOrders, executions: FakeExecutions
) -> None:
    order_id = placed(shop)
    shop.time += timedelta(minutes=31)
    assert sweep() == {"closed": 1}
    assert executions.placed == {}
    assert executions.cancelled == {order_id: "RUNNING"}
    order = shop.order(order_id)
    assert order.status is OrderStatus.REJECTED
    assert order.rejection is not None
    assert order.rejection.reason == "NeverStarted"
    compensate(shop, order_id)
    assert not shop.order(order_id).saga_open


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
@pytest.mark.parametrize("done", [(), ("charge",), ("charge", "reserve")])
def test_dead_execution_of_a_pending_order_closes_and_compensates(
    shop: Shop,
    settle: SettleOrder,
    executions: FakeExecutions,
    status: str,
    done: tuple[str, ...],
) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, *done)
    executions.placed[order_id] = status
    assert settle(order_id) == "closed"
    compensate(shop, order_id)
    assert shop.order(order_id).status is OrderStatus.REJECTED
    assert shop.available("MUG") == 10
    assert all(i.status is IntentStatus.CANCELED for i in shop.gateway.intents.values())
    assert settle(order_id) == "ended"


@pytest.mark.parametrize("done", [("charge", "reserve", "confirm")])
def test_dead_execution_of_a_confirmed_order_is_raised_never_closed(
    shop: Shop, settle: SettleOrder, executions: FakeExecutions, done: tuple[str, ...]
) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, *done)
    executions.placed[order_id] = "FAILED"
    assert settle(order_id) == "raised"
    assert shop.order(order_id).status is OrderStatus.CONFIRMED
    assert progress(shop.order(order_id)).status == "FAILED"
    assert any(e.startswith("AttentionRequired") for e in shop.events(order_id))
    shop.run("send", order_id)  # a redrive
    assert progress(shop.order(order_id)).status == "SUCCEEDED"
    assert settle(order_id) == "ended"


def test_failed_cancel_is_raised_and_not_started_again(
    shop: Shop, settle: SettleOrder, executions: FakeExecutions
) -> None:
    order_id = placed(shop)
    executions.placed[order_id] = "ABORTED"
    settle(order_id)
    executions.cancelled[order_id] = "FAILED"
    assert settle(order_id) == "raised"
    assert executions.cancelled == {order_id: "FAILED"}


def test_lost_start_of_a_cancel_is_made_up_for(
    shop: Shop, sweep: SweepOrders, cancel: CancelOrder, executions: FakeExecutions
) -> None:
    order_id = placed(shop)
    executions.down = True
    assert cancel(order_id, CUSTOMER).status is OrderStatus.CANCELLED
    assert executions.cancelled == {}
    executions.down = False
    shop.time += timedelta(minutes=3)
    assert sweep() == {"compensating": 1}
    assert executions.cancelled == {order_id: "RUNNING"}


def test_running_execution_is_left_alone(
    shop: Shop, sweep: SweepOrders, executions: FakeExecutions
) -> None:
    order_id = placed(shop)
    executions.start_place(order_id)
    shop.time += timedelta(minutes=16)
    assert sweep() == {"running": 1}
    assert sweep() == {}
    assert shop.order(order_id).status is OrderStatus.PENDING


def test_order_that_cannot_be_settled_stops_no_other(
    shop: Shop, settle: SettleOrder, sweep: SweepOrders, executions: FakeExecutions
) -> None:
    bad, good = placed(shop), placed(shop)

    def settle_but_one(order_id: str) -> str:
        if order_id == bad:
            raise RuntimeError(order_id)
        return settle(order_id)

    shop.time += timedelta(minutes=16)
    assert replace(sweep, settle=settle_but_one)() == {"failed": 1, "started": 1}
    assert list(executions.placed) == [good]


def test_expired_hold_is_given_back_once_and_the_confirm_refused(
    shop: Shop, expire: ExpireReservations
) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, "charge", "reserve")
    assert expire() == 0
    shop.time += HOLD + timedelta(minutes=1)
    assert (expire(), expire()) == (1, 0)
    assert shop.available("MUG") == 10
    with pytest.raises(ReservationExpired):
        shop.run("confirm", order_id)
    shop.run_all(order_id, "reject", "release", "refund")
    assert shop.available("MUG") == 10


def test_sold_units_never_expire(shop: Shop, expire: ExpireReservations) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.time += HOLD * 2
    assert expire() == 0
    reservation = shop.reservation(order_id)
    assert reservation is not None
    assert reservation.state is ReservationState.COMMITTED
    assert shop.available("MUG") == 9


@pytest.mark.parametrize(
    "done", [(), ("charge",), ("charge", "reserve"), ("charge", "reserve", "confirm", "send")]
)
@pytest.mark.parametrize("caller", [CUSTOMER, OPERATOR])
def test_cancel_gives_back_money_and_stock(
    shop: Shop, cancel: CancelOrder, done: tuple[str, ...], caller: Caller
) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, *done)
    assert cancel(order_id, caller).status is OrderStatus.CANCELLED
    assert progress(shop.order(order_id)).current_state == "ReleaseInventory"
    compensate(shop, order_id)
    order, payment = shop.order(order_id), shop.payment(order_id)
    assert not order.saga_open
    assert shop.available("MUG") == 10
    assert "OrderCancelled" in shop.events(order_id)
    if payment is not None:
        ended = PaymentState.REFUNDED if "confirm" in done else PaymentState.VOIDED
        assert payment.state is ended
        assert payment.captured == payment.refunded
    for task in ("charge", "reserve", "confirm"):
        with pytest.raises(BusinessError):
            shop.run(task, order_id)


def test_cancel_again_is_the_same_cancel(shop: Shop, cancel: CancelOrder) -> None:
    order_id = placed(shop)
    first, second = cancel(order_id, CUSTOMER), cancel(order_id, CUSTOMER)
    assert first.status is second.status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("status", "caller", "expected"),
    [
        ("CONFIRMING", CUSTOMER, 409),
        ("REJECTED", CUSTOMER, 409),
        ("REJECTED", OPERATOR, 409),
        ("PENDING", STRANGER, 404),
    ],
)
def test_cancel_is_refused(
    shop: Shop, cancel: CancelOrder, status: str, caller: Caller, expected: int
) -> None:
    order_id = placed(shop)
    shop.database.tables[ORDERS][order_key(order_id)]["status"] = status
    with pytest.raises(Problem) as refused:
        cancel(order_id, caller)
    assert refused.value.status == expected
    assert shop.order(order_id).status == status


def test_shipped_order_is_not_cancelled(shop: Shop, cancel: CancelOrder) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, "charge", "reserve", "confirm", "send")
    ship = ShipOrder(shop.database, ORDERS, shop.now)
    first, again = ship(order_id), ship(order_id)
    assert first.shipped_at is not None
    assert again.shipped_at == first.shipped_at
    assert "OrderShipped" in shop.events(order_id)
    with pytest.raises(Problem) as refused:
        cancel(order_id, CUSTOMER)
    assert refused.value.status == 409
    assert shop.order(order_id).status is OrderStatus.CONFIRMED


@pytest.mark.parametrize("closing", ["cancelled", "rejected", "pending"])
def test_only_a_confirmed_order_is_shipped(shop: Shop, cancel: CancelOrder, closing: str) -> None:
    order_id = placed(shop)
    if closing == "cancelled":
        shop.run_all(order_id, "charge", "reserve", "confirm", "send")
        cancel(order_id, CUSTOMER)
    elif closing == "rejected":
        shop.run("reject", order_id)
    with pytest.raises(Problem) as refused:
        ShipOrder(shop.database, ORDERS, shop.now)(order_id)
    assert refused.value.status == 409
    assert "OrderShipped" not in shop.events(order_id)


@pytest.mark.parametrize("order_id", ["nonsense", "00000000-0000-4000-8000-00000000ffff"])
def test_cancel_of_an_unknown_order(shop: Shop, cancel: CancelOrder, order_id: str) -> None:
    with pytest.raises(Problem) as refused:
        cancel(order_id, OPERATOR)
    assert refused.value.status == 404


def test_cancel_while_the_saga_runs_stops_it(shop: Shop, cancel: CancelOrder) -> None:
    order_id = placed(shop)
    shop.run("charge", order_id)
    cancel(order_id, CUSTOMER)
    with pytest.raises(OrderClosed):
        shop.run("reserve", order_id)
    shop.run_all(order_id, "reject", "release", "refund")  # the saga's own way back
    compensate(shop, order_id)  # and the cancel's
    assert shop.order(order_id).status is OrderStatus.CANCELLED
    assert shop.available("MUG") == 10
