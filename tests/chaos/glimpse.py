"""Where a task stood when it was killed: before its effect, after it, or in between.

What is stored and what the provider has of every open order is read while the process is stopped.
Afterwards the history of its execution tells which order the process had in its hands.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from functions.checkout.executions import cancel_name
from functions.checkout.invariants import Account
from functions.inventory.domain import LIVE
from functions.notifications.claims import EmailState
from functions.orders.domain import CLOSED, OrderStatus
from functions.payments.ledger import PaymentState
from scripts.kit.executions import CANCEL, PLACE, execution_arn
from tests.chaos.stage import Stage

HISTORY_PATIENCE: Final = 3.0  # seconds: a killed process is noticed at once, unless all is slow
CLOCKS_DIFFER: Final = timedelta(milliseconds=5)
KILLED: Final = "Runtime.ExitError"
SETTLED: Final = (PaymentState.VOIDED, PaymentState.REFUNDED)


class Where(StrEnum):
    """Where in its step a task was killed."""

    BEFORE = "before its effect"
    BETWEEN = "between two effects"
    AFTER = "after its effect"
    UNSEEN = "no order in hand"
    AT_WORK = "at work"


def where(task: str, account: Account) -> Where:
    """Where a task stands with an order, by what is stored and what the provider has."""
    return _RULES[task](account)


def _charge(account: Account) -> Where:
    payment = account.payment
    if payment is None:
        return Where.BETWEEN if account.charges else Where.BEFORE
    return Where.BETWEEN if payment.state is PaymentState.CREATED else Where.AFTER


def _reserve(account: Account) -> Where:
    return Where.AFTER if account.reservation else Where.BEFORE


def _confirm(account: Account) -> Where:
    status = account.order.status
    if status is OrderStatus.CONFIRMING:
        return Where.BETWEEN
    return Where.BEFORE if status is OrderStatus.PENDING else Where.AFTER


def _send(account: Account) -> Where:
    if account.email is None:
        return Where.BEFORE
    return Where.BETWEEN if account.email is EmailState.CLAIMED else Where.AFTER


def _reject(account: Account) -> Where:
    return Where.AFTER if account.order.status in CLOSED else Where.BEFORE


def _release(account: Account) -> Where:
    held = account.reservation is not None and account.reservation.state in LIVE
    return Where.BEFORE if held else Where.AFTER


def _refund(account: Account) -> Where:
    if account.payment is None or account.payment.state in SETTLED:
        return Where.AFTER
    open_ = any(c.authorised or c.captured > c.refunded for c in account.charges)
    return Where.BEFORE if open_ else Where.BETWEEN


_RULES: Final[dict[str, Callable[[Account], Where]]] = {
    "ChargePayment": _charge,
    "ReserveInventory": _reserve,
    "ConfirmOrder": _confirm,
    "SendConfirmation": _send,
    "RejectOrder": _reject,
    "ReleaseInventory": _release,
    "RefundPayment": _refund,
}
TASKS: Final = tuple(_RULES)


def order_in_hand(stage: Stage, accounts: Sequence[Account], killed: datetime) -> Account | None:
    """The order whose task has ended by a kill since that moment; None if there is none."""
    deadline = time.monotonic() + HISTORY_PATIENCE
    while time.monotonic() < deadline:
        for account in accounts:
            if any(_ended_by_kill(stage, arn, killed) for arn in _executions(stage, account)):
                return account
        time.sleep(0.05)
    return None


def _executions(stage: Stage, account: Account) -> list[str]:
    machines, order_id = stage.endpoints.state_machines, account.order.order_id
    place = execution_arn(machines[PLACE], order_id)
    if account.order.status not in CLOSED:
        return [place]
    return [place, execution_arn(machines[CANCEL], cancel_name(order_id))]


def _ended_by_kill(stage: Stage, arn: str, since: datetime) -> bool:
    states = stage.clients.states
    try:
        page = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=20)
    except states.exceptions.ExecutionDoesNotExist:
        return False
    return any(
        _error(event) == KILLED and event["timestamp"] >= since - CLOCKS_DIFFER
        for event in page["events"]
    )


def _error(event: Any) -> str | None:
    error: str | None = event.get("taskFailedEventDetails", {}).get("error")
    return error


def now() -> datetime:
    """The moment of a kill, as histories have it."""
    return datetime.now(UTC)
