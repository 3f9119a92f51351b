"""Executions of the saga, as Step Functions tells of them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from functions.checkout.executions import cancel_name, refund_name
from functions.orders.domain import Order
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.timeline import Step, steps

PLACE: Final = "PlaceOrder"
CANCEL: Final = "CancelOrder"
REFUND: Final = "RefundOrder"
NAMES: Final = 20
"""CancelOrder executions of one order at most: a name cannot be used again."""


def execution_arn(machine_arn: str, name: str) -> str:
    """The ARN of an execution of a machine: it is named after its order."""
    return f"{machine_arn.replace(':stateMachine:', ':execution:')}:{name}"


def cancel_names(order_id: str) -> Iterator[str]:
    """The names under which CancelOrder runs for an order: the first, then those of repairs."""
    first = cancel_name(order_id)
    yield first
    for number in range(2, NAMES + 1):
        yield f"{first}-{number}"


def console_link(region: str, arn: str) -> str:
    """Where AWS's console shows an execution."""
    return f"https://{region}.console.aws.amazon.com/states/home?region={region}#/executions/details/{arn}"


class Executions:
    """The executions of a stage's saga."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self._states = clients.states
        self.machines = endpoints.state_machines
        self.machine = self.machines[PLACE]

    def arn(self, name: str, machine: str = PLACE) -> str:
        """The ARN of an execution; PlaceOrder's is named after its order."""
        return execution_arn(self.machines[machine], name)

    def describe(self, name: str, machine: str = PLACE) -> Mapping[str, Any] | None:
        """What DescribeExecution says; None where it was never started."""
        try:
            return self._states.describe_execution(executionArn=self.arn(name, machine))
        except self._states.exceptions.ExecutionDoesNotExist:
            return None

    def of_order(self, order: Order) -> list[tuple[str, Mapping[str, Any]]]:
        """What DescribeExecution says of each execution of an order, with its machine's name.

        PlaceOrder, every CancelOrder, the RefundOrder of every refund; the newest last.
        """
        refunds = [(REFUND, refund_name(refund_id)) for refund_id in order.refund_ids]
        found = [
            (machine, self.describe(name, machine))
            for machine, name in [(PLACE, order.order_id), *refunds]
        ]
        for name in cancel_names(order.order_id):
            cancel = self.describe(name, CANCEL)
            if cancel is None:
                break
            found.append((CANCEL, cancel))
        known = [(machine, described) for machine, described in found if described is not None]
        return sorted(known, key=lambda one: one[1]["startDate"])

    def steps(self, name: str, machine: str = PLACE) -> list[Step]:
        """The states that an execution went through."""
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=self.arn(name, machine)
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
