"""The record of calls: what IAM would judge of each request, once for each function."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from scripts.local.emulator.calls import Message, Receive, Send, calls_of, recorded

TABLE = "arn:aws:dynamodb:us-east-1:000000000000:table/"
DYNAMODB = "DynamoDB_20120810."


@pytest.mark.parametrize(
    ("called", "request_", "judged"),
    [
        (DYNAMODB + "PutItem", {"TableName": "a"}, {("dynamodb:PutItem", TABLE + "a")}),
        (
            DYNAMODB + "Query",
            {"TableName": "a", "IndexName": "GSI1"},
            {("dynamodb:Query", TABLE + "a/index/GSI1")},
        ),
        (
            DYNAMODB + "BatchGetItem",
            {"RequestItems": {"a": {}, "b": {}}},
            {("dynamodb:BatchGetItem", TABLE + "a"), ("dynamodb:BatchGetItem", TABLE + "b")},
        ),
        (
            DYNAMODB + "TransactGetItems",
            {"TransactItems": [{"Get": {"TableName": "a"}}]},
            {("dynamodb:GetItem", TABLE + "a")},
        ),
        (
            DYNAMODB + "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "a"}},
                    {"Update": {"TableName": "a"}},
                    {"Delete": {"TableName": "b"}},
                    {"ConditionCheck": {"TableName": "b"}},
                ]
            },
            {
                ("dynamodb:PutItem", TABLE + "a"),
                ("dynamodb:UpdateItem", TABLE + "a"),
                ("dynamodb:DeleteItem", TABLE + "b"),
                ("dynamodb:ConditionCheckItem", TABLE + "b"),
            },
        ),
        (
            "AWSStepFunctions.StartExecution",
            {"stateMachineArn": "arn:m"},
            {("states:StartExecution", "arn:m")},
        ),
        (
            "AWSStepFunctions.DescribeExecution",
            {"executionArn": "arn:e"},
            {("states:DescribeExecution", "arn:e")},
        ),
        (
            "AWSEvents.PutEvents",
            {"Entries": [{"EventBusName": "shop"}, {"EventBusName": "shop"}]},
            {("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/shop")},
        ),
        (
            "AmazonSQS.SendMessage",
            {"QueueUrl": "http://127.0.0.1:1/000000000000/q"},
            {("sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:q")},
        ),
        (
            "secretsmanager.GetSecretValue",
            {"SecretId": "arn:s"},
            {("secretsmanager:GetSecretValue", "arn:s")},
        ),
        (
            "AWSCognitoIdentityProviderService.AdminGetUser",
            {"UserPoolId": "p"},
            {
                (
                    "cognito-idp:AdminGetUser",
                    "arn:aws:cognito-idp:us-east-1:000000000000:userpool/p",
                )
            },
        ),
        (
            "POST /v2/email/outbound-emails",
            {"FromEmailAddress": "orders@shop.example"},
            {("ses:SendEmail", "arn:aws:ses:us-east-1:000000000000:identity/shop.example")},
        ),
        (
            "POST /2015-03-31/functions/arn:aws:lambda:one:live/invocations",
            {},
            {("lambda:InvokeFunction", "arn:aws:lambda:one:live")},
        ),
        (
            "AmazonSQS.StartMessageMoveTask",
            {"SourceArn": "arn:parked", "DestinationArn": "arn:queue"},
            {
                ("sqs:StartMessageMoveTask", "arn:parked"),
                ("sqs:ReceiveMessage", "arn:parked"),
                ("sqs:DeleteMessage", "arn:parked"),
                ("sqs:GetQueueAttributes", "arn:parked"),
                ("sqs:SendMessage", "arn:queue"),
            },
        ),
        ("GET /bucket/key", None, {("GET /bucket/key", "*")}),
    ],
)
def test_what_iam_judges(called: str, request_: Any, judged: set[tuple[str, str]]) -> None:
    body = b"" if request_ is None else json.dumps(request_).encode()
    assert calls_of(called, body, "us-east-1") == judged


class Cloud:
    """What stands behind the record, and what it was given."""

    def __init__(self, record: Path) -> None:
        self.bodies: list[bytes] = []
        self._app = recorded(self._answer, record)

    async def _answer(self, _scope: Message, receive: Receive, _send: Send) -> None:
        parts = [await receive()]
        while parts[-1]["more_body"]:
            parts.append(await receive())
        self.bodies.append(b"".join(part["body"] for part in parts))

    def take(self, key: str, *parts: bytes) -> None:
        """One signed request that comes in parts."""
        coming = iter(
            {"type": "http.request", "body": part, "more_body": part is not parts[-1]}
            for part in parts
        )

        async def receive() -> Message:
            return next(coming)

        async def send(_message: Message) -> None:
            raise AssertionError("nothing is sent")

        signed = f"AWS4-HMAC-SHA256 Credential={key}/20260105/us-east-1/dynamodb/aws4_request"
        headers = [
            (b"authorization", signed.encode()),
            (b"x-amz-target", b"DynamoDB_20120810.PutItem"),
        ]
        scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}

        async def run() -> None:
            await self._app(scope, receive, send)

        asyncio.run(run())


def test_a_functions_call_is_noted_once_and_answered_as_it_came(tmp_path: Path) -> None:
    record, body = tmp_path / "calls", b'{"TableName": "orders"}'
    cloud = Cloud(record)
    for key in ("commerce-local-One", "commerce-local-One", "local"):
        cloud.take(key, body[:5], body[5:])
    assert cloud.bodies == [body] * 3
    assert [json.loads(line) for line in record.read_text().splitlines()] == [
        {
            "function": "commerce-local-One",
            "action": "dynamodb:PutItem",
            "resource": TABLE + "orders",
        }
    ]
