"""Faults that tests order: what goes wrong, for which requests, how often."""

import threading
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from itertools import count
from types import UnionType
from typing import Final

from scripts.local.payment_sandbox.wire import Json, Request


class Kind(StrEnum):
    """What goes wrong."""

    LATENCY = "latency"  # waits `seconds` before the effect, its idempotency key in flight
    LATENCY_AFTER = "latency-after"  # waits `seconds` between the effect and the answer
    ERROR_BEFORE = "error-before"  # a server error that is kept under the key, without effect
    ERROR_AFTER = "error-after"  # the effect, then a server error that is kept under the key
    DROP_BEFORE = "drop-before"  # the connection closes, without effect
    DROP_AFTER = "drop-after"  # the effect, its answer kept under the key, the connection closes
    STATUS = "status"  # answered before the request is executed: nothing is kept (429, 503)
    EXPIRE = "expire"  # the authorisation expires just before the request is executed
    DECLINE = "decline"  # the bank refuses: a card error, and the intent wants another card


@dataclass(slots=True)
class Fault:
    """One ordered fault.

    Attributes:
        method, path, key: patterns (`*` and `?`) of the requests it strikes; `key` is the
            idempotency key's, and a request without one has the empty key.
        skip: how many matching requests pass before it strikes.
        times: how often it strikes; None: always.
        status: of the answer, for the kinds that answer an error.
        code: of the error; for a decline the decline code.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    key: str = "*"
    skip: int = 0
    times: int | None = 1
    seconds: float = 0.0
    status: int = 500
    code: str | None = None
    id: str = ""
    struck: int = 0


_TYPES: Final[dict[str, type | UnionType]] = {
    "kind": str,
    "method": str,
    "path": str,
    "key": str,
    "skip": int,
    "times": int | None,
    "seconds": int | float,
    "status": int,
    "code": str | None,
}


@dataclass(slots=True)
class Faults:
    """The faults ordered and not yet used up. Safe to share between threads."""

    _faults: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ids: "count[int]" = field(default_factory=lambda: count(1))

    def add(self, order: Json) -> Json:
        """Order a fault from its JSON form.

        Raises:
            ValueError: the order is not understood.
        """
        if unknown := order.keys() - _TYPES.keys():
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
        for name, value in order.items():
            if not isinstance(value, _TYPES[name]):
                raise ValueError(f"{name} has the wrong type")  # noqa: TRY004  # the sender's value
        fault = Fault(**{**order, "kind": Kind(order.get("kind", ""))})
        fault.id = f"fault_{next(self._ids)}"
        with self._lock:
            self._faults.append(fault)
        return asdict(fault)

    def list(self) -> list[Json]:
        """All of them, with how often each has struck."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def clear(self) -> None:
        """Order is restored."""
        with self._lock:
            self._faults.clear()

    def strike(self, request: Request) -> Fault | None:
        """The first fault that hits this request; it is counted."""
        if not self._faults:
            return None
        key = request.headers.get("idempotency-key", "")
        with self._lock:
            for fault in self._faults:
                if not (
                    fnmatchcase(request.method, fault.method.upper())
                    and fnmatchcase(request.path, fault.path)
                    and fnmatchcase(key, fault.key)
                ):
                    continue
                if fault.times is not None and fault.struck >= fault.times:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.struck += 1
                return fault
        return None
