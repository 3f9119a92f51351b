"""Webhooks: every event is recorded with the change that caused it, then sent until it is taken.

The signature is Stripe's (https://docs.stripe.com/webhooks/signatures): an HMAC over the time and
the body. As at the provider, an event may come twice and events come in any order.
"""

import hmac
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import urllib3

from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import ApiError, Json, dumps, missing_object

ATTEMPTS: Final = 12
_LONGEST_DELAY_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 10
_ENDPOINT: Final = "we_sandbox"
_API_VERSION: Final = "2026-10-28.endive"
EVERYTHING: Final = ("*",)
"""All types of events, as https://docs.stripe.com/api/webhook_endpoints/object writes it."""

Send = Callable[[str, Mapping[str, str], bytes], int]
"""Posts a body with headers to an address; returns the status, 0 if there was no answer."""


def signature(body: str, secret: str, at: int) -> str:
    """The `Stripe-Signature` header of a body sent at this time (seconds since the epoch)."""
    digest = hmac.new(secret.encode(), f"{at}.{body}".encode(), "sha256").hexdigest()
    return f"t={at},v1={digest}"


def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Over HTTP."""
    try:
        answer = urllib3.request(
            "POST",
            url,
            body=body,
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
            retries=False,
            redirect=False,
        )
    except urllib3.exceptions.HTTPError:
        return 0
    return answer.status


class Webhooks:
    """The one endpoint and what is to be sent to it.

    Args:
        new_id: makes an id from its prefix.
        now: seconds since the epoch.
        send: how a body leaves.
    """

    def __init__(
        self,
        store: Store,
        new_id: Callable[[str], str],
        now: Callable[[], int],
        send: Send = post,
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._now = now
        self._send = send
        self._wake = threading.Event()

    def register(self, url: str, secret: str, enabled: Sequence[str] = EVERYTHING) -> Json:
        """Send events from now on to this address: of these types, or of all."""
        if not url.startswith(("http://", "https://")) or not secret:
            raise ApiError(400, "An endpoint has a url and a secret.")
        endpoint = {"id": _ENDPOINT, "url": url, "secret": secret, "enabled_events": [*enabled]}
        with self._store.transaction():
            self._store.put("endpoint", endpoint)
        return {"url": url}

    def record(self, kind: str, body: Json) -> None:
        """Note an event, inside the transaction of its cause, if the endpoint wants its type."""
        endpoint = self._store.get("endpoint", _ENDPOINT)
        if endpoint is None or not {kind, "*"} & set(endpoint["enabled_events"]):
            return
        event: Json = {
            "id": self._new_id("evt_"),
            "object": "event",
            "api_version": _API_VERSION,
            "created": self._now(),
            "data": {"object": body},
            "livemode": False,
            "pending_webhooks": 1,
            "type": kind,
        }
        self._store.put("event", event)
        self._enqueue(event["id"])

    def events(self, kind: str | None = None) -> list[Json]:
        """The recorded events, the oldest first."""
        with self._store.transaction():
            found = self._store.list("event")[::-1]
        return [event for event in found if kind in (None, event["type"])]

    def undelivered(self) -> list[Json]:
        """What is still to be sent or was given up, with the number of attempts."""
        with self._store.transaction():
            return self._store.list("delivery") + self._store.list("given_up")

    def resend(self, event_id: str) -> Json:
        """Send an event once more, as the provider's dashboard does."""
        with self._store.transaction():
            event = self._store.get("event", event_id)
            if event is None:
                raise missing_object("event", event_id, param="event")
            self._enqueue(event_id)
        return event

    def deliver(self, *, all_at_once: bool = False) -> int:
        """Send what is due (or everything that is waiting); returns how many were taken."""
        with self._store.transaction():
            endpoint = self._store.get("endpoint", _ENDPOINT)
            waiting = self._store.list("delivery")[::-1]
        now = self._now()
        due = [one for one in waiting if all_at_once or one["due"] <= now]
        return sum(self._deliver_one(endpoint, one) for one in due) if endpoint else 0

    def run(self, stopped: threading.Event, *, pause_seconds: float = 1.0) -> None:
        """Deliver until stopped."""
        while not stopped.is_set():
            self._wake.clear()
            self.deliver()
            self._wake.wait(pause_seconds)

    def wake(self) -> None:
        """Look again now."""
        self._wake.set()

    def _enqueue(self, event_id: str) -> None:
        delivery = {"id": self._new_id("wd_"), "event": event_id, "attempts": 0, "due": 0}
        self._store.put("delivery", delivery)
        self._wake.set()

    def _deliver_one(self, endpoint: Json, delivery: Json) -> bool:
        with self._store.transaction():
            event = self._store.get("event", delivery["event"])
        if event is None:
            return False  # forgotten by a reset meanwhile
        body = dumps(event)
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(body, endpoint["secret"], self._now()),
            "User-Agent": "Stripe/1.0 (sandbox)",
        }
        taken = self._send(endpoint["url"], headers, body.encode()) // 100 == 2
        with self._store.transaction():
            if taken:
                self._store.drop(delivery["id"])
            else:
                self._postpone(delivery)
        return taken

    def _postpone(self, delivery: Json) -> None:
        delivery["attempts"] += 1
        if delivery["attempts"] >= ATTEMPTS:
            self._store.drop(delivery["id"])
            self._store.put("given_up", delivery)
            return
        delay = min(2 ** delivery["attempts"] // 2, _LONGEST_DELAY_SECONDS)
        delivery["due"] = self._now() + delay
        self._store.put("delivery", delivery)
