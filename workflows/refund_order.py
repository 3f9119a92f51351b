"""RefundOrder: pays a refund of a part that was recorded, and puts what it takes back on the shelf.

    IssueRefund → RestockInventory

A refund that the provider definitely refuses goes the same way, and ends normally: it is REFUSED.
Both tasks stay uncaught: a failure ends FAILED in the state that a redrive resumes.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from workflows.saga import ORDER, Machine, task
from workflows.timing import FORWARD_ONLY

TASKS: Final = ("IssueRefund", "RestockInventory")
"""The states that call a function, in their order."""

_HOUR: Final = 3600
_REFUND: Final = {**ORDER, "refundId.$": "$.refundId"}


def _build(stack: cdk.Stack) -> sfn.State:
    issue, restock = (task(stack, name, FORWARD_ONLY, payload=_REFUND) for name in TASKS)
    issue.next(restock)
    return issue


REFUND_ORDER: Final = Machine(
    name="RefundOrder",
    comment="Refunds a part of an order: pay, restock. Input: {orderId, refundId}.",
    timeout=(int(len(TASKS) * FORWARD_ONLY.longest) // _HOUR + 2) * _HOUR,
    build=_build,
)
