"""Idempotency keys: the first request's answer is kept and repeated.

https://docs.stripe.com/api/idempotent_requests: kept once the endpoint has begun to execute, server
errors included; not kept when parameters fail validation, or a twin is still running. A key may be
pruned after 24 hours, and then it is as if it had never been used.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Final
from urllib.parse import parse_qsl

from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import ApiError, Request, Response

REPLAYED: Final = {"Idempotent-Replayed": "true"}
_LONGEST_KEY: Final = 255


def key_of(request: Request) -> str | None:
    """The key of a request that has an effect; keys of others are ignored.

    Raises:
        ApiError: 400, the key is too long.
    """
    if request.method != "POST":
        return None
    key = request.headers.get("idempotency-key")
    if key is not None and len(key) > _LONGEST_KEY:
        raise ApiError(
            400,
            "Idempotency keys are at most 255 characters long.",
            type="idempotency_error",
            executed=False,
        )
    return key or None


def fingerprint(request: Request) -> str:
    """What must be the same for a key to be used again: the endpoint and its parameters."""
    parameters = repr(sorted(parse_qsl(request.parameters, keep_blank_values=True)))
    return f"{request.path} {sha256(parameters.encode()).hexdigest()}"


def kept_answer(store: Store, key: str, request: Request) -> Response | None:
    """The answer to repeat, if there is one.

    Raises:
        ApiError: 400 idempotency_error, the key belongs to another request.
    """
    kept = store.answer(key)
    if kept is None:
        return None
    first, status, body = kept
    if first == fingerprint(request):
        return Response(status, body, REPLAYED)
    same = "endpoint" if first.split(" ")[0] != request.path else "parameters"
    raise ApiError(
        400,
        f"Keys for idempotent requests can only be used with the same {same} they were first used"
        f" with. Try using a key other than '{key}' if you meant to execute a different request.",
        type="idempotency_error",
        executed=False,
    )


class InFlight:
    """The keys of requests that are being executed."""

    def __init__(self) -> None:
        self._keys: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def only_one(self, key: str | None) -> Iterator[None]:
        """Refuses a second request with the same key while the first one runs.

        Raises:
            ApiError: 409 idempotency_key_in_use.
        """
        if key is None:
            yield
            return
        with self._lock:
            if key in self._keys:
                raise ApiError(
                    409,
                    "There is currently another in-progress request using this Idempotent Key"
                    f" (that probably means you submitted twice): {key}.",
                    code="idempotency_key_in_use",
                    executed=False,
                )
            self._keys.add(key)
        try:
            yield
        finally:
            with self._lock:
                self._keys.discard(key)
