"""ChargePayment as it is usually built: the whole SDK, every utility, all made when imported."""

import os
from typing import Any

import boto3
import stripe
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
)
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

logger = Logger()
metrics = Metrics()
tracer = Tracer()
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath="orderId")

dynamodb = boto3.resource("dynamodb")
orders: Any = dynamodb.Table(os.environ["ORDERS_TABLE"])
dynamodb_client = boto3.client("dynamodb")
secrets = boto3.client("secretsmanager")
payments = stripe.StripeClient("fetched from the secret")


class Payload(BaseModel):
    """The task's input."""

    orderId: str


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@idempotent(persistence_store=persistence, config=config)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """The Lambda handler: charges the order at once."""
    payload = Payload.model_validate(event)
    order = orders.get_item(Key={"PK": f"ORDER#{payload.orderId}", "SK": "METADATA"})["Item"]
    intent = payments.v1.payment_intents.create(
        {"amount": int(order["total"]), "currency": "eur", "confirm": True},
        {"idempotency_key": payload.orderId},
    )
    return {"paymentIntentId": intent.id}
