"""Every order of steps, depth first, by running along one list of choices after another."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from tests.interleavings.scheduler import Run, Step, run_to_end

MOST_RUNS: Final = 200_000
"""A group that needs more is too large: it fails rather than pretend to have seen everything."""


class Stage(Protocol):
    """Where the actors play."""

    def open(self) -> Run:
        """A new run from the same start."""

    def state(self) -> str:
        """Everything that is stored anywhere, as text."""

    def judge(self, run: Run) -> list[str]:
        """Brings everything to its end after a run, and says what is wrong then."""


@dataclass(frozen=True)
class Explored:
    """How many orders of steps were seen, by how many runs; `whole`: those are all there are."""

    interleavings: int
    runs: int
    whole: bool = True


class Broken(AssertionError):
    """An order of steps after which something is wrong."""

    def __init__(self, wrong: Sequence[str], steps: Sequence[Step], choices: Sequence[int]) -> None:
        schedule = ".".join(map(str, choices))
        told = [*wrong, "after", *(f"  {step}" for step in steps), f"--schedule {schedule}"]
        super().__init__("\n".join(told))


@dataclass
class _Choice:
    """A point at which several actors, or one, could go on.

    Attributes:
        known: what was there, to be remembered with the number of orders that begin here.
        taken: the choice that the present run makes.
    """

    known: bytes
    waiting: int
    taken: int = 0
    orders: int = 0


def explore(stage: Stage) -> Explored:
    """Runs through every order of steps.

    Raises:
        Broken: with the first order of steps after which something is wrong.
    """
    path: list[_Choice] = []
    orders_from: dict[bytes, int] = {}
    runs = 0
    while True:
        runs += 1
        assert runs <= MOST_RUNS, f"more than {MOST_RUNS} runs"
        run = stage.open()
        found = _follow(stage, run, path, orders_from)
        run.abandon()
        while path:
            choice = path[-1]
            choice.orders += found
            if choice.taken + 1 < choice.waiting:
                choice.taken += 1
                break
            found = orders_from[choice.known] = choice.orders
            path.pop()
        else:
            return Explored(found, runs)


def sample(stage: Stage, runs: int, rng: random.Random) -> Explored:
    """Runs through some orders of steps, by chance. Raises Broken."""
    for _ in range(runs):
        run = stage.open()
        choices: list[int] = []
        while run.waiting:
            choices.append(rng.randrange(len(run.waiting)))
            run.step(run.waiting[choices[-1]])
        _judge(stage, run, choices)
    return Explored(runs, runs, whole=False)


def replay(stage: Stage, choices: Sequence[int]) -> Run:
    """Runs one order of steps again, and judges it.

    Args:
        choices: which of the waiting actors goes on; where it ends, the first one does.

    Raises:
        Broken: if something is wrong then.
    """
    run = stage.open()
    run_to_end(run, choices)
    _judge(stage, run, choices)
    return run


def _follow(stage: Stage, run: Run, path: list[_Choice], orders_from: dict[bytes, int]) -> int:
    """Goes along the path, and from its end by first choices to an end or to a known point.

    Returns:
        How many orders of steps there are from where it stopped.
    """
    for choice in path:
        run.step(run.waiting[choice.taken])
    while True:
        known = _digest(stage, run)
        if known in orders_from:
            return orders_from[known]
        if not run.waiting:
            _judge(stage, run, [choice.taken for choice in path])
            orders_from[known] = 1
            return 1
        path.append(_Choice(known, len(run.waiting)))
        run.step(run.waiting[0])


def _digest(stage: Stage, run: Run) -> bytes:
    """What decides everything that can still happen: the stores, and what each actor has seen."""
    seen = [f"{actor.name} {actor.seen}" for actor in run.actors]
    return hashlib.blake2b("\n".join([stage.state(), *seen]).encode(), digest_size=16).digest()


def _judge(stage: Stage, run: Run, choices: Sequence[int]) -> None:
    wrong = stage.judge(run)
    if wrong:
        raise Broken(wrong, run.steps, choices)
