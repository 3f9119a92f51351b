"""What settles, closes and judges orders when nobody asks."""

from typing import Final

from infra.table.payments import PAYMENTS_ENVIRONMENT, PAYMENTS_KEY
from infra.table.rows import FunctionSpec, Grant, dynamodb

_SETTLES: Final = (
    ("ORDERS_TABLE", "PLACE_ORDER_ARN", "CANCEL_ORDER_ARN", "REFUND_ORDER_ARN"),
    (
        dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
        Grant("PlaceOrder/executions", ("states:DescribeExecution",)),
        Grant("CancelOrder", ("states:StartExecution",)),
        Grant("CancelOrder/executions", ("states:DescribeExecution",)),
        Grant("RefundOrder/executions", ("states:DescribeExecution",)),
    ),
)

RECONCILE: Final = FunctionSpec(
    "ReconcileExecution", "functions.checkout.reconcile_execution.handler", *_SETTLES
)
"""Settles the order or refund of an execution that ended FAILED, TIMED_OUT or ABORTED."""

SCHEDULED: Final = (
    FunctionSpec(
        "SweepOrders",
        "functions.checkout.sweep_orders.handler",
        _SETTLES[0],
        (
            *_SETTLES[1],
            # It starts what was never started; the reconciler is told of executions that were.
            Grant("PlaceOrder", ("states:StartExecution",)),
            Grant("RefundOrder", ("states:StartExecution",)),
            dynamodb("orders/index/GSI2", "Query"),
        ),
        timeout=50,
    ),
    FunctionSpec(
        "ExpireReservations",
        "functions.checkout.expire_reservations.handler",
        ("INVENTORY_TABLE",),
        (
            dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
            dynamodb("inventory/index/GSI1", "Query"),
        ),
        timeout=50,
    ),
)
"""What runs every minute."""

AUDIT: Final = FunctionSpec(
    "AuditOrder",
    "functions.checkout.audit_order.handler",
    ("ORDERS_TABLE", "INVENTORY_TABLE", *PAYMENTS_ENVIRONMENT),
    (dynamodb("orders", "BatchGetItem"), dynamodb("inventory", "BatchGetItem"), PAYMENTS_KEY),
    extras=("payments",),
)
"""Judges each order a while after it came to an end."""
