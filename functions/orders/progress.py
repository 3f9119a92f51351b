"""How far the saga of an order is, told from the order itself.

DescribeExecution allows some tens of calls a second, too few for customers who poll.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from functions.orders.domain import CLOSED, Order

FORWARD: Final = ("ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation")
COMPENSATION: Final = ("RejectOrder", "ReleaseInventory", "RefundPayment")


@dataclass(frozen=True, slots=True)
class Progress:
    """The saga's status in Step Functions' words, its current state, and the states done."""

    status: str
    current_state: str | None
    steps: tuple[tuple[str, datetime], ...]


def progress(order: Order) -> Progress:
    """The progress of an order's saga."""
    position = {state: i for i, state in enumerate(FORWARD + COMPENSATION)}
    steps = sorted(order.steps.items(), key=lambda step: (step[1], position.get(step[0], 99)))
    if not order.saga_open:
        return Progress("SUCCEEDED", None, tuple(steps))
    path = COMPENSATION[1:] if order.status in CLOSED else FORWARD  # closed: rejected already
    current = next((state for state in path if state not in order.steps), path[-1])
    return Progress(order.execution or "RUNNING", current, tuple(steps))
