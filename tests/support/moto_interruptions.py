"""Interrupting a task in the middle: at any call that its first attempt makes to the outside.

An attempt that is killed, or whose call fails, is over. One that is paused lives on as a zombie:
the state machine takes it for timed out and tries again; later it wakes up and goes on from there.
Never do two run at once, for moto's DynamoDB is not correct under concurrency.
"""

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from functions.payments.stripe_http import Lost, NotSent
from tests.support.moto_functions import Answer, Attempt
from tests.support.moto_saga import DEADLINE_SECONDS, MotoSaga
from tests.support.moto_taps import Call
from tests.support.saga_world_faults import Broken, Killed


class Mode(StrEnum):
    """What happens at the call."""

    KILLED = "is killed after"
    FAILS = "cannot make"
    LOSES_ANSWER = "loses the answer of"
    PAUSED_LONG = "is paused before, until the saga has ended, at"
    PAUSED_SHORT = "is paused before, until the next task begins, at"


_AFTER = (Mode.KILLED, Mode.LOSES_ANSWER)
_PAUSED = (Mode.PAUSED_LONG, Mode.PAUSED_SHORT)


class TimedOut(Exception):
    """What the state machine hears of an attempt that is paused."""


@dataclass
class Interruption:
    """Strikes the first attempt of a task at its nth call.

    Attributes:
        given_up: all its later attempts fail, so that the state machine gives the task up.
        struck: the call; None if there were fewer.
    """

    saga: MotoSaga
    task: str
    mode: Mode
    nth: int
    given_up: bool = False
    struck: Call | None = None
    _calls: int = 0
    _local: threading.local = field(default_factory=threading.local)
    _zombie: threading.Thread | None = None
    _over: threading.Event = field(default_factory=threading.Event)
    _awake: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.mode in _AFTER:
            self.saga.taps.after = self._reached
        else:
            self.saga.taps.before = self._reached
        self.saga.functions.run = self._run

    def wake(self) -> None:
        """Lets a paused attempt go on, and waits until it is over."""
        if self._zombie is not None:
            self._awake.set()
            self._zombie.join(DEADLINE_SECONDS)
            assert not self._zombie.is_alive()

    def _run(self, attempt: Attempt, work: Any) -> Answer:
        if self.given_up and attempt.task == self.task and attempt.number > 1:
            raise Broken("injected")
        if attempt.task != self.task or attempt.number > 1:
            if self.mode is Mode.PAUSED_SHORT and attempt.task != self.task:
                self.wake()
            answer: Answer = work()
            return answer
        if self.mode not in _PAUSED:
            self._local.targeted = True
            try:
                answer = work()
            finally:
                self._local.targeted = False
            return answer
        return self._run_aside(work)

    def _run_aside(self, work: Any) -> Answer:
        """In a thread of its own, which may be left behind."""
        outcome: list[Answer | BaseException] = []

        def attempt() -> None:
            self._local.targeted = True
            try:
                outcome.append(work())
            except Exception as error:  # noqa: BLE001 - handed on below
                outcome.append(error)
            self._over.set()

        self._zombie = threading.Thread(target=attempt, daemon=True)
        self._zombie.start()
        assert self._over.wait(DEADLINE_SECONDS)
        if not outcome:
            raise TimedOut
        if isinstance(outcome[0], BaseException):
            raise outcome[0]
        return outcome[0]

    def _reached(self, call: Call) -> None:
        if not getattr(self._local, "targeted", False):
            return
        self._calls += 1
        if self._calls == self.nth:
            self.struck = call
            self._strike(call)

    def _strike(self, call: Call) -> None:
        match self.mode:
            case Mode.KILLED:
                raise Killed
            case Mode.FAILS:
                if call.service == "stripe":
                    raise NotSent("not_connected")
                raise EndpointConnectionError(endpoint_url=call.service)
            case Mode.LOSES_ANSWER:
                if call.service == "stripe":
                    raise Lost("timeout")
                raise ReadTimeoutError(endpoint_url=call.service)
            case Mode.PAUSED_LONG | Mode.PAUSED_SHORT:
                self._over.set()
                assert self._awake.wait(DEADLINE_SECONDS)
