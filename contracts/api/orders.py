"""Operations on orders and their refunds."""

from http import HTTPStatus
from typing import Final

from contracts.api.rows import (
    ACCEPTED,
    CACHED,
    CURSOR,
    IDEMPOTENCY_KEY,
    IF_NONE_MATCH,
    NOT_MODIFIED,
    Answer,
    Operation,
    Who,
    ok,
)
from contracts.orders_api import (
    ExecutionView,
    OrderPage,
    OrderView,
    PlaceOrderRequest,
    RefundRequest,
    RefundView,
)

_POLLED: Final = (*CACHED, "Retry-After")

OPERATIONS: Final = (
    Operation(
        "POST",
        "/orders",
        "placeOrder",
        "Place an order. It is accepted at once and decided by its saga: poll its location.",
        "orders",
        Who.CUSTOMER,
        (Answer(HTTPStatus.ACCEPTED, "The order as it was accepted.", OrderView, ACCEPTED),),
        request=PlaceOrderRequest,
        parameters=(IDEMPOTENCY_KEY,),
        problems={
            HTTPStatus.CONFLICT: "It costs another sum than `expectedTotal`; `total` says which."
        },
    ),
    Operation(
        "GET",
        "/orders",
        "listOrders",
        "The caller's orders, newest first, 20 a page.",
        "orders",
        Who.CUSTOMER,
        (ok(OrderPage, "A page of orders."),),
        parameters=(CURSOR,),
    ),
    Operation(
        "GET",
        "/orders/{orderId}",
        "getOrder",
        "An order of the caller; for operators, any.",
        "orders",
        Who.CUSTOMER,
        (ok(OrderView, "The order.", _POLLED), NOT_MODIFIED),
        parameters=(IF_NONE_MATCH,),
    ),
    Operation(
        "GET",
        "/orders/{orderId}/execution",
        "getExecution",
        "How far the order's saga is. Poll it as often as Retry-After says, while it is there.",
        "orders",
        Who.CUSTOMER,
        (ok(ExecutionView, "What is done.", _POLLED), NOT_MODIFIED),
        parameters=(IF_NONE_MATCH,),
    ),
    Operation(
        "POST",
        "/orders/{orderId}/cancel",
        "cancelOrder",
        "Cancel an order that is not shipped: its money and its stock go back.",
        "orders",
        Who.CUSTOMER,
        (Answer(HTTPStatus.ACCEPTED, "The cancelled order.", OrderView, ACCEPTED),),
        problems={HTTPStatus.CONFLICT: "It is being confirmed, shipped or rejected."},
    ),
    Operation(
        "POST",
        "/orders/{orderId}/ship",
        "shipOrder",
        "Note that the goods left.",
        "orders",
        Who.OPERATOR,
        (ok(OrderView, "The shipped order."),),
        problems={HTTPStatus.CONFLICT: "Only a confirmed order is shipped."},
    ),
    Operation(
        "POST",
        "/orders/{orderId}/refunds",
        "refundOrder",
        "Refund lines or an amount of a confirmed order.",
        "orders",
        Who.OPERATOR,
        (Answer(HTTPStatus.ACCEPTED, "The refund as it was recorded.", RefundView, ACCEPTED),),
        request=RefundRequest,
        parameters=(IDEMPOTENCY_KEY,),
        problems={HTTPStatus.CONFLICT: "The order is not confirmed, or shipped."},
    ),
    Operation(
        "GET",
        "/orders/{orderId}/refunds/{refundId}",
        "getRefund",
        "A refund of an order.",
        "orders",
        Who.CUSTOMER,
        (ok(RefundView, "The refund.", _POLLED), NOT_MODIFIED),
        parameters=(IF_NONE_MATCH,),
    ),
)
