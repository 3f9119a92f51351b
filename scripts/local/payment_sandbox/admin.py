"""The sandbox's own path: look inside, order faults, let time pass. Nothing of it exists at Stripe.

=========================================  =======================================================
`GET  /_sandbox/health`                    200
`GET  /_sandbox/intents?order=<orderId>`   the intents (of the order), each with its refunds
`GET  /_sandbox/totals?order=<orderId>`    authorised, captured, refunded, per all of those
`GET  /_sandbox/requests`                  the last requests: key, status, replayed, fault
`POST /_sandbox/faults`                    order a fault (`Fault` as JSON)
`GET  /_sandbox/faults`                    the ordered faults, with how often each has struck
`DELETE /_sandbox/faults`                  order no more faults
`PUT  /_sandbox/api-keys`                  accept these secret keys only: `{"accepted": []}`
`POST /_sandbox/keys/expire`               forget idempotency keys: `{"prefix": ""}`
`POST /_sandbox/intents/<id>/expire`       the authorisation is too old: cancelled, "automatic"
`POST /_sandbox/intents/<id>/refund`       a refund from outside: `{"amount": 100}`, or the rest
`POST /_sandbox/intents/<id>/dispute`      the customer disputes the payment with their bank
`POST /_sandbox/disputes/<id>/close`       the bank has decided: `{"status": "won"}`, or "lost"
`POST /_sandbox/refunds/<id>/fail`         the customer's bank could not take the refund
`PUT  /_sandbox/webhook`                   send events to `{"url": ..., "secret": "whsec_..."}`;
                                           `"enabled_events"`: of these types only
`GET  /_sandbox/events?type=<type>`        what was recorded since, the oldest first
`GET  /_sandbox/events/undelivered`        what is still to be sent, or was given up
`POST /_sandbox/events/deliver`            send what waits, now, in this request
`POST /_sandbox/events/<id>/resend`        send it once more
`POST /_sandbox/reset`                     forget everything
=========================================  =======================================================
"""

import json
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import parse_qs

from scripts.local.payment_sandbox.disputes import close
from scripts.local.payment_sandbox.faults import Faults
from scripts.local.payment_sandbox.intents import Intents
from scripts.local.payment_sandbox.refunds import Refunds
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.webhooks import EVERYTHING, Webhooks
from scripts.local.payment_sandbox.wire import ApiError, Json, Request, Response, dumps

PREFIX: Final = "/_sandbox/"


class Admin:
    """Answers requests below `/_sandbox/`."""

    def __init__(
        self,
        store: Store,
        faults: Faults,
        intents: Intents,
        refunds: Refunds,
        webhooks: Webhooks,
        requests: Callable[[], list[Json]],
        forget_requests: Callable[[], None],
        accept_keys: Callable[[Sequence[str]], None],
    ) -> None:
        self._store = store
        self._faults = faults
        self._intents = intents
        self._refunds = refunds
        self._webhooks = webhooks
        self._requests = requests
        self._forget_requests = forget_requests
        self._accept_keys = accept_keys

    def handle(self, request: Request) -> Response:
        """Answer one request of the admin path."""
        try:
            return Response(200, dumps(self._dispatch(request, _json_object(request.body))))
        except ApiError as error:
            return Response(error.status, dumps(error.body))
        except ValueError as error:
            return Response(400, dumps({"error": {"message": str(error)}}))

    def _dispatch(self, request: Request, body: Json) -> Json:
        query = parse_qs(request.query)
        order = query.get("order", [None])[0]
        webhooks = self._webhooks
        deeds: dict[tuple[str, str], Callable[[], Json]] = {
            ("GET", "health"): lambda: {"status": "ok"},
            ("GET", "intents"): lambda: {"data": self.payments(order)},
            ("GET", "totals"): lambda: self.totals(order),
            ("GET", "requests"): lambda: {"data": self._requests()},
            ("GET", "faults"): lambda: {"data": self._faults.list()},
            ("POST", "faults"): lambda: self._faults.add(body),
            ("DELETE", "faults"): self._clear_faults,
            ("POST", "reset"): self._reset,
            ("PUT", "webhook"): lambda: webhooks.register(
                _text(body, "url"), _text(body, "secret"), _texts(body, "enabled_events")
            ),
            ("PUT", "api-keys"): lambda: self._roll(_texts(body, "accepted")),
            ("GET", "events"): lambda: {"data": webhooks.events(query.get("type", [None])[0])},
            ("GET", "events/undelivered"): lambda: {"data": webhooks.undelivered()},
            ("POST", "events/deliver"): lambda: {"taken": webhooks.deliver(all_at_once=True)},
            ("POST", "keys/expire"): lambda: self._expire_keys(_text(body, "prefix")),
        }
        path = request.path.removeprefix(PREFIX)
        if deed := deeds.get((request.method, path)):
            return deed()
        kind, _, rest = path.partition("/")
        object_id, _, done = rest.partition("/")
        if request.method == "POST" and done:
            return self._change(kind, object_id, done, body)
        raise ApiError(404, f"No such admin path: {request.method} {request.path}")

    def _clear_faults(self) -> Json:
        self._faults.clear()
        return {}

    def _roll(self, accepted: Sequence[str]) -> Json:
        self._accept_keys(accepted)
        return {}

    def _expire_keys(self, prefix: str) -> Json:
        with self._store.transaction():
            return {"expired": self._store.forget_answers(prefix)}

    def _change(self, kind: str, object_id: str, done: str, body: Json) -> Json:
        if (kind, done) == ("events", "resend"):
            return self._webhooks.resend(object_id)
        amount = {"amount": str(body["amount"])} if "amount" in body else {}
        with self._store.transaction():
            match kind, done:
                case "intents", "expire":
                    return self._intents.expire(object_id)
                case "intents", "refund":
                    return self._refunds.create({"payment_intent": object_id, **amount})
                case "intents", "dispute":
                    return self._intents.dispute(object_id)
                case "disputes", "close":
                    status = _text(body, "status")
                    return close(self._store, object_id, status, self._webhooks.record)
                case "refunds", "fail":
                    return self._refunds.fail(self._refunds.find(object_id))
        raise ApiError(404, f"Nothing called {done} can be done to {kind}")

    def payments(self, order: str | None) -> list[Json]:
        """The intents of an order, or all, each with its refunds; the newest first."""
        with self._store.transaction():
            intents = self._store.list("payment_intent", parent=order)
            for intent in intents:
                intent["refunds"] = self._store.list("refund", parent=intent["id"])
        return intents

    def totals(self, order: str | None) -> Json:
        """What is held, was captured, and was given back; amounts in minor units."""
        payments = self.payments(order)
        refunds = [refund for payment in payments for refund in payment["refunds"]]
        return {
            "intents": len(payments),
            "authorised": sum(payment["amount_capturable"] for payment in payments),
            "live_authorisations": sum(p["status"] == "requires_capture" for p in payments),
            "captured": sum(payment["amount_received"] for payment in payments),
            "refunded": sum(
                r["amount"] for r in refunds if r["status"] in ("succeeded", "pending")
            ),
        }

    def _reset(self) -> Json:
        with self._store.transaction():
            self._store.clear()
        self._faults.clear()
        self._forget_requests()
        return {}


def _json_object(text: bytes) -> Json:
    body = json.loads(text) if text else {}
    if not isinstance(body, dict):
        raise ValueError("the body must be a JSON object")  # noqa: TRY004  # the sender's value
    return body


def _text(body: Json, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} must be a text")  # noqa: TRY004  # the sender's value
    return value


def _texts(body: Json, name: str) -> Sequence[str]:
    values = body.get(name, EVERYTHING)
    if not isinstance(values, list | tuple) or not all(isinstance(v, str) for v in values):
        raise ValueError(f"{name} must be a list of texts")
    return values
