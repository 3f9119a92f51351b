"""CancelOrder: gives back stock and money of an order that was closed from outside its saga.

    ReleaseInventory → RefundPayment

The closing itself was recorded before the machine is started. Both tasks are those of PlaceOrder's
way back, and stay uncaught: a failure ends FAILED in the state that a redrive resumes.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from workflows.saga import Machine, task
from workflows.timing import FORWARD_ONLY

TASKS: Final = ("ReleaseInventory", "RefundPayment")
"""The states that call a function, in their order."""

_HOUR: Final = 3600


def _build(stack: cdk.Stack) -> sfn.State:
    release, refund = (task(stack, name, FORWARD_ONLY) for name in TASKS)
    release.next(refund)
    return release


CANCEL_ORDER: Final = Machine(
    name="CancelOrder",
    comment="Compensates an order that was closed: release, refund. Input: {orderId}.",
    timeout=(int(len(TASKS) * FORWARD_ONLY.longest) // _HOUR + 2) * _HOUR,
    build=_build,
)
