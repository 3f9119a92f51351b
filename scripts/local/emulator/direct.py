"""The short way of a call that names its API operation by itself.

Every AWS API of the JSON protocol says in X-Amz-Target which operation is meant. MiniStack still
asks of each request whether it may be for a bucket's, a load balancer's, a distribution's or a
function's own address, and answers with headers for browsers and with those of S3. Functions make
hundreds of such calls a second, so here they go straight to its dispatcher, and the answer carries
what AWS's carries: its type, length, checksum, date and request id.
"""

import re
import uuid
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import Any

from ministack import app as ministack
from ministack.core import responses

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

_APIS = (
    b"DynamoDB_20120810.",
    b"AWSStepFunctions.",
    b"AWSEvents.",
    b"AmazonSQS.",
    b"secretsmanager.",
    b"AWSCognitoIdentityProviderService.",
)
_SIGNED = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/]+)/[0-9]{8}/([a-z0-9-]+)/")
_OF_THE_JSON_PROTOCOL = ("content-type", "x-amz-crc32", "x-amzn-requestid", "x-amzn-errortype")


def shortened(app: App) -> App:
    """The app with this way for the calls that can take it."""

    async def answer(scope: Message, receive: Receive, send: Send) -> None:
        call = _signed_call(scope)
        if call is None:
            await app(scope, receive, send)
            return
        headers, account, region = call
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        responses.set_request_client_ip(scope["client"][0])
        body = await _body(receive)
        if body is None:
            return
        status, found, content = await ministack._dispatch_service_request(
            "POST", "/", headers, body, {}, str(uuid.uuid4())
        )
        kept = [
            (name.encode(), str(value).encode("latin-1"))
            for name, value in found.items()
            if name.lower() in _OF_THE_JSON_PROTOCOL
        ]
        content = content if isinstance(content, bytes) else content.encode()
        kept.append((b"content-length", b"%d" % len(content)))
        kept.append((b"date", formatdate(usegmt=True).encode()))
        await send({"type": "http.response.start", "status": status, "headers": kept})
        await send({"type": "http.response.body", "body": content})

    return answer


def _signed_call(scope: Message) -> tuple[dict[str, str], str, str] | None:
    """The headers of a call that needs no more to be understood, its account and its region."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != "/":
        return None
    given = dict(scope["headers"])
    if not given.get(b"x-amz-target", b"").startswith(_APIS) or b"transfer-encoding" in given:
        return None
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in given.items()}
    signed = _SIGNED.match(headers.get("authorization", ""))
    return (headers, signed[1], signed[2]) if signed else None


async def _body(receive: Receive) -> bytes | None:
    """The whole body; none if its sender has gone."""
    parts = []
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(parts)
