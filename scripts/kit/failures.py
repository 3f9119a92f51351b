"""Executions that ended without ending their saga: where each stands, and whether redrive helps."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from contracts.ids import is_order_id
from functions.checkout.executions import order_of, refund_name, refund_of_execution
from functions.orders.domain import CLOSED, Order
from functions.orders.refunds import OrderRefund, read_refunds
from functions.orders.store import from_item, order_key
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import CANCEL, PLACE, REFUND, cancel_names, execution_arn

ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")
UNDERWAY: Final = ("RUNNING", "PENDING_REDRIVE")
REDRIVABLE_FOR: Final = timedelta(days=14)
"""From the execution's end ("Restarting state machine executions with redrive")."""
REPEATING: Final = frozenset({"States.Runtime", "States.DataLimitExceeded"})
"""Errors of the definition and its data: the same state ends in them again."""


class Verdict(StrEnum):
    """What there is to do about an execution."""

    REDRIVE = "redrive"
    RUNNING = "runs already"
    SUCCEEDED = "has succeeded"
    ENDED = "nothing: its order has come to its end"
    COMPENSATED = "nothing: CancelOrder looks after its order"
    TOO_OLD = "too old to be redriven"
    REPEATS = "would fail again"
    REFUSED = "not redrivable"
    NO_ORDER = "its order does not exist"

    @property
    def good(self) -> bool:
        """Whether nobody needs to act."""
        return self in (Verdict.RUNNING, Verdict.SUCCEEDED, Verdict.ENDED, Verdict.COMPENSATED)


@dataclass(frozen=True)
class Execution:
    """An execution as Step Functions describes it.

    Attributes:
        machine: logical name of its state machine.
        status: in Step Functions' words.
        state: the state that it stands in; None where it was not looked up.
        ended: UTC; None while it runs.
        obstacle: why Step Functions would not redrive it; None where it would.
        refund_id: the refund that an execution of RefundOrder is about.
    """

    arn: str
    machine: str
    order_id: str
    status: str
    error: str | None
    state: str | None
    ended: datetime | None
    obstacle: str | None = None
    refund_id: str | None = None


def judge(
    execution: Execution, order: Order | None, now: datetime, refund: OrderRefund | None = None
) -> Verdict:
    """What there is to do about an execution, by its order, or refund, as it is now."""
    if execution.status not in ENDED_BADLY:
        return Verdict.RUNNING if execution.status in UNDERWAY else Verdict.SUCCEEDED
    if order is None:
        return Verdict.NO_ORDER
    is_open = order.saga_open if refund is None else refund.saga_open
    return resume(execution, now) if is_open else Verdict.ENDED


def resume(execution: Execution, now: datetime) -> Verdict:
    """Whether a redrive can resume an execution that ended badly."""
    if execution.ended is not None and now - execution.ended > REDRIVABLE_FOR:
        return Verdict.TOO_OLD
    if execution.error in REPEATING:
        return Verdict.REPEATS
    return Verdict.REFUSED if execution.obstacle else Verdict.REDRIVE


def advice(verdict: Verdict, execution: Execution) -> str:
    """What to do about an execution that redrive does not help."""
    settle = f"`scripts/shop audit --order {execution.order_id} --repair`"
    told = {
        Verdict.TOO_OLD: (
            f"redrive ends {REDRIVABLE_FOR.days} days after a failure. Instead, {settle} starts "
            "CancelOrder where the order is to be closed, and else does what its saga had left"
        ),
        Verdict.REPEATS: (
            f"{execution.error} comes from the definition, and so comes again. Instead, {settle}"
        ),
        Verdict.REFUSED: f"Step Functions says: {execution.obstacle}. Instead, {settle}",
        Verdict.NO_ORDER: "look into the restore of the orders table: no order is ever deleted",
    }
    return told.get(verdict, "")


def _named_by(text: str) -> str:
    """The order that an execution's input names."""
    return str(json.loads(text)["orderId"])


class Failures:
    """The executions of a stage that ended badly, with their orders."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self.machines: Mapping[str, str] = endpoints.state_machines
        self._states = clients.states
        self._orders = endpoints.tables["orders"]
        self._database = DynamoDatabase(lambda: clients.dynamodb)

    def arns(self, machines: tuple[str, ...]) -> Iterator[str]:
        """Every execution of these machines that ended badly, the newest of each status first."""
        for machine in machines:
            for status in ENDED_BADLY:
                pages = self._states.get_paginator("list_executions").paginate(
                    stateMachineArn=self.machines[machine], statusFilter=status
                )
                for page in pages:
                    yield from (one["executionArn"] for one in page["executions"])

    def of_order(self, order_id: str) -> list[Execution]:
        """The executions that count for an order: its own, and that of each refund of a part."""
        own = self.own(order_id)
        order = self.order(order_id)
        names = [refund_name(one) for one in order.refund_ids] if order else []
        refunds = [self.read(execution_arn(self.machines[REFUND], name)) for name in names]
        return [one for one in (own, *refunds) if one is not None]

    def own(self, order_id: str) -> Execution | None:
        """The order's own execution: its last CancelOrder, or else its PlaceOrder."""
        last = None
        for name in cancel_names(order_id):
            found = self.read(execution_arn(self.machines[CANCEL], name))
            if found is None:
                break
            last = found
        return last or self.read(execution_arn(self.machines[PLACE], order_id))

    def read(self, arn: str) -> Execution | None:
        """An execution with the state it stands in; None if there is none."""
        try:
            found: Mapping[str, Any] = self._states.describe_execution(executionArn=arn)
        except self._states.exceptions.ExecutionDoesNotExist:
            return None
        name = arn.rpartition(":")[2]
        refund_id = refund_of_execution(name)
        status = found["status"]
        refused = status in ENDED_BADLY and found.get("redriveStatus") == "NOT_REDRIVABLE"
        return Execution(
            arn=arn,
            machine=self._machine(found["stateMachineArn"]),
            order_id=order_of(name) if refund_id is None else _named_by(found["input"]),
            status=status,
            error=found.get("error"),
            state=self._state(arn) if status in ENDED_BADLY else None,
            ended=found.get("stopDate"),
            obstacle=found.get("redriveStatusReason", "not redrivable") if refused else None,
            refund_id=refund_id,
        )

    def status(self, arn: str) -> str:
        """The status alone."""
        return str(self._states.describe_execution(executionArn=arn)["status"])

    def order(self, order_id: str) -> Order | None:
        """The order as it is now."""
        if not is_order_id(order_id):
            return None
        key = order_key(order_id)
        item = self._database.read({self._orders: [key]})[self._orders].get(key)
        return from_item(item) if item else None

    def verdict(self, execution: Execution, now: datetime) -> Verdict:
        """What there is to do about an execution now."""
        order = self.order(execution.order_id)
        verdict = judge(execution, order, now, self._refund(order, execution.refund_id))
        closed = order is not None and order.status in CLOSED
        if closed and execution.machine == PLACE and not verdict.good and self._is_cancelled(order):
            return Verdict.COMPENSATED
        return verdict

    def redrive(self, execution: Execution) -> bool:
        """Resumes it in its failed state; False if it is not to be redriven any more."""
        try:
            self._states.redrive_execution(executionArn=execution.arn)
        except self._states.exceptions.ExecutionNotRedrivable:
            return False
        return True

    def refunds(self, order: Order) -> list[OrderRefund]:
        """The refunds of parts of an order, as they are now."""
        return read_refunds(self._database, self._orders, order)

    def _refund(self, order: Order | None, refund_id: str | None) -> OrderRefund | None:
        if order is None or refund_id is None:
            return None
        return next((one for one in self.refunds(order) if one.refund_id == refund_id), None)

    def _is_cancelled(self, order: Order | None) -> bool:
        own = self.own(order.order_id) if order else None
        return own is not None and own.machine == CANCEL

    def _machine(self, arn: str) -> str:
        return next((name for name, known in self.machines.items() if known == arn), arn)

    def _state(self, arn: str) -> str | None:
        pages = self._states.get_paginator("get_execution_history").paginate(
            executionArn=arn,
            reverseOrder=True,
            includeExecutionData=False,
            PaginationConfig={"PageSize": 100},
        )
        for page in pages:
            for event in page["events"]:
                entered = event.get("stateEnteredEventDetails")
                if entered:
                    return entered["name"]
        return None
