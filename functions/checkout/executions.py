"""The executions of an order's state machines, found by the order's id."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

RUNNING: Final = "RUNNING"
REFUND_PREFIX: Final = "refund-"
ID_LENGTH: Final = 36
"""Characters of an order's id."""


class NotStarted(RetryableError):
    """Step Functions did not take the start. Whoever recorded it, the sweeper starts it."""


class Executions(Protocol):
    """Starts and describes executions; each order and refund has at most one of a machine."""

    def start_place(self, order_id: str) -> None:
        """Starts PlaceOrder; that it has been started before is success. Raises NotStarted."""

    def start_cancel(self, order_id: str) -> None:
        """Starts CancelOrder; that it has been started before is success. Raises NotStarted."""

    def place_status(self, order_id: str) -> str | None:
        """Status of the order's PlaceOrder in Step Functions' words; None: never started."""

    def cancel_status(self, order_id: str) -> str | None:
        """Status of the order's CancelOrder; None: never started."""

    def start_refund(self, order_id: str, refund_id: str) -> None:
        """Starts RefundOrder; that it has been started before is success. Raises NotStarted."""

    def refund_status(self, refund_id: str) -> str | None:
        """Status of the refund's RefundOrder; None: never started."""


class StepFunctionsExecutions:
    """`Executions` on the service itself.

    Args:
        place_machine: ARN of PlaceOrder; None where the caller never places.
        cancel_machine: ARN of CancelOrder; None where the caller never cancels.
        refund_machine: ARN of RefundOrder; None where the caller never refunds.
    """

    def __init__(
        self,
        client: Callable[[], "SFNClient"],
        place_machine: str | None = None,
        cancel_machine: str | None = None,
        refund_machine: str | None = None,
    ) -> None:
        self._client = client
        self._place = place_machine or ""
        self._cancel = cancel_machine or ""
        self._refund = refund_machine or ""

    def start_place(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self._place, order_id, {"orderId": order_id})

    def start_cancel(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(self._cancel, cancel_name(order_id), {"orderId": order_id})

    def start_refund(self, order_id: str, refund_id: str) -> None:
        """See `Executions`."""
        about = {"orderId": order_id, "refundId": refund_id}
        self._start(self._refund, refund_name(refund_id), about)

    def place_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(self._place, order_id)

    def cancel_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(self._cancel, cancel_name(order_id))

    def refund_status(self, refund_id: str) -> str | None:
        """See `Executions`."""
        return self._status(self._refund, refund_name(refund_id))

    def _start(self, machine: str, name: str, about: dict[str, str]) -> None:
        client = self._client()
        text = json.dumps(about)
        try:
            client.start_execution(stateMachineArn=machine, name=name, input=text)
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


def refund_name(refund_id: str) -> str:
    """The name of a refund's RefundOrder."""
    return f"{REFUND_PREFIX}{refund_id}"


def order_of(execution_name: str) -> str:
    """The order of an execution, by its name: `ID`, `cancel-ID`, or `cancel-ID-2` of a repair.

    Not of RefundOrder: that is named like its refund, its input names the order.
    """
    return execution_name.removeprefix("cancel-")[:ID_LENGTH]


def refund_of_execution(execution_name: str) -> str | None:
    """The refund of an execution of RefundOrder, by its name; None: it is of another machine."""
    if not execution_name.startswith(REFUND_PREFIX):
        return None
    return execution_name.removeprefix(REFUND_PREFIX)[:ID_LENGTH]
