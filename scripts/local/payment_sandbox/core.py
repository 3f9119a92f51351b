"""The sandbox without its socket: a request goes in, an answer comes out."""

import re
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from scripts.local.payment_sandbox import disputes, idempotency
from scripts.local.payment_sandbox.admin import PREFIX, Admin
from scripts.local.payment_sandbox.cards import Card
from scripts.local.payment_sandbox.faults import Fault, Faults, Kind
from scripts.local.payment_sandbox.intents import Intents
from scripts.local.payment_sandbox.refunds import Refunds
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.webhooks import Send, Webhooks, post
from scripts.local.payment_sandbox.wire import (
    ApiError,
    Dropped,
    Json,
    Request,
    Response,
    dumps,
    parse_form,
)

DEFAULT_API_KEY: Final = "sk_test_local_sandbox"
_LOGGED_REQUESTS: Final = 10_000
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SERVER_ERROR: Final = 500
Operation = Callable[[str, Json], Json]


def random_id(prefix: str) -> str:
    """An id as the provider makes them."""
    return prefix + "".join(_ALPHABET[byte % 62] for byte in secrets.token_bytes(24))


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    pattern: "re.Pattern[str]"
    operation: Operation


class Sandbox:
    """The provider.

    Args:
        store: its objects.
        api_key: the secret key that it accepts, until `accept_keys` says otherwise.
        now: seconds since the epoch.
        sleep: how an injected latency waits.
        new_id: makes an id from its prefix.
        send: how a webhook leaves.
    """

    def __init__(
        self,
        store: Store,
        *,
        api_key: str = DEFAULT_API_KEY,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        new_id: Callable[[str], str] = random_id,
        send: Send = post,
    ) -> None:
        self._store = store
        self.accept_keys([api_key])
        self._now = now
        self._sleep = sleep
        self._new_id = new_id
        self._in_flight = idempotency.InFlight()
        self._requests: deque[Json] = deque(maxlen=_LOGGED_REQUESTS)
        self._requests_lock = threading.Lock()
        self.faults = Faults()
        self.webhooks = Webhooks(store, new_id, self._seconds, send)
        self.intents = Intents(store, new_id, self._seconds, self.webhooks.record)
        self.refunds = Refunds(store, new_id, self._seconds, self.webhooks.record)
        self._routes = self._table()
        self._admin = Admin(
            store,
            self.faults,
            self.intents,
            self.refunds,
            self.webhooks,
            self.requests,
            self._requests.clear,
            self.accept_keys,
        )

    def handle(self, request: Request) -> Response:
        """Answer one request.

        Raises:
            Dropped: the connection is to be closed without an answer.
        """
        if request.path.startswith(PREFIX):
            return self._admin.handle(request)
        request_id = self._new_id("req_")
        fault = self.faults.strike(request)
        entry: Json = {
            "id": request_id,
            "method": request.method,
            "path": request.path,
            "idempotency_key": request.headers.get("idempotency-key"),
            "fault": fault.kind if fault else None,
            "status": None,
            "replayed": False,
        }
        with self._requests_lock:
            self._requests.append(entry)
        response = self._answer(request, fault)
        entry["status"] = response.status
        entry["replayed"] = response.headers == idempotency.REPLAYED
        headers = {"Request-Id": request_id, **response.headers}
        if key := request.headers.get("idempotency-key"):
            headers["Idempotency-Key"] = key
        return Response(response.status, response.body, headers)

    def requests(self) -> list[Json]:
        """The last requests, the oldest first; status None: not answered (yet)."""
        with self._requests_lock:
            return [dict(entry) for entry in self._requests]

    def accept_keys(self, keys: Iterable[str]) -> None:
        """Accept these secret keys from now on and no others, as rolling one does."""
        self._authorizations = tuple(f"Bearer {key}".encode() for key in keys)

    def _seconds(self) -> int:
        return int(self._now())

    def _table(self) -> list[_Route]:
        intents, refunds = self.intents, self.refunds
        routes: list[tuple[str, str, Operation]] = [
            ("POST", "/v1/payment_intents", lambda _, params: intents.create(params)),
            ("GET", "/v1/payment_intents", lambda _, params: intents.list(params)),
            ("GET", "/v1/payment_intents/([^/]+)", lambda intent_id, _: intents.find(intent_id)),
            ("POST", "/v1/payment_intents/([^/]+)/confirm", intents.confirm),
            ("POST", "/v1/payment_intents/([^/]+)/capture", intents.capture),
            ("POST", "/v1/payment_intents/([^/]+)/cancel", intents.cancel),
            ("POST", "/v1/refunds", lambda _, params: refunds.create(params)),
            ("GET", "/v1/refunds", lambda _, params: refunds.list(params)),
            ("GET", "/v1/refunds/([^/]+)", lambda refund_id, _: refunds.find(refund_id)),
            ("GET", "/v1/disputes", lambda _, params: disputes.listed(self._store, params)),
        ]
        return [_Route(method, re.compile(path), operation) for method, path, operation in routes]

    def _answer(self, request: Request, fault: Fault | None) -> Response:
        try:
            if fault and fault.kind is Kind.DROP_BEFORE:
                raise Dropped
            if fault and fault.kind is Kind.STATUS:
                raise _ordered_error(fault, executed=False)
            self._require_key(request)
            operation, object_id = self._routed(request)
            params = parse_form(request.parameters)
            key = idempotency.key_of(request)
            with self._in_flight.only_one(key):
                if fault and fault.kind is Kind.LATENCY:
                    self._sleep(fault.seconds)
                response = self._once(
                    request, key, fault, lambda: operation(object_id, params), object_id
                )
                if fault and fault.kind is Kind.LATENCY_AFTER:
                    self._sleep(fault.seconds)
        except ApiError as error:
            response = Response(error.status, dumps(error.body))
        if fault and fault.kind is Kind.DROP_AFTER:
            raise Dropped
        return response

    def _once(
        self,
        request: Request,
        key: str | None,
        fault: Fault | None,
        operation: Callable[[], Json],
        object_id: str,
    ) -> Response:
        """Effect and kept answer are one transaction; an error that was not executed undoes it."""
        with self._store.transaction():
            kept = idempotency.kept_answer(self._store, key, request) if key else None
            if kept is not None:
                return kept
            try:
                status, body = 200, self._execute(fault, operation, object_id)
            except ApiError as error:
                if not error.executed:
                    raise
                status, body = error.status, error.body
            if fault and fault.kind is Kind.ERROR_AFTER:
                ordered = _ordered_error(fault, executed=True)
                status, body = ordered.status, ordered.body
            text = dumps(body)
            if key:
                mark = idempotency.fingerprint(request)
                self._store.keep_answer(key, mark, status, text, self._seconds())
        return Response(status, text)

    def _execute(self, fault: Fault | None, operation: Callable[[], Json], object_id: str) -> Json:
        if fault and fault.kind is Kind.ERROR_BEFORE:
            raise _ordered_error(fault, executed=True)
        if fault and fault.kind is Kind.EXPIRE:
            self.intents.expire_if_held(object_id)
        if fault and fault.kind is Kind.DECLINE:
            code = fault.code or "generic_decline"
            self.intents.decline_if_open(
                object_id, Card(error_code="card_declined", decline_code=code)
            )
        return operation()

    def _require_key(self, request: Request) -> None:
        given = request.headers.get("authorization", "").encode()
        if any(secrets.compare_digest(given, accepted) for accepted in self._authorizations):
            return
        message = "Invalid API Key provided." if given else "You did not provide an API key."
        raise ApiError(401, message, executed=False)

    def _routed(self, request: Request) -> tuple[Operation, str]:
        for route in self._routes:
            if route.method == request.method and (found := route.pattern.fullmatch(request.path)):
                return route.operation, found[1] if found.groups() else ""
        message = f"Unrecognized request URL ({request.method}: {request.path})."
        raise ApiError(404, message, executed=False)


def _ordered_error(fault: Fault, *, executed: bool) -> ApiError:
    kind = "api_error" if fault.status >= _SERVER_ERROR else "invalid_request_error"
    fields: dict[str, Any] = {"code": fault.code} if fault.code else {}
    return ApiError(fault.status, "An injected fault.", type=kind, executed=executed, **fields)
