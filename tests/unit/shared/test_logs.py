"""Every line says what it is about, until the next request, task or message says otherwise."""

import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.events import relay
from functions.shared import clients
from functions.shared.deliveries import delivery, handle_each
from functions.shared.logs import about, count, logger, measure
from tests.support.event_fixtures import record
from tests.unit.shared.test_deliveries import SHIPPED, body

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lines:
    """What has been written: by the logger, then as metrics, which are printed."""
    stream = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", stream)
    about(None)

    def written() -> list[dict[str, Any]]:
        texts = stream.getvalue().splitlines() + capsys.readouterr().out.splitlines()
        return [json.loads(text) for text in texts]

    return written


def test_lines_and_metrics_carry_the_correlation_id(lines: Lines) -> None:
    about("order-1")
    logger.info("done")
    count("ReservationsFailed")
    measure("EmailTime", 12)
    about(None)
    count("RefundsMade")
    *told, last = lines()
    assert [line["correlation_id"] for line in told] == ["order-1"] * 3
    assert "correlation_id" not in last


def test_a_metric_is_not_drawn_by_order(lines: Lines) -> None:
    """A dimension for each order would be a metric for each order, and paid as one."""
    about("order-1")
    count("RefundsMade")
    (line,) = lines()
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["service"]]


def test_a_message_is_logged_under_its_event_and_no_other(
    lines: Lines,
) -> None:
    records = [{"messageId": str(i), "body": text} for i, text in enumerate([body(), "{}"])]
    handle_each({"Records": records}, _handled, "not handled")
    handled, failed = lines()
    assert (handled["message"], handled["correlation_id"]) == ("handled", "order-1")
    assert (failed["message"], failed["message_id"]) == ("not handled", "1")
    assert "correlation_id" not in failed


def _handled(text: str) -> None:
    assert delivery(text, type(SHIPPED)).detail.data == SHIPPED


def test_the_relay_names_what_it_has_published_and_that_alone(
    monkeypatch: pytest.MonkeyPatch, lines: Lines
) -> None:
    class Bus:
        def put_events(self, **_: Any) -> dict[str, Any]:
            return {"FailedEntryCount": 1, "Entries": [{}, {"ErrorCode": "ThrottlingException"}]}

    monkeypatch.setattr(clients, "events", Bus)
    monkeypatch.setenv("EVENT_BUS_NAME", "commerce-test")
    records = [record("1", "OrderPlaced"), record("2", "OrderConfirmed")]
    for one, order_id in zip(records, ("order-1", "order-2"), strict=True):
        detail = json.dumps({"metadata": {"correlationId": order_id}})
        one["dynamodb"]["NewImage"]["detail"] = {"S": detail}
    relay.handler({"Records": records}, None)
    published = next(line for line in lines() if line["message"] == "published")
    assert published["events"] == [{"event_type": "OrderPlaced", "correlation_id": "order-1"}]
