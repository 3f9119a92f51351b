"""Reaching into every call that the saga's handlers make to the outside, in this process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from scripts.local.payment_sandbox.core import Sandbox
from tests.support.stripe_in_process import InProcessHttpClient


@dataclass(frozen=True)
class Call:
    """A call that a handler makes to the outside, like ("dynamodb", "TransactWriteItems")."""

    service: str
    operation: str

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


class Taps:
    """Reaches into every call of the handlers to DynamoDB, SES, Cognito and Stripe."""

    def __init__(self) -> None:
        self.before: Callable[[Call], None] = _nothing
        self.after: Callable[[Call], None] = _nothing

    def reset(self) -> None:
        """Lets calls through again."""
        self.before = self.after = _nothing

    def tap(self, service: str, client: Any) -> Any:
        """A client of AWS whose calls are reached into."""
        if service in ("dynamodb", "sesv2", "cognito-idp"):
            events = client.meta.events
            events.register(
                "before-call", lambda model, **_: self.before(Call(service, model.name))
            )
            events.register("after-call", lambda model, **_: self.after(Call(service, model.name)))
        return client


def _nothing(_: Call) -> None:
    """Lets the call through."""


class TappedHttpClient(InProcessHttpClient):
    """The Stripe SDK's transport into the sandbox's core, reached into as well."""

    def __init__(self, sandbox: Sandbox, taps: Taps) -> None:
        super().__init__(sandbox)
        self._taps = taps

    def request(  # type: ignore[override]  # as in its base
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """See `InProcessHttpClient.request`: one call, as the taps know it."""
        last = urlsplit(url).path.rsplit("/", 1)[-1]
        call = Call("stripe", f"{method.upper()} {'intent' if last.startswith('pi_') else last}")
        self._taps.before(call)
        answer = super().request(method, url, headers, post_data)
        self._taps.after(call)
        return answer
