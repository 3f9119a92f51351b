"""What the saga's tasks share: how one is run as a Lambda function, and what it reads."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from contracts.errors import BusinessError
from contracts.tasks import TaskInput
from functions.inventory import items as inventory
from functions.inventory.domain import Reservation
from functions.orders import refunds
from functions.orders import store as orders
from functions.orders.domain import Order
from functions.orders.refunds import OrderRefund
from functions.payments import ledger
from functions.payments.ledger import Payment
from functions.shared import clients
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.errors import Inconsistent
from functions.shared.logs import about, logger

TaskHandler = Callable[[dict[str, Any], Any], dict[str, Any]]


def task_handler(build: Callable[[], Callable[[TaskInput], None]]) -> TaskHandler:
    """The Lambda handler of a task.

    The outcome is in the tables; the execution is handed nothing back. Every exception goes up to
    the state machine under its class's name.

    Args:
        build: makes the task with its clients, when the first order comes.
    """
    built = cache(build)

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        payload = TaskInput.model_validate(event)
        about(payload.order_id)
        task = built()
        try:
            task(payload)
        except BusinessError as refusal:
            logger.info("refused", reason=type(refusal).__name__, detail=str(refusal))
            raise
        except Exception as failure:
            logger.exception("failed", reason=type(failure).__name__)
            raise
        logger.info("done")
        return {}

    return handle


class Found(NamedTuple):
    """An order and its payment as they are now."""

    order: Order
    payment: Payment | None


def find(database: Database, table: str, order_id: str) -> Found:
    """Reads an order with its ledger, in one call."""
    order_key, ledger_key = orders.order_key(order_id), ledger.ledger_key(order_id)
    items = database.read({table: [order_key, ledger_key]})[table]
    if order_key not in items:
        raise Inconsistent(f"there is no order {order_id}")
    payment = items.get(ledger_key)
    return Found(orders.from_item(items[order_key]), ledger.from_item(payment) if payment else None)


class FoundRefund(NamedTuple):
    """An order, its payment, and a refund of a part of it, as they are now."""

    order: Order
    payment: Payment
    refund: OrderRefund


def find_refund(database: Database, table: str, order_id: str, refund_id: str) -> FoundRefund:
    """Reads a refund with its order and the ledger, in one call."""
    order_key, ledger_key = orders.order_key(order_id), ledger.ledger_key(order_id)
    refund_key = refunds.refund_key(order_id, refund_id)
    items = database.read({table: [order_key, ledger_key, refund_key]})[table]
    if len(items) < 3:
        raise Inconsistent(f"order {order_id} has no refund {refund_id}, or no payment")
    return FoundRefund(
        orders.from_item(items[order_key]),
        ledger.from_item(items[ledger_key]),
        refunds.from_item(items[refund_key]),
    )


def refund_of(task: TaskInput) -> str:
    """The refund that a task of RefundOrder is about."""
    if task.refund_id is None:
        raise Inconsistent(f"the task of order {task.order_id} names no refund")
    return task.refund_id


def find_with_stock(
    database: Database, orders_table: str, inventory_table: str, order_id: str
) -> tuple[Order, Reservation | None]:
    """Reads an order with its reservation, in one call."""
    order_key, held_key = orders.order_key(order_id), inventory.reservation_key(order_id)
    items = database.read({orders_table: [order_key], inventory_table: [held_key]})
    if order_key not in items[orders_table]:
        raise Inconsistent(f"there is no order {order_id}")
    held = items[inventory_table].get(held_key)
    order = orders.from_item(items[orders_table][order_key])
    return order, inventory.from_item(held) if held else None


def find_order(database: Database, table: str, order_id: str) -> Order:
    """Reads an order without its ledger."""
    key = orders.order_key(order_id)
    item = database.read({table: [key]})[table].get(key)
    if item is None:
        raise Inconsistent(f"there is no order {order_id}")
    return orders.from_item(item)


def database() -> DynamoDatabase:
    """The database of a deployed function."""
    return DynamoDatabase(clients.dynamodb)
