"""Executions of the saga, as Step Functions tells of them."""

from collections.abc import Mapping
from typing import Any, Final

from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.timeline import Step, steps

PLACE: Final = "PlaceOrder"


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of an execution of a machine: it is named after its order."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def console_link(region: str, arn: str) -> str:
    """Where AWS's console shows an execution."""
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/executions/details/{arn}"


class Executions:
    """The executions of a stage's saga."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self._states = clients.states
        self.machines = endpoints.state_machines
        self.machine = self.machines[PLACE]

    def arn(self, order_id: str) -> str:
        """The ARN of an order's execution."""
        return execution_arn(self.machine, order_id)

    def describe(self, order_id: str) -> Mapping[str, Any] | None:
        """What DescribeExecution says; None where it was never started."""
        try:
            return self._states.describe_execution(executionArn=self.arn(order_id))
        except self._states.exceptions.ExecutionDoesNotExist:
            return None

    def steps(self, order_id: str) -> list[Step]:
        """The states that an order's execution went through."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self.arn(order_id)
        )
        return steps(event for page in pages for event in page["events"])

    def latest(
        self, limit: int, status: str | None = None, machine: str = PLACE
    ) -> list[Mapping[str, Any]]:
        """The newest executions of a state machine, of one status or of all."""
        request: Any = {"stateMachineArn": self.machines[machine], "maxResults": limit}
        if status is not None:
            request["statusFilter"] = status
        return list(self._states.list_executions(**request)["executions"])
