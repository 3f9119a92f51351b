"""The request of the benchmarks, and what AWS answers to it."""

import json
from typing import Any, Final

from functions.shared.dynamodb import to_attributes
from scripts.dev.seed_catalog import EXAMPLE_ORDER, products
from tests.benchmarks.probes.canned import Answers

SUBJECT: Final = "6b1f0a52-90c1-70d3-5b1e-0e6d9a4d6f11"
"""A customer of the user pool."""


def post_order(key: str = "order-1") -> dict[str, Any]:
    """POST /orders of the example order, as an HTTP API with a JWT authoriser hands it over."""
    return {
        "version": "2.0",
        "routeKey": "POST /orders",
        "rawPath": "/orders",
        "rawQueryString": "",
        "headers": {
            "accept": "application/json",
            "accept-encoding": "gzip, deflate, br",
            "authorization": f"Bearer {'x' * 900}",
            "content-length": "327",
            "content-type": "application/json",
            "host": "shop.example",
            "idempotency-key": key,
            "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "x-amzn-trace-id": "Root=1-5759e988-bd862e3fe1be46a994272793",
            "x-forwarded-for": "192.0.2.1",
            "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "authorizer": {
                "jwt": {
                    "claims": {
                        "client_id": "client",
                        "cognito:groups": "[customer]",
                        "exp": "1767618000",
                        "iss": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_pool",
                        "scope": "aws.cognito.signin.user.admin",
                        "sub": SUBJECT,
                        "token_use": "access",
                        "username": "ada",
                    },
                    "scopes": None,
                }
            },
            "domainName": "shop.example",
            "http": {
                "method": "POST",
                "path": "/orders",
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.1",
                "userAgent": "Mozilla/5.0",
            },
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": "POST /orders",
            "stage": "$default",
            "time": "05/Jan/2026:12:00:00 +0000",
            "timeEpoch": 1767614400000,
        },
        "body": json.dumps(EXAMPLE_ORDER),
        "isBase64Encoded": False,
    }


def answers() -> Answers:
    """What DynamoDB and Step Functions answer when the example order is placed."""
    wanted = {(line["productId"], line["variantId"]) for line in EXAMPLE_ORDER["items"]}
    items = []
    for product in products():
        sold = [
            v.item for v in product.variants if (v.item.product_id, v.item.variant_id) in wanted
        ]
        if sold:
            items += [product.item.to_item(), *(variant.to_item() for variant in sold)]
    found = {"catalog": [to_attributes(item) for item in items], "orders": []}
    return {
        "DynamoDB_20120810.BatchGetItem": json.dumps({"Responses": found, "UnprocessedKeys": {}}),
        "DynamoDB_20120810.TransactWriteItems": "{}",
        "DynamoDB_20120810.PutItem": "{}",
        "DynamoDB_20120810.UpdateItem": "{}",
        "AWSStepFunctions.StartExecution": json.dumps(
            {
                "executionArn": "arn:aws:states:us-east-1:000000000000:execution:PlaceOrder:order",
                "startDate": 1767614400.123,
            }
        ),
    }
