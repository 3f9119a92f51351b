"""What each function asks of AWS, as IAM would judge it: a file of `--calls`.

Every function signs with an access key id of its own, which here is its name. Each kind of call is
written down once, as one line of JSON: function, action, resource.

What IAM judges is not always the operation's name: a transaction is judged by what it does to each
item, a batch by its own action on each table, a query of an index on the index. Sources: "Using IAM
with DynamoDB transactions" in the developer guide; the Service Authorization Reference.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Final

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]
Call = tuple[str, str]
"""An action and the ARN of the resource."""

OWN_KEY: Final = "local"
"""Of everybody who is no function."""
_SIGNED: Final = re.compile(rb"AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/([a-z0-9-]+)/([a-z]+)")
_INVOCATION: Final = re.compile(r"POST /2015-03-31/functions/(arn:.+)/invocations")
_ACCOUNT: Final = "000000000000"


def recorded(app: App, file: Path) -> App:
    """The app, with each new kind of call of a function added to the file."""
    seen: set[tuple[str, str, str]] = set()

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        signed = _SIGNED.match(headers.get(b"authorization", b""))
        if signed is None or signed[1].decode() == OWN_KEY:
            await app(scope, receive, send)
            return
        messages = await _all(receive)
        body = b"".join(message.get("body", b"") for message in messages)
        target = headers.get(b"x-amz-target", b"").decode()
        called = f"{scope['method']} {scope['path']}"
        for action, resource in calls_of(target or called, body, signed[2].decode()):
            call = (signed[1].decode(), action, resource)
            if call not in seen:
                seen.add(call)
                with file.open("a") as record:
                    record.write(
                        json.dumps(dict(zip(("function", "action", "resource"), call, strict=True)))
                        + "\n"
                    )
        given = iter(messages)

        async def again() -> Message:
            return next(given, None) or await receive()

        await app(scope, again, send)

    return answer


def calls_of(called: str, body: bytes, region: str) -> set[Call]:
    """What IAM judges of one request.

    Args:
        called: X-Amz-Target, or method and path where the API has none.
    """
    request = json.loads(body) if body else {}
    service, _, operation = called.rpartition(".")
    judged = _of_target(service, operation, request) or _of_path(called, request)
    return {(action, _arn(resource, region)) for action, resource in judged or {(called, "*")}}


def _arn(resource: str, region: str) -> str:
    """The ARN of `service:resource`; of what is one already, itself."""
    service, _, name = resource.partition(":")
    if service == "arn" or not name:
        return resource
    return f"arn:aws:{service}:{region}:{_ACCOUNT}:{name}"


def _of_target(service: str, operation: str, request: Mapping[str, Any]) -> set[Call]:
    match service:
        case "DynamoDB_20120810":
            items = _items(operation, request)
            return {(f"dynamodb:{action}", f"dynamodb:table/{table}") for action, table in items}
        case "AWSStepFunctions":
            machine = request.get("stateMachineArn") or request.get("executionArn", "*")
            return {(f"states:{operation}", machine)}
        case "AWSEvents":
            buses = {entry.get("EventBusName", "default") for entry in request.get("Entries", [])}
            return {(f"events:{operation}", f"events:event-bus/{bus}") for bus in buses}
        case "AmazonSQS" if "SourceArn" in request:
            return _moved(request)
        case "AmazonSQS":
            queue = str(request.get("QueueUrl", "*")).rpartition("/")[2]
            return {(f"sqs:{operation}", f"sqs:{queue}")}
        case "secretsmanager":
            return {(f"secretsmanager:{operation}", request.get("SecretId", "*"))}
        case "AWSCognitoIdentityProviderService":
            pool = request.get("UserPoolId", "*")
            return {(f"cognito-idp:{operation}", f"cognito-idp:userpool/{pool}")}
    return set()


def _of_path(called: str, request: Mapping[str, Any]) -> set[Call]:
    """Of the APIs that name their operations by method and path."""
    if called == "POST /v2/email/outbound-emails":
        domain = request.get("FromEmailAddress", "*").rpartition("@")[2]
        return {("ses:SendEmail", f"ses:identity/{domain}")}
    if function := _INVOCATION.fullmatch(called):
        return {("lambda:InvokeFunction", function[1])}
    return set()


def _moved(request: Mapping[str, Any]) -> set[Call]:
    """What a task that moves messages needs of its caller.

    Source: "Configure queue permissions" of dead-letter queue redrives in the SQS guide.
    """
    reads = ("StartMessageMoveTask", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes")
    moved = {(f"sqs:{action}", request["SourceArn"]) for action in reads}
    return moved | {("sqs:SendMessage", request["DestinationArn"])}


def _items(operation: str, request: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Item actions, each with its table or index."""
    match operation:
        case "TransactWriteItems" | "TransactGetItems":
            for entry in request["TransactItems"]:
                ((action, item),) = entry.items()
                yield f"{action}Item", item["TableName"]
        case "BatchGetItem" | "BatchWriteItem":
            for table in request["RequestItems"]:
                yield operation, table
        case _:
            index = f"/index/{request['IndexName']}" if "IndexName" in request else ""
            yield operation, request.get("TableName", "*") + index


async def _all(receive: Receive) -> list[Message]:
    """The messages of one whole request."""
    messages = [await receive()]
    while messages[-1].get("more_body"):
        messages.append(await receive())
    return messages
