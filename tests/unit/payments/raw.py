"""Requests to the sandbox as bytes on the wire, for what the SDK would not send."""

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.wire import Request, Response


def send(
    sandbox: Sandbox,
    method: str,
    target: str,
    params: dict[str, Any] | None = None,
    *,
    key: str | None = None,
    api_key: str = DEFAULT_API_KEY,
) -> Response:
    """One request of the provider's API."""
    parts = urlsplit(target)
    headers = {"authorization": f"Bearer {api_key}"}
    if key:
        headers["idempotency-key"] = key
    body = urlencode(params or {}).encode()
    return sandbox.handle(Request(method, parts.path, parts.query, headers, body))


def admin(sandbox: Sandbox, method: str, target: str, body: object = None) -> Any:
    """One request of the sandbox's own path; its answer must be 200."""
    parts = urlsplit(f"/_sandbox/{target}")
    text = json.dumps(body).encode() if body is not None else b""
    answer = sandbox.handle(Request(method, parts.path, parts.query, {}, text))
    assert answer.status == 200, answer.body
    return answer.json()


def new_intent(sandbox: Sandbox, *, amount: int = 1_000, card: str = "pm_card_visa") -> str:
    """The id of a new unconfirmed intent with manual capture."""
    params = {
        "amount": amount,
        "currency": "eur",
        "payment_method": card,
        "capture_method": "manual",
        "metadata[orderId]": "order-1",
    }
    intent_id: str = send(sandbox, "POST", "/v1/payment_intents", params).json()["id"]
    return intent_id
