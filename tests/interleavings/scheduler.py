"""Threads that hand over a baton at each call of a port: one order of steps, exactly.

A step is one call of a port and what its actor computes until its next call. Between two steps
nothing runs, so the scheduler may look at everything, and the same choices give the same run.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol, TypeVar

DEADLINE_SECONDS: Final = 60
BUGS: Final = (AssertionError, AttributeError, LookupError, NameError, TypeError)
"""What no actor may end with; every other exception is an outcome, as it is in production."""

Answer = TypeVar("Answer")


class Abandoned(BaseException):
    """The run is not followed any further. Not an Exception: no handler may catch it."""


class Tap(Protocol):
    """Makes a call of a port when it is its actor's turn."""

    def __call__(self, call: str, effect: Callable[[], Answer]) -> Answer:
        """Waits for the turn, makes the call and returns its answer.

        Args:
            call: in words, for the schedule of a failure.
        """
        ...


Play = Callable[[Tap], object]
"""What an actor does, with the tap that all its ports go through."""


@dataclass
class Actor:
    """One actor of a run.

    Attributes:
        next_call: the call that it waits to make; None: it has ended.
        seen: the answers to its calls so far. With its name they say where it stands.
        outcome: what its play returned or raised.
    """

    name: str
    play: Play
    next_call: str | None = None
    seen: list[str] = field(default_factory=list)
    outcome: object = None
    turn: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Step:
    """Who made which call."""

    actor: str
    call: str

    def __str__(self) -> str:
        return f"{self.actor}: {self.call}"


class Run:
    """One run of some actors: `step` by `step`, or `abandon` it."""

    def __init__(self, plays: Mapping[str, Play]) -> None:
        self.actors = [Actor(name, play) for name, play in plays.items()]
        self.steps: list[Step] = []
        self._back = threading.Lock()
        self._back.acquire()
        self._abandoned = False
        for actor in self.actors:
            actor.turn.acquire()
            threading.Thread(target=self._act, args=(actor,), daemon=True).start()
            self._wait_for(actor)

    @property
    def waiting(self) -> list[Actor]:
        """The actors that have a call to make."""
        return [actor for actor in self.actors if actor.next_call is not None]

    def step(self, actor: Actor) -> None:
        """Lets an actor make its call and go on to the next."""
        assert actor.next_call is not None
        self.steps.append(Step(actor.name, actor.next_call))
        self._let(actor)

    def abandon(self) -> None:
        """Ends every thread without another call."""
        self._abandoned = True
        for actor in self.waiting:
            self._let(actor)

    def _let(self, actor: Actor) -> None:
        actor.turn.release()
        self._wait_for(actor)

    def _wait_for(self, actor: Actor) -> None:
        if not self._back.acquire(timeout=DEADLINE_SECONDS):
            raise TimeoutError(f"{actor.name} has neither ended nor come to its next call")
        if isinstance(actor.outcome, BUGS):
            raise actor.outcome

    def _act(self, actor: Actor) -> None:
        def tap(call: str, effect: Callable[[], Answer]) -> Answer:
            actor.next_call = call
            self._back.release()
            actor.turn.acquire()
            if self._abandoned:
                raise Abandoned
            try:
                answer = effect()
            except Exception as refusal:
                actor.seen.append(f"{type(refusal).__name__}: {refusal}")
                raise
            actor.seen.append(_told(answer))
            return answer

        try:
            actor.outcome = actor.play(tap)
        except Abandoned:
            pass
        except Exception as error:  # noqa: BLE001 - an outcome, or a bug that `_wait_for` raises
            actor.outcome = error
        actor.next_call = None
        self._back.release()


def _told(answer: Any) -> str:
    """An answer as text. Mappings in their order: what is equal but ordered otherwise counts as
    different, which costs a run and misses nothing."""
    return repr(answer)


def run_to_end(run: Run, choices: Sequence[int]) -> None:
    """Follows a list of choices, and the first actor that waits wherever it says nothing."""
    for choice in choices:
        run.step(run.waiting[choice])
    while run.waiting:
        run.step(run.waiting[0])
