"""What people read: money, tables, timelines, log lines."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from contracts.money import written
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import execution_arn
from scripts.kit.logs import Line, shown
from scripts.kit.terminal import paint, table
from scripts.kit.timeline import steps
from scripts.local.platform import Platform
from scripts.local.ports import Ports
from scripts.ops import logs
from scripts.ops.__main__ import main
from tests.unit.scripts.test_endpoints import CONTENT

BEGAN = datetime(2026, 1, 5, 9, 30, 0, 123456, tzinfo=UTC)


def event(kind: str, milliseconds: int, **details: Any) -> dict[str, Any]:
    """An event of an execution's history."""
    return {"type": kind, "timestamp": BEGAN + timedelta(milliseconds=milliseconds), **details}


def entered(state: str, milliseconds: int) -> dict[str, Any]:
    """A task state is entered."""
    return event("TaskStateEntered", milliseconds, stateEnteredEventDetails={"name": state})


@pytest.mark.parametrize(
    ("amount", "text"),
    [(1990, "19.90 EUR"), (0, "0.00 EUR"), (5, "0.05 EUR"), (-250, "-2.50 EUR")],
)
def test_money_is_written_as_people_write_it(amount: int, text: str) -> None:
    assert written(amount, "EUR") == text


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    assert table([("a", "bcd", "e"), ("long", "b", "")], indent=1) == [" a     bcd  e", " long  b"]
    assert table([]) == []


def test_there_is_no_colour_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert paint("text", "red") == "text"


def test_a_step_that_succeeds_is_done_with_its_time() -> None:
    (step,) = steps(
        [
            event("ExecutionStarted", 0),
            entered("ChargePayment", 1),
            event("TaskScheduled", 1),
            event("TaskStarted", 1),
            event("TaskSucceeded", 21),
            event("TaskStateExited", 22, stateExitedEventDetails={"name": "ChargePayment"}),
        ]
    )
    assert (step.state, step.outcome, step.took, step.tries) == (
        "ChargePayment",
        "done",
        "20 ms",
        1,
    )


def test_a_caught_error_stays_the_outcome_of_its_step() -> None:
    refused, next_step = steps(
        [
            entered("ReserveInventory", 0),
            event("TaskScheduled", 0),
            event("TaskFailed", 5, taskFailedEventDetails={"error": "OutOfStock"}),
            event("TaskStateExited", 6, stateExitedEventDetails={"name": "ReserveInventory"}),
            entered("RejectOrder", 6),
        ]
    )
    assert (refused.outcome, refused.took) == ("OutOfStock", "5 ms")
    assert (next_step.outcome, next_step.took) == ("running", "-")


def test_retries_are_counted_and_the_last_try_decides() -> None:
    (step,) = steps(
        [
            entered("ConfirmOrder", 0),
            event("TaskScheduled", 0),
            event("TaskFailed", 5, taskFailedEventDetails={"error": "Throttled"}),
            event("TaskScheduled", 100),
            event("TaskSucceeded", 110),
            event("TaskStateExited", 110, stateExitedEventDetails={"name": "ConfirmOrder"}),
        ]
    )
    assert (step.outcome, step.tries) == ("done", 2)


def test_an_execution_has_its_machines_arn_and_its_orders_name() -> None:
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:commerce-local-PlaceOrder"
    assert execution_arn(machine, "o-1") == (
        "arn:aws:states:us-east-1:000000000000:execution:commerce-local-PlaceOrder:o-1"
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("plain words", ["09:30:00.123", "plain words"]),
        ('{"level": "INFO", "message": "done", "correlation_id": "c"}', ["INFO", "done", "c"]),
        (
            '{"event_type": "OrderPlaced", "aggregate_id": "o", "message": "event"}',
            ["OrderPlaced", "aggregate_id=o"],
        ),
        ("[1]", ["[1]"]),
    ],
)
def test_a_log_line_shows_what_matters_first(text: str, parts: list[str]) -> None:
    line = shown(Line("1", BEGAN, text))
    assert all(part in line for part in parts)


def test_the_log_of_every_process_of_the_platform_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    platform = Platform(tmp_path, Ports.from_base(0))
    monkeypatch.setattr(Platform, "default", lambda: platform)
    monkeypatch.setattr(logs, "load_endpoints", lambda: Endpoints.from_json(CONTENT))
    for service in platform.services:
        file = platform.log_file(service.name)
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"{service.title} is up\n")
        assert main(["logs", service.name]) == 0
        assert capsys.readouterr().out == f"{service.title} is up\n"
