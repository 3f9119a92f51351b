"""What payments need, and what the provider's webhooks reach."""

from typing import Final

from contracts.capacity import WEBHOOKS
from infra.table.rows import API_TIMEOUT, FunctionSpec, Grant, Route, dynamodb, reads_secret

PAYMENTS_KEY: Final = reads_secret("payments_secret")
PAYMENTS_ENVIRONMENT: Final = ("PAYMENT_SECRET_ARN", "PAYMENT_API_BASE")

APIS: Final = (
    FunctionSpec(
        "PaymentWebhookApi",
        "functions.payments.webhooks.handler",
        ("WEBHOOK_SECRET_ARN", "PAYMENT_EVENTS_QUEUE"),
        (reads_secret("webhook_secret"), Grant("payment_events", ("sqs:SendMessage",))),
        timeout=API_TIMEOUT,
    ),
)

ROUTES: Final = (
    Route("POST", "/webhooks/payments", "PaymentWebhookApi", public=True, throttle=WEBHOOKS),
)

PAYMENT_EVENTS: Final = FunctionSpec(
    "PaymentEvents",
    "functions.checkout.payment_events.handler",
    ("ORDERS_TABLE", *PAYMENTS_ENVIRONMENT),
    (dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"), PAYMENTS_KEY),
    extras=("payments",),
)
"""Notes what the payment provider tells of and no task saw."""
