"""Lets the faults of a case happen, at the calls that the tasks make to the outside.

An attempt that stalls lives on as a zombie: the state machine hears that it timed out and tries
again; later it goes on from where it stands. Never do two run at once, for moto's DynamoDB is not
correct under concurrency.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from functions.payments.stripe_http import Lost, NotSent
from scripts.local.payment_sandbox import faults as sandbox_faults
from tests.support.moto_functions import Answer, Attempt, Throttled, TimedOut
from tests.support.moto_saga import DEADLINE_SECONDS, MotoSaga
from tests.support.moto_taps import Call
from tests.support.saga_world_faults import Killed
from tests.workflows.matrix.cases import Case, Fault, Kind, calls, outside

REFUSALS: Final = 3
"""Attempts that a throttled function refuses."""
STALLS: Final = (Kind.TIMED_OUT, Kind.LATE)
_BEFORE: Final = (Kind.ERROR, *STALLS)
_TABLES: Final = "dynamodb"


@dataclass
class Strike:
    """One fault on its way to happen.

    Attributes:
        outside: its task calls more than the tables, and that is what an outage takes away.
        attempts: of the task, that it has struck.
        struck: what happened to which call; None: nothing yet.
        over: it will not strike again.
    """

    fault: Fault
    outside: bool
    attempts: int = 0
    calls: int = 0
    struck: str | None = None
    over: bool = False
    zombie: threading.Thread | None = None
    _stalls: threading.Event = field(default_factory=threading.Event)
    _left: threading.Event = field(default_factory=threading.Event)
    _awake: threading.Event = field(default_factory=threading.Event)

    @property
    def asleep(self) -> bool:
        """Whether its attempt stalls."""
        return self._stalls.is_set() and not self._awake.is_set()

    def wake(self) -> None:
        """Lets its attempt go on, and waits until that is over."""
        if self.asleep and self.zombie is not None:
            self._awake.set()
            self.zombie.join(DEADLINE_SECONDS)
            assert not self.zombie.is_alive()

    def stall(self) -> None:
        """The attempt's own thread: waits to be woken."""
        self._stalls.set()
        self._left.set()
        assert self._awake.wait(DEADLINE_SECONDS)

    def aside(self, work: Callable[[], Answer]) -> Answer:
        """Runs the attempt in a thread of its own, and leaves it there if it stalls."""
        outcome: list[Answer | BaseException] = []

        def attempt() -> None:
            try:
                outcome.append(work())
            except Exception as error:  # noqa: BLE001 - handed on below
                outcome.append(error)
            self._left.set()

        self.zombie = threading.Thread(target=attempt, daemon=True)
        self.zombie.start()
        assert self._left.wait(DEADLINE_SECONDS)
        if not outcome:
            raise TimedOut
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]


class Strikes:
    """The faults of one case: those of one task strike its attempts one after another.

    Args:
        stalled: told when an attempt stalls for long.
    """

    def __init__(self, saga: MotoSaga, case: Case, stalled: Callable[[], None]) -> None:
        self._saga = saga
        self._stalled = stalled
        self._local = threading.local()
        self.each = [
            Strike(fault, any(map(outside, calls(case.shape, case.outcome, fault.task))))
            for fault in case.faults
        ]
        saga.functions.run = self._run
        saga.taps.before, saga.taps.after = self._before, self._after

    @property
    def struck(self) -> list[Fault]:
        """The faults that have happened."""
        return [strike.fault for strike in self.each if strike.struck]

    def lift(self) -> None:
        """Outages that have been met are over, and who stalled for a while goes on."""
        self._wake(Kind.TIMED_OUT)
        for strike in self.each:
            if strike.fault.kind is Kind.UNREACHABLE and strike.struck:
                strike.over = True

    def wake_the_late(self) -> bool:
        """Lets go on what stalls for long; returns whether anything did."""
        return self._wake(Kind.LATE)

    def _wake(self, kind: Kind, but: str | None = None) -> bool:
        asleep = [
            strike
            for strike in self.each
            if strike.asleep and strike.fault.kind is kind and strike.fault.task != but
        ]
        for strike in asleep:
            strike.wake()
        return bool(asleep)

    def _run(self, attempt: Attempt, work: Callable[[], Answer]) -> Answer:
        self._wake(Kind.TIMED_OUT, but=attempt.task)
        waiting = (s for s in self.each if s.fault.task == attempt.task and not s.over)
        strike = next(waiting, None)
        if strike is None:
            return work()
        strike.attempts += 1
        strike.over = strike.fault.kind is not Kind.UNREACHABLE
        match strike.fault.kind:
            case Kind.THROTTLED:
                strike.struck = "the function"
                strike.over = strike.attempts == REFUSALS
                raise Throttled
            case Kind.TWICE:
                strike.struck = "the function"
                work()
                return work()
            case Kind.TIMED_OUT | Kind.LATE:
                return self._aside(strike, work)
        return self._targeted(strike, work)

    def _aside(self, strike: Strike, work: Callable[[], Answer]) -> Answer:
        try:
            return strike.aside(lambda: self._targeted(strike, work))
        finally:
            if strike.asleep and strike.fault.kind is Kind.LATE:
                self._stalled()

    def _targeted(self, strike: Strike, work: Callable[[], Answer]) -> Answer:
        self._local.strike = strike
        try:
            return work()
        finally:
            self._local.strike = None

    def _before(self, call: Call) -> None:
        strike: Strike | None = getattr(self._local, "strike", None)
        if strike is None:
            return
        strike.calls += 1
        fault = strike.fault
        if fault.kind is Kind.UNREACHABLE:
            if strike.outside is (call.service != _TABLES):
                strike.struck = str(call)
                raise _not_reached(call)
        elif fault.kind in _BEFORE and strike.calls == fault.call:
            strike.struck = str(call)
            if fault.kind in STALLS:
                strike.stall()
            elif call.service == "stripe":
                before_all = self._saga.sandbox.faults._faults
                before_all.insert(0, sandbox_faults.Fault(sandbox_faults.Kind.ERROR_BEFORE))
            else:
                raise _not_reached(call)

    def _after(self, call: Call) -> None:
        strike: Strike | None = getattr(self._local, "strike", None)
        if strike is None or strike.fault.kind in _BEFORE or strike.calls != strike.fault.call:
            return
        strike.struck = str(call)
        if strike.fault.kind is Kind.KILLED:
            raise Killed
        if call.service == "stripe":
            raise Lost("timeout")
        raise ReadTimeoutError(endpoint_url=call.service)


def _not_reached(call: Call) -> Exception:
    if call.service == "stripe":
        return NotSent("not_connected")
    error: Exception = EndpointConnectionError(endpoint_url=call.service)
    return error
