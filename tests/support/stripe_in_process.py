"""The real Stripe SDK over the payment sandbox's core, in this process: no socket, no thread."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe
from urllib3 import HTTPHeaderDict

from functions.payments.stripe_gateway import StripeGateway
from functions.payments.stripe_http import Lost
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Dropped, Request


class InProcessHttpClient(stripe.HTTPClient):
    """The SDK's transport, straight into a sandbox. A dropped connection looks as on a socket."""

    name = "in-process"

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__()
        self._sandbox = sandbox

    def request(  # type: ignore[override]  # the SDK answers bytes where its base class says str
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """See `stripe.HTTPClient.request`."""
        target = urlsplit(url)
        lower = {name.lower(): value for name, value in (headers or {}).items()}
        body = (post_data or "").encode()
        try:
            answer = self._sandbox.handle(
                Request(method.upper(), target.path, target.query, lower, body)
            )
        except Dropped:
            raise Lost("connection_lost") from None
        return answer.body.encode(), answer.status, HTTPHeaderDict(answer.headers)

    def close(self) -> None:
        """Nothing is open."""


class StaticKey:
    """An API key that does not rotate; counts how often another was asked for."""

    def __init__(self, key: str = DEFAULT_API_KEY) -> None:
        self.key = key
        self.refused = 0

    def __call__(self) -> str:
        return self.key

    def instead_of(self, refused: str) -> str:
        """See `ApiKey.instead_of`: there is no other one."""
        self.refused += 1
        return refused


def in_process_gateway(sandbox: Sandbox | None = None) -> tuple[StripeGateway, Sandbox]:
    """The production adapter over a sandbox in memory.

    Example::

        gateway, sandbox = in_process_gateway()
        intent = gateway.create_intent("order-1", 1200, "EUR", "pm_card_visa")
        sandbox.faults.add({"kind": "drop-after", "path": "*/confirm"})
    """
    sandbox = sandbox or Sandbox(Store())
    return StripeGateway(StaticKey(), http_client=InProcessHttpClient(sandbox)), sandbox
