"""Orders whose payments others touch, and what was noted of it."""

import itertools

from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout.refund_order import RefundOrder
from functions.orders.store import order_key
from functions.payments.gateway import Refund, RefundStatus
from functions.payments.provider_events import ProviderEvent
from tests.support.fake_executions import FakeExecutions
from tests.support.shop import ORDERS, Shop
from tests.unit.checkout.refunding import cancel

TOTAL = 2000
_numbers = itertools.count()


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
    cancel(shop, order_id)
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


def refund_part(shop: Shop, order_id: str, amount: int) -> str:
    """A refund of a part that was made; its id."""
    recorded = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    request = RefundRequest.model_validate({"amount": amount})
    refund_id = recorded(order_id, str(amount), request, "boss").refund_id
    for task in ("issue", "restock"):
        shop.task(task)(TaskInput(orderId=order_id, refundId=refund_id))
    return refund_id


def attention(shop: Shop, order_id: str) -> set[str]:
    told = {e for e in shop.events(order_id) if e.startswith("AttentionRequired#")}
    return {each.removeprefix("AttentionRequired#") for each in told}
