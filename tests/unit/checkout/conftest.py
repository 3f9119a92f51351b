"""A fresh shop for every test, and who refunds there."""

import pytest

from functions.checkout.payment_events import NotePaymentEvent
from functions.checkout.refund_order import RefundOrder
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.orders.settlement import SettlementWrites
from functions.payments.ledger import LedgerWrites
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import ORDERS, Shop


@pytest.fixture
def shop() -> Shop:
    """A shop with ten mugs and two lamps."""
    shop = Shop()
    shop.stock("MUG", 10)
    shop.stock("LAMP", 2)
    return shop


@pytest.fixture
def executions() -> FakeExecutions:
    return FakeExecutions()


@pytest.fixture
def refund(shop: Shop, executions: FakeExecutions) -> RefundOrder:
    return RefundOrder(shop.database, ORDERS, executions, shop.now)


@pytest.fixture
def settle(shop: Shop, executions: FakeExecutions) -> SettleRefund:
    return SettleRefund(shop.database, ORDERS, executions, shop.now)


@pytest.fixture
def sweep(shop: Shop, settle: SettleRefund, executions: FakeExecutions) -> SweepOrders:
    order = SettleOrder(shop.database, SettlementWrites(ORDERS), executions, shop.now)
    return SweepOrders(shop.database, ORDERS, order, settle, shop.now)


@pytest.fixture
def note(shop: Shop) -> NotePaymentEvent:
    ledger, settlements = LedgerWrites(ORDERS), SettlementWrites(ORDERS)
    return NotePaymentEvent(shop.database, settlements, ledger, shop.gateway, shop.now)
