"""What operators are shown of executions: of all machines, and all of one order."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scripts.kit.clients import Clients
from scripts.kit.customer import ApiError
from scripts.kit.endpoints import MACHINES, Endpoints
from scripts.kit.executions import Executions
from scripts.kit.records import OrderRecord
from scripts.ops import order, status
from scripts.ops.__main__ import main
from scripts.ops.order import show_page
from tests.support.shop import new_order
from tests.unit.scripts.test_endpoints import CONTENT

ARN = "arn:aws:states:us-east-1:000000000000"
STAGE = replace(
    Endpoints.from_json(CONTENT),
    payments=None,
    state_machines={name: f"{ARN}:stateMachine:{name}" for name in MACHINES},
)
AWS = replace(STAGE, aws=None)
NOW = datetime(2026, 1, 20, tzinfo=UTC)
ID = "0f0e0d0c-0b0a-4909-8807-060504030201"
RECORD = OrderRecord(new_order(ID, NOW, ("SKU-1", 2)), None, None, {}, ())


class NoSuchExecution(Exception):
    """Step Functions knows none of this name."""


@dataclass
class States:
    """Step Functions with executions in memory, by ARN."""

    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    exceptions = SimpleNamespace(ExecutionDoesNotExist=NoSuchExecution)

    def start(self, *started: tuple[str, str, str]) -> "States":
        """Executions of (machine, name, status), each a minute after the one before."""
        for machine, name, stands in started:
            arn = f"{ARN}:execution:{machine}:{name}"
            began = NOW + timedelta(minutes=len(self.found))
            told = {"executionArn": arn, "name": name, "status": stands, "startDate": began}
            self.found[arn] = told
        return self

    def describe_execution(self, *, executionArn: str) -> Mapping[str, Any]:
        try:
            return self.found[executionArn]
        except KeyError:
            raise NoSuchExecution from None

    def get_paginator(self, _: str) -> "States":
        return self

    def paginate(self, *, executionArn: str) -> Iterable[Mapping[str, Any]]:
        """A history of one state, named after the execution."""
        described = self.found[executionArn]
        entered = {"name": f"State of {described['name']}"}
        event = {"type": "TaskStateEntered", "timestamp": described["startDate"]}
        return [{"events": [{**event, "stateEnteredEventDetails": entered}]}]

    def list_executions(
        self,
        *,
        stateMachineArn: str,
        statusFilter: str,
        maxResults: int,
    ) -> dict[str, Any]:
        prefix = stateMachineArn.replace(":stateMachine:", ":execution:")
        of_machine = [one for arn, one in self.found.items() if arn.startswith(f"{prefix}:")]
        found = [one for one in of_machine if one["status"] == statusFilter]
        return {"executions": found[:maxResults]}


def test_status_counts_executions_of_every_machine(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    states = States().start(
        ("PlaceOrder", "1", "RUNNING"),
        ("PlaceOrder", "2", "SUCCEEDED"),
        ("PlaceOrder", "3", "FAILED"),
        ("CancelOrder", "cancel-1", "RUNNING"),
        ("CancelOrder", "cancel-2", "TIMED_OUT"),
        ("RefundOrder", "refund-1", "ABORTED"),
    )
    monkeypatch.setattr(Endpoints, "clients", lambda _: SimpleNamespace(states=states))
    status.show_stuck(STAGE)
    assert capsys.readouterr().out == "executions: 2 running, 3 waiting for a person\n"


def page(
    states: States,
    capsys: pytest.CaptureFixture[str],
    record: OrderRecord = RECORD,
    endpoints: Endpoints = STAGE,
) -> str:
    """The page of an order."""
    clients = cast("Clients", SimpleNamespace(states=states))
    assert show_page(endpoints, record, Executions(endpoints, clients))
    return capsys.readouterr().out


def test_the_page_shows_every_execution_of_the_order_the_newest_last(
    capsys: pytest.CaptureFixture[str],
) -> None:
    states = States().start(
        ("PlaceOrder", ID, "SUCCEEDED"),
        ("RefundOrder", "refund-1", "FAILED"),
        ("CancelOrder", f"cancel-{ID}", "TIMED_OUT"),
        ("CancelOrder", f"cancel-{ID}-2", "RUNNING"),
        ("CancelOrder", "cancel-another", "ABORTED"),
    )
    refunded = replace(RECORD, order=replace(RECORD.order, refund_ids=("0", "1")))
    lines = page(states, capsys, refunded).splitlines()
    assert [line.split()[-1] for line in lines if line.startswith("Execution of")] == [
        *("PlaceOrder", "RefundOrder", "CancelOrder", "CancelOrder")
    ]
    stands = [line.split()[-1] for line in lines if line.startswith("  status")]
    assert stands == ["PENDING", "SUCCEEDED", "FAILED", "TIMED_OUT", "RUNNING"]
    for name in (ID, "refund-1", f"cancel-{ID}", f"cancel-{ID}-2"):
        assert any(f"State of {name}  running" in line for line in lines)


def test_the_page_of_an_order_that_was_never_started_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "none was ever started" in page(States(), capsys)


@pytest.mark.parametrize(("endpoints", "links"), [(STAGE, 0), (AWS, 2)])
def test_executions_are_linked_where_the_console_shows_them(
    endpoints: Endpoints, links: int, capsys: pytest.CaptureFixture[str]
) -> None:
    states = States().start(
        ("PlaceOrder", ID, "FAILED"), ("CancelOrder", f"cancel-{ID}", "RUNNING")
    )
    shown = page(states, capsys, endpoints=endpoints)
    assert f"{ARN}:execution:CancelOrder:cancel-{ID}" in shown
    assert shown.count("console.aws.amazon.com") == links


def test_the_page_goes_on_where_the_payment_provider_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(*_: object) -> None:
        raise ApiError("Nobody answers.")

    monkeypatch.setattr(order, "load_endpoints", lambda: STAGE)
    monkeypatch.setattr(order, "Records", lambda *_: SimpleNamespace(order=lambda _: RECORD))
    monkeypatch.setattr(order, "intents", nobody)
    monkeypatch.setattr(Endpoints, "clients", lambda _: SimpleNamespace(states=States()))
    assert main(["order", ID]) == 1
    shown = capsys.readouterr().out
    assert "  provider  the payment provider does not answer\n" in shown
    assert shown.index("Money") < shown.index("Stock") < shown.index("Mail")


def test_executions_are_counted_while_something_else_is_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def nobody(*_: object, **__: object) -> None:
        raise ApiError("Nobody answers.")

    monkeypatch.setattr(status, "load_endpoints", lambda: replace(AWS, redis=None))
    monkeypatch.setattr(status, "_http", nobody)
    monkeypatch.setattr(status, "_stack", lambda _: "answers")
    monkeypatch.setattr(Endpoints, "clients", lambda _: SimpleNamespace(states=States()))
    assert main(["status"]) == 1
    assert "executions: 0 running, 0 waiting for a person" in capsys.readouterr().out
