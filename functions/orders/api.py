"""What customers see of their orders, and operators of all of them: orders, progress, refunds."""

from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.orders_api import OrderPage
from functions.orders.domain import Order
from functions.orders.refunds import read_refunds
from functions.orders.store import from_item, read_order
from functions.orders.views import execution_view, order_summary, order_view, refund_view
from functions.shared import clients
from functions.shared.access import OPERATORS
from functions.shared.cursors import Cursors
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.http import caller_of, http_handler, respond, respond_if_changed
from functions.shared.problems import not_found
from functions.shared.secrets import Secret
from functions.shared.settings import setting

PAGE: Final = 20
POLL_SECONDS: Final = "1"

app = APIGatewayHttpResolver()
_database: Final = DynamoDatabase(clients.dynamodb)


def _order(order_id: str) -> Order:
    """The caller's own order, or any for an operator; a stranger's does not exist for others."""
    order, caller = read_order(_database, setting("ORDERS_TABLE"), order_id), caller_of(app)
    if order is None or not (OPERATORS in caller.groups or order.customer_id == caller.customer_id):
        raise not_found("order")
    return order


@app.get("/orders/<order_id>")
def get_order(order_id: str) -> Response[Any]:
    """One order."""
    order = _order(order_id)
    refunds = read_refunds(_database, setting("ORDERS_TABLE"), order)
    return respond_if_changed(app, order_view(order, refunds), _polling(order.saga_open))


@app.get("/orders/<order_id>/refunds/<refund_id>")
def get_refund(order_id: str, refund_id: str) -> Response[Any]:
    """A refund of a part of an order, to be polled."""
    order = _order(order_id)
    for refund in read_refunds(_database, setting("ORDERS_TABLE"), order):
        if refund.refund_id == refund_id:
            return respond_if_changed(app, refund_view(refund), _polling(refund.saga_open))
    raise not_found("refund")


@app.get("/orders/<order_id>/execution")
def get_execution(order_id: str) -> Response[Any]:
    """How far the order's saga is, to be polled."""
    order = _order(order_id)
    return respond_if_changed(app, execution_view(order), _polling(order.saga_open))


def _polling(saga_open: bool) -> dict[str, str]:
    headers = {"Cache-Control": "private, no-cache"}
    return headers | ({"Retry-After": POLL_SECONDS} if saga_open else {})


@app.get("/orders")
def get_orders() -> Response[Any]:
    """The caller's orders, newest first, 20 a page."""
    customer_id = caller_of(app).customer_id
    cursors = Cursors(_cursor_secret(), f"orders {customer_id}")
    cursor = (app.current_event.query_string_parameters or {}).get("cursor")
    table = setting("ORDERS_TABLE")
    page = _database.query_index(
        table, "GSI1", f"USER#{customer_id}", PAGE, cursors.decode(cursor) if cursor else None
    )
    found = _database.read({table: list(page.keys)})[table]
    orders = [from_item(found[key]) for key in page.keys if key in found]
    body = OrderPage(
        orders=tuple(order_summary(order) for order in orders),
        next=cursors.encode(page.next_key) if page.next_key else None,
    )
    return respond(HTTPStatus.OK, body, {"Cache-Control": "private, no-store"})


@cache
def _cursor_secret() -> Secret:
    return Secret(setting("CURSOR_SECRET_ARN"), "key")


handler = http_handler(app)
