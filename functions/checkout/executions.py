"""The executions of an order's state machines, found by the order's id."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RUNNING: Final = "RUNNING"
ID_LENGTH: Final = 36
"""Characters of an order's id."""


class NotStarted(RetryableError):
    """Step Functions did not take the start. Whoever recorded it, the sweeper starts it."""


class Executions(Protocol):
    """Starts and describes executions; each order has at most one of each machine."""

    def start_place(self, order_id: str) -> None:
        """Starts PlaceOrder; that it has been started before is success. Raises NotStarted."""

    def start_cancel(self, order_id: str) -> None:
        """Starts CancelOrder; that it has been started before is success. Raises NotStarted."""

    def place_status(self, order_id: str) -> str | None:
        """Status of the order's PlaceOrder in Step Functions' words; None: never started."""

    def cancel_status(self, order_id: str) -> str | None:
        """Status of the order's CancelOrder; None: never started."""


class StepFunctionsExecutions:
    """`Executions` on the service itself.

    Args:
        place_machine: ARN of PlaceOrder.
        cancel_machine: ARN of CancelOrder; None where the caller never cancels.
    """

    def __init__(
        self,
        client: Callable[[], "SFNClient"],
        place_machine: str,
        cancel_machine: str | None = None,
    ) -> None:
        self._client = client
        self._place = place_machine
        self._cancel = cancel_machine or ""

    def start_place(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self._place, order_id, order_id)

    def start_cancel(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self._cancel, cancel_name(order_id), order_id)

    def place_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(self._place, order_id)

    def cancel_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(self._cancel, cancel_name(order_id))

    def _start(self, machine: str, name: str, order_id: str) -> None:
        client = self._client()
        order = json.dumps({"orderId": order_id})
        try:
            client.start_execution(stateMachineArn=machine, name=name, input=order)
        except client.exceptions.ExecutionAlreadyExists:
            return
        except (ClientError, BotoCoreError) as error:
            raise NotStarted(f"{name}: {type(error).__name__}") from error

    def _status(self, machine: str, name: str) -> str | None:
        client = self._client()
        execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            return str(client.describe_execution(executionArn=execution)["status"])
        except client.exceptions.ExecutionDoesNotExist:
            return None


def cancel_name(order_id: str) -> str:
    """The name of an order's CancelOrder: an order is closed once."""
    return f"cancel-{order_id}"


def order_of(execution_name: str) -> str:
    """The order of an execution, by its name: `ID`, `cancel-ID`, or `cancel-ID-2` of a repair."""
    return execution_name.removeprefix("cancel-")[:ID_LENGTH]
