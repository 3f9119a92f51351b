"""POST /orders as it is usually built: every Powertools utility by its decorator, validation by the
resolver, the idempotency layer, boto3's resource beside clients, all made when imported."""

import json
import os
import uuid
from decimal import Decimal
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent,
)
from pydantic import BaseModel, Field

logger = Logger()
metrics = Metrics()
tracer = Tracer()
app = APIGatewayHttpResolver(enable_validation=True)
persistence = DynamoDBPersistenceLayer(table_name=os.environ["IDEMPOTENCY_TABLE"])
config = IdempotencyConfig(event_key_jmespath='headers."idempotency-key"')

dynamodb: Any = boto3.resource("dynamodb")
orders = dynamodb.Table(os.environ["ORDERS_TABLE"])
dynamodb_client = boto3.client("dynamodb")
step_functions = boto3.client("stepfunctions")


class Item(BaseModel):
    """A line."""

    productId: str
    variantId: str
    quantity: int = Field(gt=0, lt=100)


class Address(BaseModel):
    """Where to."""

    name: str
    line1: str
    line2: str | None = None
    city: str
    region: str | None = None
    postalCode: str
    country: str


class PlaceOrder(BaseModel):
    """The body."""

    items: list[Item]
    shippingAddress: Address
    paymentMethodId: str


@app.post("/orders")
@tracer.capture_method
def place_order(order: Annotated[PlaceOrder, Body()]) -> Response[Any]:
    """Reads the prices, stores the order, starts its saga."""
    table = os.environ["CATALOG_TABLE"]
    keys = [
        {"PK": f"PRODUCT#{item.productId}", "SK": f"VARIANT#{item.variantId}"}
        for item in order.items
    ]
    found = dynamodb.batch_get_item(RequestItems={table: {"Keys": keys, "ConsistentRead": True}})
    prices = {(x["PK"], x["SK"]): x.get("price", 0) for x in found["Responses"][table]}
    total = sum(
        Decimal(prices[key["PK"], key["SK"]]) * item.quantity
        for key, item in zip(keys, order.items, strict=True)
    )
    order_id = str(uuid.uuid4())
    stored = {
        "PK": f"ORDER#{order_id}",
        "SK": "METADATA",
        "status": "PENDING",
        "total": total,
        **order.model_dump(),
    }
    orders.put_item(Item=stored)
    step_functions.start_execution(
        stateMachineArn=os.environ["PLACE_ORDER_ARN"],
        name=order_id,
        input=json.dumps({"orderId": order_id}),
    )
    metrics.add_metric("OrdersPlaced", MetricUnit.Count, 1)
    logger.info("placed", extra={"order_id": order_id})
    body = {"orderId": order_id, "status": "PENDING", "total": int(total)}
    return Response(202, "application/json", json.dumps(body))


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics(capture_cold_start_metric=True)
@idempotent(persistence_store=persistence, config=config)
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda handler."""
    return app.resolve(event, context)
