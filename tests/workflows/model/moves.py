"""What may happen next: an attempt makes its next effect, or one of a bounded number of faults.

Faults: an attempt's answer is lost and it lives on beside its retry, an attempt is killed, the
execution is aborted, the customer cancels, the hold expires, the card is declined, the provider
drops an authorisation.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tests.workflows.model.protocol import (
    AGAIN,
    AUTHORISED,
    CANCELED,
    CLOSED,
    COMMITTED,
    CONFIRMED,
    CONFIRMING,
    CREATED,
    DONE,
    HELD,
    PENDING,
    REFUSED,
    RELEASED,
    Protocol,
    World,
)

LIMITS: Final = {
    "lost": 2,
    "killed": 1,
    "decline": 1,
    "dropped": 1,
    "expired": 1,
    "customer": 1,
    "abort": 1,
}
NEXT: Final = {
    "Charge": "Reserve",
    "Reserve": "Confirm",
    "Confirm": "Send",
    "Send": "DONE",
    "Reject": "Release",
    "Release": "Refund",
    "Refund": "DONE",
    "Close": "Release",
}
IDLE, ENDED, ABORTED = "idle", "DONE", "ABORTED"
PLACE, CANCEL, ZOMBIE = "place", "cancel", "zombie"


class Attempt(NamedTuple):
    """A running attempt: its next effect, what it remembers, and who waits for its answer."""

    task: str
    line: int
    memory: str
    owner: str


class State(NamedTuple):
    """The world, the states of both executions, the attempts under way, the faults so far."""

    world: World
    place: str
    cancel: str
    attempts: tuple[Attempt, ...]
    faults: tuple[str, ...]


def start() -> State:
    """An order was placed, and its execution begins."""
    return _begin(State(World(), "", IDLE, (), ()), "Charge", PLACE)


def moves(s: State, protocol: Protocol) -> Iterator[State]:
    """Every state that may come next."""
    for i, attempt in enumerate(s.attempts):
        rest = s._replace(attempts=s.attempts[:i] + s.attempts[i + 1 :])
        yield _effect(rest, attempt, protocol)
        if attempt.owner != ZOMBIE:
            yield from _interrupted(rest, attempt, protocol)
    yield from _outside(s, protocol)
    yield from _settled(s, protocol)


def _effect(rest: State, attempt: Attempt, protocol: Protocol) -> State:
    effect = protocol.tasks[attempt.task]
    world, memory, then = effect(attempt.line, rest.world, attempt.memory)
    after = rest._replace(world=world)
    if isinstance(then, int):
        return _with(after, attempt._replace(line=then, memory=memory))
    return _answered(after, attempt.task, attempt.owner, then, attempt.memory)


def _interrupted(rest: State, attempt: Attempt, protocol: Protocol) -> Iterator[State]:
    """The attempt is lost to its execution, which tries again or gives the task up."""
    task, owner = attempt.task, attempt.owner
    who = attempt.memory if task == "Close" else ""
    forward = protocol.guarded("confirm: technical failure goes forward")
    given_up = task in ("Charge", "Reserve") or (task == "Confirm" and not forward)
    lost, killed = _fault(rest, "lost"), _fault(rest, "killed")
    for left in (lost and _with(lost, attempt._replace(owner=ZOMBIE)), killed):
        if left:
            yield _begin(left, task, owner, who)
            if given_up:
                yield _answered(left, task, owner, "technical", who)


def _outside(s: State, protocol: Protocol) -> Iterator[State]:
    """What the provider, time, the customer and operators do."""
    w = s.world
    if w.intent == CREATED and (n := _fault(s, "decline")):
        yield n._replace(world=w._replace(intent=CANCELED))
    if w.intent == AUTHORISED and (n := _fault(s, "dropped")):
        yield n._replace(world=w._replace(intent=CANCELED))
    sold = w.hold == COMMITTED and not protocol.guarded("expiry: only HELD")
    if (w.hold == HELD or sold) and (n := _fault(s, "expired")):
        yield n._replace(world=w._replace(hold=RELEASED, stock=w.stock + 1))
    if s.cancel in (IDLE, ENDED) and (n := _fault(s, "customer")):
        yield _begin(n, "Close", CANCEL, "customer")
    if s.place not in (ENDED, ABORTED) and (n := _fault(s, "abort")):
        orphans = (a._replace(owner=ZOMBIE) if a.owner == PLACE else a for a in s.attempts)
        yield n._replace(place=ABORTED, attempts=tuple(sorted(orphans)))


def _settled(s: State, protocol: Protocol) -> Iterator[State]:
    """Reconciler, sweeper and an operator's redrive, once no execution is running."""
    if s.world.ended or s.place not in (ENDED, ABORTED) or s.cancel not in (IDLE, ENDED):
        return
    order = s.world.order
    if order == PENDING:
        yield _begin(s, "Close", CANCEL, "reconciler")
    elif order in CLOSED and protocol.guarded("sweeper: settles what events missed"):
        yield _begin(s, "Release", CANCEL)
    elif order == CONFIRMING:
        yield _begin(s, "Confirm", PLACE)
    elif order == CONFIRMED:
        if protocol.guarded("close: reconciler never takes CONFIRMED"):
            yield _begin(s, "Send", PLACE)
        else:
            yield _begin(s, "Close", CANCEL, "reconciler")


def _answered(s: State, task: str, owner: str, result: str, memory: str) -> State:
    """The execution moves on by the answer of its task; nobody hears a zombie's."""
    if owner == ZOMBIE:
        return s
    if result == AGAIN:
        return _begin(s, task, owner, memory)
    if result == REFUSED:
        return _at(s, owner, ENDED)
    state = NEXT[task] if result == DONE else "Reject"
    return _at(s, owner, ENDED) if state == ENDED else _begin(s, state, owner)


def _begin(s: State, task: str, owner: str, memory: str = "") -> State:
    return _with(_at(s, owner, task), Attempt(task, 0, memory, owner))


def _at(s: State, owner: str, state: str) -> State:
    return s._replace(place=state) if owner == PLACE else s._replace(cancel=state)


def _with(s: State, attempt: Attempt) -> State:
    return s._replace(attempts=tuple(sorted((*s.attempts, attempt))))


def _fault(s: State, name: str) -> State | None:
    if s.faults.count(name) == LIMITS[name]:
        return None
    return s._replace(faults=tuple(sorted((*s.faults, name))))
