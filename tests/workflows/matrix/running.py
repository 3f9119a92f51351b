"""Runs one case: an order, its faults, everybody who looks after it, the judgement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Final

import pytest

from functions.notifications.claims import EmailState
from functions.orders.domain import CLOSED, OrderStatus
from functions.orders.refunds import RefundState
from tests.support.invariants import Account
from tests.support.moto_functions import Answer, Attempt
from tests.support.moto_saga import MotoSaga, moto_saga
from tests.support.moto_settlement import HOLD_IS_OVER, Settlement
from tests.workflows.matrix.cases import CANCELLED, CONFIRMED, REJECTED, Case, Kind, Refunded
from tests.workflows.matrix.strikes import Strikes

ROUNDS: Final = 8
"""Of everybody who looks after orders, until nothing changes any more."""
AMOUNT: Final = 500
"""Minor units of a refund of money alone."""
BEFORE_THE_LOCK: Final = ("ChargePayment", "ReserveInventory")


class Breach(AssertionError):
    """A promise that a case broke."""


@dataclass(frozen=True)
class Shop:
    """The shop on moto, and everybody who looks after its orders."""

    saga: MotoSaga
    settlement: Settlement


@contextmanager
def shop() -> Iterator[Shop]:
    """A shop for as many cases as are wanted, one after another."""
    with moto_saga() as saga, settled(saga) as opened:
        yield opened


@contextmanager
def settled(saga: MotoSaga) -> Iterator[Shop]:
    """A saga on moto, with everybody who looks after its orders."""
    with pytest.MonkeyPatch.context() as patch:
        yield Shop(saga, Settlement(saga, patch))


def run(shop: Shop, case: Case) -> None:
    """Runs a case; leaves nothing behind.

    Raises:
        Breach: a promise was broken, a fault did not happen, or the order never came to rest.
    """
    course = Course(shop, case)
    try:
        course.run()
    except Exception as failure:
        raise Breach(f"{case}: {failure or type(failure).__name__}\n{course.story()}") from failure
    finally:
        course.forget()


class Course:
    """The course of one order."""

    def __init__(self, shop: Shop, case: Case) -> None:
        outcome, shape = case.outcome, case.shape
        self._saga, self._settlement, self._case = shop.saga, shop.settlement, case
        self._id = self._saga.place(
            card=outcome.card,
            stock=shape.short if outcome.short else shape.stock,
            lines=shape.lines,
            quantity=shape.quantity,
        )
        self._strikes = Strikes(self._saga, replace(case, faults=()), self._cancel)

    def run(self, arranged: Callable[[], None] = lambda: None) -> None:
        """From its first state until nothing changes any more, and the judgement.

        Args:
            arranged: called when the faults are waiting, and nothing has begun.
        """
        begin = self._prepare()
        self._arrange()
        arranged()
        begin()
        self._come_to_rest()
        if self._strikes.wake_the_late():
            self._come_to_rest()
        self._judge()

    def story(self) -> str:
        """For a failure's message."""
        told = [f"  {name}: {run.story}" for name, run in self._settlement.executions.runs.items()]
        seen = " → ".join(self._saga.statuses.get(self._id, ()))
        struck = ", ".join(f"{s.fault} at {s.struck}" for s in self._strikes.each)
        return "\n".join([*told, f"  order {seen}; {struck or 'no fault'}"])

    def forget(self) -> None:
        """Ends what is left of it."""
        self._strikes.lift()
        self._strikes.wake_the_late()
        self._saga.reset()
        self._saga.forget(self._id)
        self._settlement.forget()

    def _prepare(self) -> Callable[[], None]:
        """Brings the order to where faults may begin; returns what begins then."""
        executions, outcome = self._settlement.executions, self._case.outcome
        if not outcome.cancels and outcome.refunds is None:
            return lambda: executions.start_place(self._id)
        executions.start_place(self._id)
        if outcome.refunds is None:
            return self._cancel
        refund = self._refund(outcome.refunds)
        return lambda: executions.start_refund(self._id, refund)

    def _refund(self, what: Refunded) -> str:
        """An operator has it recorded; returns its id."""
        if what is Refunded.AMOUNT:
            return self._saga.refund(self._id, amount=AMOUNT)
        lines = [self._saga.line(self._id, 1)]
        return self._saga.refund(self._id, lines=lines, restock=True)

    def _arrange(self) -> None:
        self._strikes = Strikes(self._saga, self._case, self._cancel)
        if self._case.outcome.lapses:
            self._saga.provider_fault(self._id, "expire", "capture")
        if self._case.outcome.expires:
            self._expire_before_confirming()

    def _expire_before_confirming(self) -> None:
        struck = self._saga.functions.run

        def run(attempt: Attempt, work: Callable[[], Answer]) -> Answer:
            if attempt.task == "ConfirmOrder":
                self._settlement.ahead = HOLD_IS_OVER
                self._settlement.expire()
            return struck(attempt, work)

        self._saga.functions.run = run

    def _cancel(self) -> None:
        self._settlement.cancel(self._id)

    def _come_to_rest(self) -> None:
        """Runs everybody until nothing changes; a customer who wants to cancel tries again."""
        late = any(fault.kind is Kind.LATE for fault in self._strikes.struck)
        for _ in range(ROUNDS):
            before = self._state()
            self._strikes.lift()
            if late and self._saga.account(self._id).order.status not in CLOSED:
                self._cancel()
            self._settlement.look_after(self._id)
            if self._saga.account(self._id).is_open:
                self._require_told()
                self._settlement.redrive()
            if self._state() == before:
                return
        raise Breach("it never comes to rest")

    def _state(self) -> object:
        runs = [run.execution for run in self._settlement.executions.runs.values()]
        return self._saga.account(self._id), runs

    def _require_told(self) -> None:
        """What ended badly is done with, or a person knows."""
        events = self._saga.account(self._id).events
        told = not self._settlement.failed() or "AttentionRequired" in events
        assert told, "nobody was told of a failed execution"

    def _judge(self) -> None:
        (account,) = self._saga.require_sound(self._id)
        assert not account.is_open, f"its saga never ends, it is {account.order.status}"
        self._require_end(account)
        missed = [s.fault for s in self._strikes.each if not s.struck]
        assert not missed or len(self._case.faults) > 1, f"a fault did not happen: {missed[0]}"

    def _require_end(self, account: Account) -> None:
        """It came to what it would have come to, or went back for a reason that it had."""
        order = account.order
        why = order.rejection.reason if order.rejection else None
        assert (order.status, why) in self._ends(), f"it ended {order.status}, {why}"
        refunds = [refund.state for refund in account.refunds]
        wanted = [] if self._case.outcome.refunds is None else [RefundState.REFUNDED]
        assert refunds == wanted, f"its refunds are {refunds}"
        if order.status is CONFIRMED:
            sending = any(fault.task == "SendConfirmation" for fault in self._strikes.struck)
            known = (EmailState.SENT, EmailState.UNKNOWN) if sending else (EmailState.SENT,)
            assert account.email in known, f"its mail is {account.email}"

    def _ends(self) -> set[tuple[OrderStatus, str | None]]:
        outcome, struck = self._case.outcome, self._strikes.struck
        ends = {(outcome.status, outcome.reason)}
        lost = [fault.task for fault in struck if fault.kind is Kind.UNREACHABLE]
        if any(task in BEFORE_THE_LOCK for task in lost):
            ends = {(REJECTED, "TechnicalFailure")}
        if lost and outcome.status is REJECTED:
            ends.add((REJECTED, "ExecutionFailed"))
        if any(fault.kind is Kind.LATE for fault in struck):
            ends -= {(CONFIRMED, None)}
            ends.add((CANCELLED, "CancelledByCustomer"))
        return ends
