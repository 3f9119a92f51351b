"""The HTTP API in this process: each route's handler on moto, a cart and a search in memory."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from traceback import format_exception
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest
from moto import mock_aws

from contracts.api import OPERATIONS
from contracts.api.rows import Who
from functions.carts import api as carts_api
from functions.search import api as search_api
from functions.shared import clients
from functions.shared.dynamodb import DynamoDatabase
from infra import table
from tests.support.fake_engine import FakeEngine
from tests.support.memory_carts import MemoryCarts
from tests.support.tables import create_table

_TABLES: Final = {
    "ORDERS_TABLE": ("orders", ["GSI1", "GSI2"]),
    "INVENTORY_TABLE": ("inventory", ["GSI1"]),
    "CATALOG_TABLE": ("catalog", ["GSI1"]),
}
_MACHINES: Final = ("PLACE_ORDER", "CANCEL_ORDER", "REFUND_ORDER")
_WHO: Final = {each.route: each.who for each in OPERATIONS}


@dataclass(frozen=True)
class Answer:
    """What the function answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InProcessApi:
    """Calls the function of a route as the gateway does."""

    def __init__(self) -> None:
        made: dict[str, Any] = {
            "CartsApi": carts_api.build(lambda: self._shop),
            "SearchApi": search_api.build(lambda: self._engine, lambda: "key"),
        }
        for spec in table.APIS:
            if spec.name not in made:
                made[spec.name] = import_module(spec.source.module).handler
        self._handlers = {f"{r.method} {r.path}": made[r.function] for r in table.ROUTES}
        self._shop = carts_api.Shop(MemoryCarts(), DynamoDatabase(clients.dynamodb), "catalog")
        self._engine = FakeEngine()
        self._engine.answer = {
            "hits": {"total": {"value": 0}, "hits": []},
            "aggregations": {
                name: {"counts": {"buckets": []}} for name in ("categories", "prices", "ratings")
            },
        }

    def call(
        self,
        route: str,
        url: str,
        path: Mapping[str, str],
        headers: Mapping[str, str],
        body: bytes,
        *,
        claims: Mapping[str, str] | None = None,
        stage: str = "$default",
    ) -> Answer:
        """One request to a route, by default as somebody who may call it.

        Args:
            stage: of the gateway; a named one is part of the path.
        """
        parts = urlsplit(url)
        query: dict[str, str] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            query[name] = f"{query[name]},{value}" if name in query else value
        text, encoded = _body(body)
        raw_path = ("" if stage == "$default" else f"/{stage}") + unquote(parts.path)
        event = {
            "version": "2.0",
            "routeKey": route,
            "rawPath": raw_path,
            "rawQueryString": parts.query,
            "headers": {name.lower(): value for name, value in headers.items()},
            "queryStringParameters": query or None,
            "pathParameters": dict(path),
            "requestContext": {
                "http": {"method": route.split(" ")[0], "path": raw_path},
                "stage": stage,
                "requestId": "request-1",
                "timeEpoch": 1_767_614_400_000,
                "authorizer": {"jwt": {"claims": _entitled(route) if claims is None else claims}},
            },
            "body": text,
            "isBase64Encoded": encoded,
        }
        try:
            answer = self._handlers[route](event, None)
        except Exception as error:  # noqa: BLE001 - whatever it is, the gateway answers 500
            fault = json.dumps({"message": "".join(format_exception(error)[-3:])})
            return Answer(500, {"Content-Type": "application/json"}, fault.encode())
        named = dict(answer.get("headers", {}))
        return Answer(answer["statusCode"], named, (answer.get("body") or "").encode())


def _entitled(route: str) -> dict[str, str]:
    """Claims of somebody who may call the route."""
    if _WHO[route] is Who.OPERATOR:
        return {"token_use": "access", "sub": "boss", "cognito:groups": "[operator]"}
    return {"token_use": "access", "sub": "customer-1", "cognito:groups": "[customer]"}


def _body(body: bytes) -> tuple[str | None, bool]:
    """Text stays text; what is none, the gateway encodes."""
    try:
        return (body.decode() or None), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True


@contextmanager
def in_process_api() -> Iterator[InProcessApi]:
    """The API on fresh tables."""
    clients._client.cache_clear()
    clients._session.cache_clear()
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        dynamodb = boto3.client("dynamodb")
        for name, (stored, indexes) in _TABLES.items():
            create_table(dynamodb, stored, *indexes, projection="ALL")
            patch.setenv(name, stored)
        secrets = boto3.client("secretsmanager")
        for name in ("CURSOR_SECRET_ARN", "WEBHOOK_SECRET_ARN"):
            value = json.dumps({"key": "key", "signingSecrets": "whsec_test"})
            secrets.create_secret(Name=name, SecretString=value)
            patch.setenv(name, name)  # the ARN of another world is kept by who has read it
        for name in _MACHINES:
            patch.setenv(f"{name}_ARN", _machine(name))
        queue = boto3.client("sqs").create_queue(QueueName="payments")["QueueUrl"]
        patch.setenv("PAYMENT_EVENTS_QUEUE", queue)
        yield InProcessApi()
    clients._client.cache_clear()
    clients._session.cache_clear()


def _machine(name: str) -> str:
    definition = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
    made = boto3.client("stepfunctions").create_state_machine(
        name=name,
        definition=json.dumps(definition),
        roleArn="arn:aws:iam::123456789012:role/states",
    )
    return made["stateMachineArn"]
