"""PlaceOrder: charge, reserve, confirm, send; or reject, release, refund.

    ChargePayment → ReserveInventory → ConfirmOrder → SendConfirmation
          └───────────────┴──────────────────┘ caught
    RejectOrder → ReleaseInventory → RefundPayment → OrderRejected

The pivot is inside ConfirmOrder: its first transaction locks the order. Before it every failure
goes back; after it only a business error does (a capture definitely declined). ConfirmOrder,
SendConfirmation and the compensations therefore stay uncaught for technical errors: such an
execution ends FAILED in the state that a redrive resumes.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from contracts.errors import BUSINESS_ERRORS
from workflows.saga import ORDER_AND_FAILURE, Machine, catch, task
from workflows.timing import BEFORE_PIVOT, FORWARD_ONLY, Budget

FORWARD: Final[dict[str, Budget]] = {
    "ChargePayment": BEFORE_PIVOT,
    "ReserveInventory": BEFORE_PIVOT,
    "ConfirmOrder": FORWARD_ONLY,
    "SendConfirmation": FORWARD_ONLY,
}
COMPENSATION: Final[dict[str, Budget]] = {
    "RejectOrder": FORWARD_ONLY,
    "ReleaseInventory": FORWARD_ONLY,
    "RefundPayment": FORWARD_ONLY,
}
TASKS: Final = (*FORWARD, *COMPENSATION)
"""The states that call a function, in their order."""

_HOUR: Final = 3600


def longest_path() -> float:
    """Seconds of the slowest execution: every task fails until its last attempt."""
    confirmed = sum(budget.longest for budget in FORWARD.values())
    before_rejection = confirmed - FORWARD["SendConfirmation"].longest
    rejected = before_rejection + sum(budget.longest for budget in COMPENSATION.values())
    return max(confirmed, rejected)


def _build(stack: cdk.Stack) -> sfn.State:
    charge, reserve, confirm, send = (
        task(stack, name, budget, business_errors=BUSINESS_ERRORS.get(name, ()))
        for name, budget in FORWARD.items()
    )
    reject = task(stack, "RejectOrder", COMPENSATION["RejectOrder"], payload=ORDER_AND_FAILURE)
    release = task(stack, "ReleaseInventory", COMPENSATION["ReleaseInventory"])
    refund = task(stack, "RefundPayment", COMPENSATION["RefundPayment"])
    rejected = sfn.Succeed(stack, "OrderRejected")

    charge.next(reserve).next(confirm).next(send)
    reject.next(release).next(refund).next(rejected)
    for state in (charge, reserve):
        catch(state, BUSINESS_ERRORS[state.id], reject)
        catch(state, [sfn.Errors.ALL], reject)
    catch(confirm, BUSINESS_ERRORS[confirm.id], reject)
    return charge


PLACE_ORDER: Final = Machine(
    name="PlaceOrder",
    comment="Places an order: authorise, reserve, confirm and capture, send. Input: {orderId}.",
    # Whole hours above the slowest path: a machine's own time-out runs no Catch.
    timeout=(int(longest_path()) // _HOUR + 2) * _HOUR,
    build=_build,
)
