"""What operators are shown of executions: of all machines, and all of one order."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.kit.endpoints import MACHINES, Endpoints
from scripts.ops import status
from tests.unit.scripts.test_endpoints import CONTENT

ARN = "arn:aws:states:us-east-1:000000000000"
STAGE = replace(
    Endpoints.from_json(CONTENT),
    state_machines={name: f"{ARN}:stateMachine:{name}" for name in MACHINES},
)


@dataclass
class States:
    """Step Functions with executions in memory, by ARN."""

    found: dict[str, Mapping[str, Any]] = field(default_factory=dict)

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
    statuses = {
        "PlaceOrder:1": "RUNNING",
        "PlaceOrder:2": "SUCCEEDED",
        "PlaceOrder:3": "FAILED",
        "CancelOrder:cancel-1": "RUNNING",
        "CancelOrder:cancel-2": "TIMED_OUT",
        "RefundOrder:refund-1": "ABORTED",
    }
    states = States({f"{ARN}:execution:{name}": {"status": s} for name, s in statuses.items()})
    monkeypatch.setattr(Endpoints, "clients", lambda _: SimpleNamespace(states=states))
    status.show_stuck(STAGE)
    assert capsys.readouterr().out == "executions: 2 running, 3 waiting for a person\n"
