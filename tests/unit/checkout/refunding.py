"""Refunds of a part of a confirmed order: asked for, run, and looked at."""

from dataclasses import replace
from typing import Any

from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout.audit_order import AccountReader, ProviderCharges
from functions.checkout.invariants import Breach, order_breaches, shelf_breaches
from functions.orders.refunds import OrderRefund, from_item, refund_key
from functions.orders.settlement import Closer, SettlementWrites
from functions.orders.store import order_key
from tests.support.invariants import Shelf
from tests.support.shop import INVENTORY, ORDERS, Shop

BOSS = "boss"
FORWARD = ("charge", "reserve", "confirm", "send")


def confirmed(shop: Shop, *lines: tuple[str, int]) -> str:
    """A confirmed order of three mugs and two lamps, at 10.00 each."""
    order_id = f"00000000-0000-4000-8000-{len(shop.database.tables.get(ORDERS, {})):012d}"
    first = shop.place(*(lines or (("MUG", 3), ("LAMP", 2))))
    table = shop.database.tables[ORDERS]
    table[order_key(order_id)] = table.pop(order_key(first))
    shop.run_all(order_id, *FORWARD)
    return order_id


def of_amount(amount: int, **more: Any) -> RefundRequest:
    return RefundRequest.model_validate({"amount": amount, **more})


def of_lines(*lines: tuple[str, int], **more: Any) -> RefundRequest:
    asked = [{"productId": p, "variantId": "one", "quantity": n} for p, n in lines]
    return RefundRequest.model_validate({"lines": asked, **more})


def run(shop: Shop, task: str, refund: OrderRefund) -> None:
    about = {"orderId": refund.order_id, "refundId": refund.refund_id}
    shop.task(task)(TaskInput.model_validate(about))


def run_all(shop: Shop, refund: OrderRefund, *tasks: str) -> None:
    for task in tasks:
        run(shop, task, refund)


def stored(shop: Shop, refund: OrderRefund) -> OrderRefund:
    item = shop.database.item(ORDERS, refund_key(refund.order_id, refund.refund_id))
    assert item is not None
    return from_item(item)


def cancel(shop: Shop, order_id: str) -> None:
    closing = SettlementWrites(ORDERS).close(shop.order(order_id), Closer.OPERATOR, shop.now())
    shop.database.transact(closing)


def refunded_at_provider(shop: Shop, order_id: str) -> int:
    refunds = shop.gateway.list_refunds(f"pi_{order_id}")
    return sum(refund.amount for refund in refunds if refund.status.living)


def breaches(shop: Shop, order_id: str) -> list[Breach]:
    """What the audit has to say of an order and of all stock."""
    account = AccountReader(shop.database, ORDERS, INVENTORY).account(order_id)
    charges = ProviderCharges(shop.gateway)(f"pi_{order_id}")
    found = order_breaches(replace(account, charges=charges))
    for sku, received in (("MUG", 10), ("LAMP", 2)):
        taken = account.reservation.taken_by_sku().get(sku, 0) if account.reservation else 0
        found += shelf_breaches(Shelf(sku, (shop.available(sku),), received), taken)
    return found
