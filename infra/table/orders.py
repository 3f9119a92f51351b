"""The customers' and operators' routes of orders."""

from typing import Final

from contracts.capacity import CANCELLING, FOLLOWING, LISTING, OPERATING, PLACING, REFUNDING
from infra.table.rows import API_TIMEOUT, FunctionSpec, Grant, Route, dynamodb, reads_secret

APIS: Final = (
    FunctionSpec(
        "PlaceOrderApi",
        "functions.checkout.place_order.handler",
        ("ORDERS_TABLE", "CATALOG_TABLE", "PLACE_ORDER_ARN"),
        (
            dynamodb("orders", "BatchGetItem", "PutItem"),
            dynamodb("catalog", "BatchGetItem"),
            Grant("PlaceOrder", ("states:StartExecution",)),
        ),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "CancelOrderApi",
        "functions.checkout.cancel_order.handler",
        ("ORDERS_TABLE", "PLACE_ORDER_ARN", "CANCEL_ORDER_ARN"),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
            Grant("CancelOrder", ("states:StartExecution",)),
        ),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "RefundOrderApi",
        "functions.checkout.refund_order.handler",
        ("ORDERS_TABLE", "REFUND_ORDER_ARN"),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
            Grant("RefundOrder", ("states:StartExecution",)),
        ),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "ShipOrderApi",
        "functions.orders.shipping.handler",
        ("ORDERS_TABLE",),
        (dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),),
        timeout=API_TIMEOUT,
    ),
    FunctionSpec(
        "OrdersApi",
        "functions.orders.api.handler",
        ("ORDERS_TABLE", "CURSOR_SECRET_ARN"),
        (
            dynamodb("orders", "BatchGetItem"),
            dynamodb("orders/index/GSI1", "Query"),
            reads_secret("cursor_secret"),
        ),
        timeout=API_TIMEOUT,
    ),
)

ROUTES: Final = (
    Route("POST", "/orders", "PlaceOrderApi", throttle=PLACING),
    Route("POST", "/orders/{orderId}/cancel", "CancelOrderApi", throttle=CANCELLING),
    Route("POST", "/orders/{orderId}/refunds", "RefundOrderApi", throttle=REFUNDING),
    Route("GET", "/orders/{orderId}/refunds/{refundId}", "OrdersApi", throttle=LISTING),
    Route("POST", "/orders/{orderId}/ship", "ShipOrderApi", throttle=OPERATING),
    Route("GET", "/orders", "OrdersApi", throttle=LISTING),
    Route("GET", "/orders/{orderId}", "OrdersApi", throttle=FOLLOWING),
    Route("GET", "/orders/{orderId}/execution", "OrdersApi", throttle=LISTING),
)
