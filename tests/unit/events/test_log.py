"""The event log: one line an event, metadata only."""

import io
import json
import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest

from functions.events.log import handler
from functions.shared.logs import logger
from tests.support.event_fixtures import sqs_event


class _OnThread(logging.Filter):
    def __init__(self, thread: int) -> None:
        super().__init__()
        self._thread = thread

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread == self._thread


Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What the function has logged, and no other thread of this process."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    monkeypatch.setattr(logger.registered_handler, "filters", [_OnThread(threading.get_ident())])
    return lambda: [json.loads(line) for line in stream.getvalue().splitlines()]


def test_each_event_is_one_line(lines: Lines) -> None:
    assert handler(sqs_event(), None) == {"batchItemFailures": []}
    first, second = lines()
    assert first["event_type"] == "OrderRejected"
    assert first["source"] == "commerce.orders"
    assert first["event_id"] == "6b1a3f9e-2f57-5b0e-8a44-0f6a5d1c7b33"
    assert first["aggregate_id"] == first["correlation_id"]
    assert first["aggregate_version"] == 3
    assert "replay_name" not in first
    assert second["replay_name"] == "repair-2026-02-03"


def test_no_data_of_an_event_is_logged(lines: Lines) -> None:
    event = sqs_event()
    body = json.loads(event["Records"][0]["body"])
    body["detail"]["data"] = {"name": "Ada Lindqvist"}
    body["detail"]["metadata"]["customerEmail"] = "ada@example.com"
    event["Records"][0]["body"] = json.dumps(body)
    handler(event, None)
    printed = json.dumps(lines())
    assert "Ada" not in printed
    assert "ada@" not in printed


@pytest.mark.parametrize(
    "body",
    ["", "not json secret", "{}", "[]", '{"detail-type": "OrderPlaced", "source": "secret"}'],
)
def test_only_what_is_no_event_goes_back_to_the_queue(body: str, lines: Lines) -> None:
    event = sqs_event()
    event["Records"][0]["body"] = body
    failures = handler(event, None)["batchItemFailures"]
    assert failures == [{"itemIdentifier": event["Records"][0]["messageId"]}]
    warning, line = lines()
    assert warning["message_id"] == event["Records"][0]["messageId"]
    assert "secret" not in json.dumps(warning)
    assert line["event_type"] == "OrderRejected"
