"""Events as an HTTP API hands them to a function (payload format 2.0)."""

import json
from dataclasses import dataclass
from typing import Any

CUSTOMER = "customer-1"


@dataclass(frozen=True)
class Answer:
    """A response, with its headers in lower case and its body parsed."""

    status: int
    headers: dict[str, str]
    body: Any


def http_event(
    route: str,
    *,
    path: dict[str, str] | None = None,
    body: object = None,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    claims: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The event of a request to a route, by default with a customer's access token.

    `body` is sent as it is if it is text, else as JSON.
    """
    method, pattern = route.split(" ")
    raw_path = pattern.format(**(path or {}))
    token = {"token_use": "access", "sub": CUSTOMER, "cognito:groups": "[customer]"}
    return {
        "version": "2.0",
        "routeKey": route,
        "rawPath": raw_path,
        "rawQueryString": "&".join(f"{k}={v}" for k, v in (query or {}).items()),
        "headers": {"content-type": "application/json", **(headers or {})},
        "queryStringParameters": query,
        "pathParameters": path or {},
        "requestContext": {
            "http": {"method": method, "path": raw_path, "sourceIp": "127.0.0.1"},
            "stage": "$default",
            "requestId": "request-1",
            "timeEpoch": 1_767_614_400_000,
            "authorizer": {"jwt": {"claims": token if claims is None else claims}},
        },
        "body": body if isinstance(body, str) or body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


def answer(response: dict[str, Any]) -> Answer:
    """What a handler returned; its body is a text, be it an empty one."""
    headers = {name.lower(): value for name, value in response.get("headers", {}).items()}
    for name, values in response.get("multiValueHeaders", {}).items():
        headers[name.lower()] = ",".join(values)
    text = response.get("body")
    assert isinstance(text, str), response
    return Answer(response["statusCode"], headers, json.loads(text) if text else None)
