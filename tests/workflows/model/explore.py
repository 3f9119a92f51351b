"""Looks at every state that can be reached, the nearest first: a breach is a short story."""

from dataclasses import dataclass
from typing import Final

from tests.workflows.model.moves import State, moves, start
from tests.workflows.model.protocol import (
    AUTHORISED,
    CAPTURED,
    CLOSED,
    COMMITTED,
    CONFIRMED,
    LIVE,
    PENDING,
    REJECTED,
    UNITS,
    Protocol,
    World,
)

_EXCUSES: Final = frozenset({"lost", "killed", "abort"})


@dataclass(frozen=True)
class Exploration:
    """What was found.

    Attributes:
        states, rests: how many there are, and in how many of them nothing is left to happen.
        breach: the first promise broken, with the states that led there; None if none was.
    """

    states: int
    rests: int
    breach: str | None = None
    trace: tuple[State, ...] = ()


def explore(without: str | None = None) -> Exploration:
    """Every interleaving of the protocol, or of the protocol without one of its guards.

    Promised are: what must hold always, what must hold at rest, and that from everywhere a rest
    can be reached without another fault.
    """
    protocol = Protocol(without)
    graph = _Graph(start())
    for i, s in enumerate(graph.states):  # grows meanwhile
        if breach := _always(s.world):
            return graph.explored(i, breach)
        calm = [graph.add(i, following) for following in moves(s, protocol)]
        if not s.attempts and not any(calm):
            graph.rests.append(i)
            if breach := _at_rest(s.world, s.faults):
                return graph.explored(i, breach)
    stuck = _never_at_rest(graph.calm_from, graph.rests)
    return graph.explored(stuck, None if stuck is None else "never comes to rest")


class _Graph:
    """The states found so far, and how they were come by."""

    def __init__(self, first: State) -> None:
        self.states = [first]
        self.rests: list[int] = []
        self.calm_from: list[list[int]] = [[]]
        self._number = {first: 0}
        self._parents = [0]

    def add(self, i: int, following: State) -> bool:
        """A state that may come after number `i`. True if it comes without another fault."""
        j = self._number.setdefault(following, len(self.states))
        if j == len(self.states):
            self.states.append(following)
            self._parents.append(i)
            self.calm_from.append([])
        calm = len(following.faults) == len(self.states[i].faults)
        if calm:
            self.calm_from[j].append(i)
        return calm

    def explored(self, i: int | None, breach: str | None) -> Exploration:
        """What was found, with the way to the breach."""
        trace = [] if i is None else [self.states[i]]
        while i:
            i = self._parents[i]
            trace.append(self.states[i])
        return Exploration(len(self.states), len(self.rests), breach, tuple(reversed(trace)))


def _never_at_rest(calm_from: list[list[int]], rests: list[int]) -> int | None:
    settles = bytearray(len(calm_from))
    pending = list(rests)
    for i in rests:
        settles[i] = 1
    while pending:
        for j in calm_from[pending.pop()]:
            if not settles[j]:
                settles[j] = 1
                pending.append(j)
    found = settles.find(0)
    return None if found < 0 else found


def _always(w: World) -> str | None:
    if w.stock + (w.hold in LIVE) != UNITS:
        return f"stock not conserved: {w.stock} left, {w.hold}"
    if w.charged and w.order in (PENDING, REJECTED):
        return f"charged while {w.order}"
    if w.mails > 1:
        return "mailed twice"
    return None


def _at_rest(w: World, faults: tuple[str, ...]) -> str | None:
    came_to = f"{w.order} with {w.intent}, {w.hold}"
    if w.order not in (CONFIRMED, *CLOSED):
        return f"rests in {w.order}"
    if w.order == CONFIRMED and (w.intent, w.hold) != (CAPTURED, COMMITTED):
        return came_to
    if w.order in CLOSED and (w.intent in (AUTHORISED, CAPTURED) or w.hold in LIVE):
        return came_to
    if w.order == REJECTED and not faults:
        return "rejected for no reason"
    if not w.ended:
        return "saga never ended"
    if w.order == CONFIRMED and not w.mails and not _EXCUSES & set(faults):
        return "no mail"
    return None
