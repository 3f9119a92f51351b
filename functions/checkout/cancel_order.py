"""POST /orders/{orderId}/cancel: closes an order before it ships, and starts its compensation.

The closing is recorded first, in one conditional transaction against the order's status: the same
lock that ConfirmOrder takes decides who wins. Starting CancelOrder afterwards may fail; the sweeper
makes up for it.
"""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.errors import OrderClosed
from functions.checkout.executions import Executions, NotStarted, StepFunctionsExecutions
from functions.checkout.task import database, find_order
from functions.orders.domain import Order, OrderStatus
from functions.orders.settlement import Closer, SettlementWrites
from functions.orders.store import read_order
from functions.orders.views import order_view
from functions.shared import clients
from functions.shared.access import OPERATORS, Caller
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.http import caller_of, http_handler, respond
from functions.shared.logs import count, logger
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """Cancels orders for their customers, and any order for operators."""

    database: Database
    settlements: SettlementWrites
    executions: Executions
    now: Clock

    def __call__(self, order_id: str, caller: Caller) -> Order:
        """The order as cancelled now or before, with its compensation started.

        Raises:
            Problem: 404 if it is not the caller's; 409 if it was rejected, is being confirmed,
                or has been shipped.
        """
        order = read_order(self.database, self.settlements.table, order_id)
        operator = OPERATORS in caller.groups
        if order is None or not (operator or order.customer_id == caller.customer_id):
            raise not_found("order")
        if order.status is not OrderStatus.CANCELLED:
            order = self._close(order, Closer.OPERATOR if operator else Closer.CUSTOMER)
        if order.saga_open:
            self._start(order_id)
        return order

    def _close(self, order: Order, closer: Closer) -> Order:
        if order.status not in (OrderStatus.PENDING, OrderStatus.CONFIRMED):
            raise _conflict(order)
        try:
            self.database.transact(self.settlements.close(order, closer, self.now()))
        except OrderClosed:
            current = self._found(order.order_id)
            if current.status is not OrderStatus.CANCELLED:
                raise _conflict(current) from None
            return current
        count("OrdersCancelled")
        return self._found(order.order_id)

    def _start(self, order_id: str) -> None:
        try:
            self.executions.start_cancel(order_id)
        except NotStarted as error:
            logger.warning("not started", reason=str(error))

    def _found(self, order_id: str) -> Order:
        return find_order(self.database, self.settlements.table, order_id)


def _conflict(order: Order) -> Problem:
    told = {
        OrderStatus.CONFIRMING: "The order is being confirmed; try again in a moment.",
        OrderStatus.PENDING: "The order is being confirmed; try again in a moment.",
        OrderStatus.CONFIRMED: "The order has been shipped.",
        OrderStatus.REJECTED: "The order was rejected.",
    }
    return Problem(HTTPStatus.CONFLICT, told[order.status])


app = APIGatewayHttpResolver()


@cache
def _cancel_order() -> CancelOrder:
    executions = StepFunctionsExecutions(
        clients.step_functions, setting("PLACE_ORDER_ARN"), setting("CANCEL_ORDER_ARN")
    )
    orders = SettlementWrites(setting("ORDERS_TABLE"))
    return CancelOrder(database(), orders, executions, utc_now)


@app.post("/orders/<order_id>/cancel")
def post_cancel(order_id: str) -> Response[Any]:
    """Cancels an order: 202, its money and stock are on their way back."""
    order = _cancel_order()(order_id, caller_of(app))
    headers = {"Location": f"/orders/{order_id}", "Retry-After": "1", "Cache-Control": "no-store"}
    return respond(HTTPStatus.ACCEPTED, order_view(order), headers)


handler = http_handler(app)
