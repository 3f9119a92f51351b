"""DynamoDB's transaction conflicts before an engine that has none.

    with conflict_proxy(emulator.url) as proxy:
        client = boto3.client("dynamodb", endpoint_url=proxy.url, …)

No local engine ever reports a conflict: it serialises what overlaps. DynamoDB refuses it. So this
proxy notes for each item which write is under way, keeps a transaction's items for about 10 ms,
and refuses what overlaps before the engine sees it:

- a transaction, if another write of one of its items is under way;
- a single write, if a transaction of its item is under way;
- a transactional read, if any write of one of its items is under way. Other reads go through.

Source: "Transaction conflict handling in DynamoDB" of the developer guide.
"""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

HOLD_SECONDS: Final = 0.010
"""How long a transaction keeps its items."""
CONNECTIONS: Final = 128
"""Served at once; more wait until one is closed."""

_ERRORS: Final = "com.amazonaws.dynamodb.v20120810#"
_ONGOING: Final = "Transaction is ongoing for the item"
_SINGLE_WRITES: Final = ("PutItem", "UpdateItem", "DeleteItem")

Place = tuple[str, str, str]
"""Table, partition key, sort key."""


class Items:
    """Which items are being written at this moment."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_transactions: set[Place] = set()
        self._in_writes: Counter[Place] = Counter()

    def take_all(self, places: Sequence[Place]) -> list[bool]:
        """Takes all of them for a transaction, or none.

        Returns:
            For each whether it is in conflict; they are taken if none is.
        """
        with self._lock:
            conflicts = self._written(places)
            if not any(conflicts):
                self._in_transactions.update(places)
            return conflicts

    def give_back(self, places: Sequence[Place]) -> None:
        """Ends a transaction."""
        with self._lock:
            self._in_transactions.difference_update(places)

    def take(self, place: Place) -> bool:
        """Takes one for a single write; whether that is allowed."""
        with self._lock:
            if place in self._in_transactions:
                return False
            self._in_writes[place] += 1
            return True

    def put_back(self, place: Place) -> None:
        """Ends a single write."""
        with self._lock:
            self._in_writes -= Counter([place])

    def written(self, places: Sequence[Place]) -> list[bool]:
        """For each whether a write of it is under way."""
        with self._lock:
            return self._written(places)

    def _written(self, places: Sequence[Place]) -> list[bool]:
        return [place in self._in_transactions or place in self._in_writes for place in places]


class ConflictProxy(ThreadingHTTPServer):
    """The proxy. `url` is where clients point; `conflicts` counts what it has refused."""

    daemon_threads = True
    request_queue_size = CONNECTIONS

    def __init__(self, engine: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.engine = urlsplit(engine)
        self.items = Items()
        self.conflicts: Counter[str] = Counter()
        self._free = threading.BoundedSemaphore(CONNECTIONS)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Bounds the threads."""
        self._free.acquire()
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """One connection."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer is one packet
    server: ConflictProxy

    def setup(self) -> None:
        super().setup()
        engine = self.server.engine
        self._engine = http.client.HTTPConnection(str(engine.hostname), engine.port, timeout=60)

    def finish(self) -> None:
        self._engine.close()
        super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Says nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
        if operation == "TransactWriteItems":
            self._transact(operation, body)
        elif operation in _SINGLE_WRITES:
            self._write(operation, body)
        elif operation == "TransactGetItems":
            self._refuse_or(operation, self.server.items.written(_places(body)), body)
        else:
            self._forward(body)

    def _transact(self, operation: str, body: bytes) -> None:
        places, items = _places(body), self.server.items
        conflicts = items.take_all(places)
        if any(conflicts):
            return self._cancel(operation, conflicts)
        until = time.monotonic() + HOLD_SECONDS
        try:
            answer = self._ask(body)
            time.sleep(max(0.0, until - time.monotonic()))
        finally:
            items.give_back(places)
        return self._answer(*answer)

    def _write(self, operation: str, body: bytes) -> None:
        request = json.loads(body)
        place = _place(request["TableName"], request.get("Key") or request["Item"])
        if not self.server.items.take(place):
            return self._conflict(operation)
        try:
            answer = self._ask(body)
        finally:
            self.server.items.put_back(place)
        return self._answer(*answer)

    def _refuse_or(self, operation: str, conflicts: list[bool], body: bytes) -> None:
        return self._cancel(operation, conflicts) if any(conflicts) else self._forward(body)

    def _cancel(self, operation: str, conflicts: list[bool]) -> None:
        codes = ["TransactionConflict" if each else "None" for each in conflicts]
        reasons = [
            {"Code": code, "Message": _ONGOING} if code != "None" else {"Code": code}
            for code in codes
        ]
        message = (
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{', '.join(codes)}]"
        )
        self._refuse(
            operation,
            {
                "__type": f"{_ERRORS}TransactionCanceledException",
                "Message": message,
                "CancellationReasons": reasons,
            },
        )

    def _conflict(self, operation: str) -> None:
        error = {"__type": f"{_ERRORS}TransactionConflictException", "message": _ONGOING}
        self._refuse(operation, error)

    def _refuse(self, operation: str, error: Any) -> None:
        self.server.conflicts[operation] += 1
        self._answer(HTTPStatus.BAD_REQUEST, json.dumps(error).encode())

    def _forward(self, body: bytes) -> None:
        self._answer(*self._ask(body))

    def _ask(self, body: bytes) -> tuple[int, bytes]:
        headers = {
            name: text for name, text in self.headers.items() if name.lower() != "connection"
        }
        self._engine.request("POST", self.path, body, headers)
        response = self._engine.getresponse()
        return response.status, response.read()

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _places(body: bytes) -> list[Place]:
    """The items of a transaction, in its order."""
    places = []
    for action in json.loads(body)["TransactItems"]:
        ((_, request),) = action.items()
        places.append(_place(request["TableName"], request.get("Key") or request["Item"]))
    return places


def _place(table: str, key: Any) -> Place:
    return table, key["PK"]["S"], key["SK"]["S"]


@contextmanager
def conflict_proxy(engine: str) -> Iterator[ConflictProxy]:
    """A running proxy before an engine, gone afterwards."""
    with ConflictProxy(engine) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
