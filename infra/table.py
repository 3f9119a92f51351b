"""The functions and routes of the platform as data: what each runs, reads, and may do.

Grants name DynamoDB's item actions: a TransactWriteItems or BatchGetItem call is allowed by the
actions of what it does to each item.
Source: "Using IAM with DynamoDB transactions" in the developer guide.
"""

from dataclasses import dataclass
from typing import Final

from infra.packaging import FunctionSource
from workflows.timing import FUNCTION_TIMEOUT


@dataclass(frozen=True, slots=True)
class Grant:
    """Actions on one resource, named as in `infra.resources.Resources.arns`."""

    resource: str
    actions: tuple[str, ...]


def _dynamodb(resource: str, *actions: str) -> Grant:
    return Grant(resource, tuple(f"dynamodb:{action}" for action in actions))


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """One Lambda function."""

    name: str
    handler: str
    environment: tuple[str, ...]
    grants: tuple[Grant, ...]
    extras: tuple[str, ...] = ()
    timeout: int = FUNCTION_TIMEOUT
    """Seconds."""
    memory: int = 1024
    """Megabytes; the processor comes with them: less is slower, not cheaper."""

    @property
    def source(self) -> FunctionSource:
        """What its package is built from."""
        return FunctionSource(self.name, self.handler, self.extras)


_SECRET: Final = ("secretsmanager:GetSecretValue",)
_PAYMENTS: Final = Grant("payments_secret", _SECRET)
_PAYMENTS_ENVIRONMENT: Final = ("PAYMENT_SECRET_ARN", "PAYMENT_API_BASE")
_API_TIMEOUT: Final = 10
"""A customer waits; an HTTP API gives up after 30 seconds anyway."""

TASKS: Final = (
    FunctionSpec(
        "ChargePayment",
        "functions.checkout.charge_payment.handler",
        ("ORDERS_TABLE", *_PAYMENTS_ENVIRONMENT),
        (
            _dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            _PAYMENTS,
        ),
        extras=("payments",),
    ),
    FunctionSpec(
        "ReserveInventory",
        "functions.checkout.reserve_inventory.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE", "HOLD_SECONDS"),
        (
            _dynamodb("orders", "BatchGetItem", "UpdateItem"),
            _dynamodb("inventory", "BatchGetItem", "GetItem", "PutItem", "UpdateItem"),
        ),
    ),
    FunctionSpec(
        "ConfirmOrder",
        "functions.checkout.confirm_order.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE", *_PAYMENTS_ENVIRONMENT),
        (
            _dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            _dynamodb("inventory", "UpdateItem"),
            _PAYMENTS,
        ),
        extras=("payments",),
    ),
    FunctionSpec(
        "SendConfirmation",
        "functions.checkout.send_confirmation.handler",
        ("ORDERS_TABLE", "USER_POOL_ID", "SENDER_ADDRESS"),
        (
            _dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
            Grant("user_pool", ("cognito-idp:AdminGetUser",)),
            Grant("sender", ("ses:SendEmail",)),
        ),
    ),
    FunctionSpec(
        "RejectOrder",
        "functions.checkout.reject_order.handler",
        ("ORDERS_TABLE",),
        (_dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),),
    ),
    FunctionSpec(
        "ReleaseInventory",
        "functions.checkout.release_inventory.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE"),
        (
            _dynamodb("orders", "UpdateItem"),
            _dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
        ),
    ),
    FunctionSpec(
        "RefundPayment",
        "functions.checkout.refund_payment.handler",
        ("ORDERS_TABLE", *_PAYMENTS_ENVIRONMENT),
        (_dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"), _PAYMENTS),
        extras=("payments",),
    ),
)
"""The saga's tasks, each named like its state."""

APIS: Final = (
    FunctionSpec(
        "PlaceOrderApi",
        "functions.checkout.place_order.handler",
        ("ORDERS_TABLE", "CATALOG_TABLE", "PLACE_ORDER_ARN"),
        (
            _dynamodb("orders", "BatchGetItem", "PutItem"),
            _dynamodb("catalog", "BatchGetItem"),
            Grant("PlaceOrder", ("states:StartExecution",)),
        ),
        timeout=_API_TIMEOUT,
    ),
    FunctionSpec(
        "CancelOrderApi",
        "functions.checkout.cancel_order.handler",
        ("ORDERS_TABLE", "PLACE_ORDER_ARN", "CANCEL_ORDER_ARN"),
        (
            _dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
            Grant("CancelOrder", ("states:StartExecution",)),
        ),
        timeout=_API_TIMEOUT,
    ),
    FunctionSpec(
        "ShipOrderApi",
        "functions.orders.shipping.handler",
        ("ORDERS_TABLE",),
        (_dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),),
        timeout=_API_TIMEOUT,
    ),
    FunctionSpec(
        "OrdersApi",
        "functions.orders.api.handler",
        ("ORDERS_TABLE", "CURSOR_SECRET_ARN"),
        (
            _dynamodb("orders", "BatchGetItem"),
            _dynamodb("orders/index/GSI1", "Query"),
            Grant("cursor_secret", _SECRET),
        ),
        timeout=_API_TIMEOUT,
    ),
    FunctionSpec(
        "CatalogApi",
        "functions.catalog.api.handler",
        ("CATALOG_TABLE",),
        (_dynamodb("catalog", "GetItem", "Query"),),
        timeout=_API_TIMEOUT,
    ),
    FunctionSpec(
        "PaymentWebhookApi",
        "functions.payments.webhooks.handler",
        ("WEBHOOK_SECRET_ARN", "PAYMENT_EVENTS_QUEUE"),
        (Grant("webhook_secret", _SECRET), Grant("payment_events", ("sqs:SendMessage",))),
        timeout=_API_TIMEOUT,
    ),
)

_SETTLES: Final = (
    ("ORDERS_TABLE", "PLACE_ORDER_ARN", "CANCEL_ORDER_ARN"),
    (
        _dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
        Grant("PlaceOrder", ("states:StartExecution",)),
        Grant("PlaceOrder/executions", ("states:DescribeExecution",)),
        Grant("CancelOrder", ("states:StartExecution",)),
        Grant("CancelOrder/executions", ("states:DescribeExecution",)),
    ),
)

RECONCILE: Final = FunctionSpec(
    "ReconcileExecution", "functions.checkout.reconcile_execution.handler", *_SETTLES
)
"""Settles the order of an execution that ended FAILED, TIMED_OUT or ABORTED."""

SCHEDULED: Final = (
    FunctionSpec(
        "SweepOrders",
        "functions.checkout.sweep_orders.handler",
        _SETTLES[0],
        (*_SETTLES[1], _dynamodb("orders/index/GSI2", "Query")),
        timeout=50,
    ),
    FunctionSpec(
        "ExpireReservations",
        "functions.checkout.expire_reservations.handler",
        ("INVENTORY_TABLE",),
        (
            _dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
            _dynamodb("inventory/index/GSI1", "Query"),
        ),
        timeout=50,
    ),
)
"""What runs every minute."""

PAYMENT_EVENTS: Final = FunctionSpec(
    "PaymentEvents",
    "functions.checkout.payment_events.handler",
    ("ORDERS_TABLE", *_PAYMENTS_ENVIRONMENT),
    (_dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"), _PAYMENTS),
    extras=("payments",),
)
"""Notes what the payment provider tells of and no task saw."""

AUDIT: Final = FunctionSpec(
    "AuditOrder",
    "functions.checkout.audit_order.handler",
    ("ORDERS_TABLE", "INVENTORY_TABLE", *_PAYMENTS_ENVIRONMENT),
    (_dynamodb("orders", "BatchGetItem"), _dynamodb("inventory", "BatchGetItem"), _PAYMENTS),
    extras=("payments",),
)
"""Judges each order a while after it came to an end."""

RELAY: Final = FunctionSpec(
    "OutboxRelay",
    "functions.events.relay.handler",
    ("EVENT_BUS_NAME",),
    (Grant("bus", ("events:PutEvents",)),),
    memory=512,
)
"""Publishes what the tables' outboxes say."""

EVENT_LOG: Final = FunctionSpec(
    "EventLog", "functions.events.log.handler", (), (), timeout=10, memory=256
)
"""Writes one line for every event on the bus."""

FUNCTIONS: Final = (*TASKS, *APIS, RECONCILE, *SCHEDULED, PAYMENT_EVENTS, AUDIT, RELAY, EVENT_LOG)


@dataclass(frozen=True, slots=True)
class Route:
    """An HTTP route. Only a `public` one is answered without a customer's token."""

    method: str
    path: str
    function: str
    public: bool = False


ROUTES: Final = (
    Route("POST", "/orders", "PlaceOrderApi"),
    Route("POST", "/orders/{orderId}/cancel", "CancelOrderApi"),
    Route("POST", "/orders/{orderId}/ship", "ShipOrderApi"),
    Route("GET", "/orders", "OrdersApi"),
    Route("GET", "/orders/{orderId}", "OrdersApi"),
    Route("GET", "/orders/{orderId}/execution", "OrdersApi"),
    Route("GET", "/products/{productId}", "CatalogApi", public=True),
    Route("POST", "/webhooks/payments", "PaymentWebhookApi", public=True),
)
