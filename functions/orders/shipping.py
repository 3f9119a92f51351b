"""POST /orders/{orderId}/ship: an operator notes that the goods left. This or a cancel wins."""

import contextlib
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from boto3.dynamodb.conditions import Attr

from contracts.errors import OrderClosed
from contracts.events.orders import OrderShipped
from functions.orders.domain import SHIPPED_VERSION, Order, OrderStatus
from functions.orders.store import closed, order_event, order_key, read_order
from functions.orders.views import order_view
from functions.shared import clients
from functions.shared.clock import Clock, to_millis, utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.http import http_handler, respond
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting
from functions.shared.writes import Write


@dataclass(frozen=True, slots=True)
class ShipOrder:
    """Ships orders.

    Args:
        table: the orders table's name.
    """

    database: Database
    table: str
    now: Clock

    def __call__(self, order_id: str) -> Order:
        """The order as shipped now or before.

        Raises:
            Problem: 404 if there is none, 409 if it is not CONFIRMED.
        """
        order = self._order(order_id)
        if order.shipped_at is None:
            with contextlib.suppress(OrderClosed):  # shipped or cancelled: the order says which
                self.database.transact(self.writes(order))
            order = self._order(order_id)
        if order.shipped_at is None:
            detail = f"The order is {order.status.public}; only a CONFIRMED one is shipped."
            raise Problem(HTTPStatus.CONFLICT, detail)
        return order

    def writes(self, order: Order) -> list[Write]:
        """Ships a confirmed order. Refused with OrderClosed."""
        at = self.now()
        confirmed = Attr("status").eq(str(OrderStatus.CONFIRMED))
        ship = Write(
            table=self.table,
            key=order_key(order.order_id),
            kind="update",
            changes={"shippedAt": to_millis(at)},
            condition=confirmed & Attr("shippedAt").not_exists(),
            refused=closed,
        )
        shipped = OrderShipped(order_id=order.order_id, customer_id=order.customer_id)
        return [ship, order_event(self.table, order, shipped, SHIPPED_VERSION, at)]

    def _order(self, order_id: str) -> Order:
        order = read_order(self.database, self.table, order_id)
        if order is None:
            raise not_found("order")
        return order


app = APIGatewayHttpResolver()


@cache
def _ship_order() -> ShipOrder:
    database = DynamoDatabase(clients.dynamodb)
    return ShipOrder(database, setting("ORDERS_TABLE"), utc_now)


@app.post("/orders/<order_id>/ship")
def post_ship(order_id: str) -> Response[Any]:
    """Ships an order."""
    shipped = _ship_order()(order_id)
    return respond(HTTPStatus.OK, order_view(shipped), {"Cache-Control": "no-store"})


handler = http_handler(app)
