"""The relay publishes in order, stops at what does not go, and lets Lambda isolate it."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from functions.events import relay
from functions.events.relay import MAX_ENTRIES, MAX_REQUEST_BYTES, Unpublished, chunks, publish
from functions.shared import clients
from tests.support.event_fixtures import record


class FakeBus:
    """PutEvents: entries of a refused type fail, or the whole call does."""

    def __init__(
        self, refused: frozenset[str] = frozenset(), error: Exception | None = None
    ) -> None:
        self.published: list[str] = []
        self.requests: list[int] = []
        self._refused = refused
        self._error = error

    def put_events(self, *, Entries: Sequence[Any]) -> dict[str, Any]:
        """See EventBridge's API reference."""
        assert 1 <= len(Entries) <= 10
        if self._error and self.requests:
            raise self._error
        self.requests.append(len(Entries))
        results = [self._put(entry) for entry in Entries]
        failed = sum("ErrorCode" in result for result in results)
        return {"FailedEntryCount": failed, "Entries": results}

    def _put(self, entry: Any) -> dict[str, str]:
        if entry["DetailType"] in self._refused:
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        self.published.append(entry["DetailType"])
        return {"EventId": "e"}


def _records(*event_types: str) -> list[dict[str, Any]]:
    return [record(str(100 + i), event_type) for i, event_type in enumerate(event_types)]


def _numbered(count: int) -> list[dict[str, Any]]:
    return _records(*(f"E{i}" for i in range(count)))


def _handle(
    monkeypatch: pytest.MonkeyPatch, bus: FakeBus, records: list[dict[str, Any]]
) -> dict[str, Any]:
    monkeypatch.setattr(clients, "events", lambda: bus)
    monkeypatch.setenv("EVENT_BUS_NAME", "commerce-test")
    return relay.handler({"Records": records}, None)


def test_a_batch_is_published_in_order_ten_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = FakeBus()
    assert _handle(monkeypatch, bus, _numbered(23)) == {"batchItemFailures": []}
    assert bus.published == [f"E{i}" for i in range(23)]
    assert bus.requests == [10, 10, 3]


def test_a_failed_entry_is_where_lambda_comes_again_from(monkeypatch: pytest.MonkeyPatch) -> None:
    bus = FakeBus(refused=frozenset({"E12"}))
    answer = _handle(monkeypatch, bus, _numbered(25))
    assert answer == {"batchItemFailures": [{"itemIdentifier": "112"}]}
    assert bus.requests == [10, 10], "what follows a failure comes again anyway"


def test_a_failure_of_the_first_raises_so_that_the_batch_is_bisected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(Unpublished, match="ThrottlingException"):
        _handle(monkeypatch, FakeBus(refused=frozenset({"E0"})), _numbered(3))


def test_a_malformed_record_is_isolated_and_what_precedes_it_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = _numbered(3)
    del records[2]["dynamodb"]["NewImage"]["detail"]
    bus = FakeBus()
    assert _handle(monkeypatch, bus, records) == {"batchItemFailures": [{"itemIdentifier": "102"}]}
    assert bus.published == ["E0", "E1"]
    with pytest.raises(Unpublished, match="no outbox item: 'detail' is missing"):
        _handle(monkeypatch, bus, records[2:])
    assert bus.published == ["E0", "E1"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ClientError({"Error": {"Code": "InternalException", "Message": "m"}}, "PutEvents"),
            "InternalException",
        ),
        (ReadTimeoutError(endpoint_url="http://bus"), "ReadTimeoutError"),
    ],
)
def test_a_failed_call_fails_from_its_first_entry(error: Exception, reason: str) -> None:
    with pytest.raises(Unpublished, match=reason) as raised:
        publish(_numbered(14), cast("Any", FakeBus(error=error)), "bus")
    assert raised.value.position == 10


def _entry(size: int) -> Any:
    return {"Source": "", "DetailType": "", "Detail": "x" * size, "EventBusName": "bus"}


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([1] * 10, [(0, 10)]),
        ([1] * 11, [(0, 10), (10, 1)]),
        ([MAX_REQUEST_BYTES - 1, 1, 1], [(0, 2), (2, 1)]),
        ([1, MAX_REQUEST_BYTES + 1, 1], [(0, 1), (1, 1), (2, 1)]),
        ([MAX_REQUEST_BYTES // 2 + 1] * 3, [(0, 1), (1, 1), (2, 1)]),
    ],
)
def test_a_request_holds_ten_entries_and_256_kb(
    sizes: list[int], expected: list[tuple[int, int]]
) -> None:
    cut = list(chunks([_entry(size) for size in sizes]))
    assert [(position, len(chunk)) for position, chunk in cut] == expected
    assert max((len(chunk) for _, chunk in cut), default=0) <= MAX_ENTRIES


def test_the_size_of_an_entry_counts_bytes_not_characters() -> None:
    wide: Any = {"Source": "", "DetailType": "", "Detail": "€" * (MAX_REQUEST_BYTES // 3)}
    assert len(list(chunks([wide, wide]))) == 2
