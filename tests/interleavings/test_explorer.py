"""The scheduler and the explorer themselves: nothing is left out, and a failure can be repeated."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import comb, factorial

import pytest

from tests.interleavings.explorer import Broken, explore, replay
from tests.interleavings.scheduler import Run, Tap


@dataclass
class Counter:
    """A number in a store; its actors add one to it. `ends`: the numbers that came of it."""

    actors: Mapping[str, Callable[["Counter", Tap], object]]
    wanted: int
    value: int = 0
    log: str = ""
    ends: set[int] = field(default_factory=set)

    def open(self) -> Run:
        self.value, self.log = 0, ""
        return Run({name: self._play(act) for name, act in self.actors.items()})

    def state(self) -> str:
        return f"{self.value} {self.log}"

    def judge(self, run: Run) -> list[str]:
        self.ends.add(self.value)
        return [] if self.value == self.wanted else [f"{self.value}, not {self.wanted}"]

    def _play(self, act: Callable[["Counter", Tap], object]) -> Callable[[Tap], object]:
        return lambda tap: act(self, tap)


def _reads_then_writes(counter: Counter, tap: Tap) -> None:
    read = tap("read", lambda: counter.value)
    tap("write", lambda: setattr(counter, "value", read + 1))


def _adds(counter: Counter, tap: Tap) -> None:
    tap("add", lambda: setattr(counter, "value", counter.value + 1))


def _writes_down(name: str, times: int) -> Callable[[Counter, Tap], object]:
    def act(counter: Counter, tap: Tap) -> None:
        for _ in range(times):
            tap("log", lambda: setattr(counter, "log", counter.log + name))

    return act


def _raises(counter: Counter, tap: Tap) -> None:
    tap("look", lambda: counter.value)
    raise KeyError("a bug of the actor's")


def test_a_lost_update_is_found_and_its_schedule_repeats_it() -> None:
    counter = Counter({"a": _reads_then_writes, "b": _reads_then_writes}, wanted=2)
    with pytest.raises(Broken, match="1, not 2") as found:
        explore(counter)
    told = str(found.value)
    assert "a: read\n  b: read" in told
    choices = [int(choice) for choice in told.rpartition("--schedule ")[2].split(".")]
    with pytest.raises(Broken) as again:
        replay(counter, choices)
    assert str(again.value) == told


def test_a_run_one_after_the_other_is_sound() -> None:
    counter = Counter({"a": _reads_then_writes, "b": _reads_then_writes}, wanted=2)
    assert [str(step) for step in replay(counter, []).steps] == [
        "a: read",
        "a: write",
        "b: read",
        "b: write",
    ]


def test_what_is_atomic_has_one_end() -> None:
    counter = Counter({"a": _adds, "b": _adds, "c": _adds}, wanted=3)
    assert explore(counter).interleavings == factorial(3)
    assert counter.ends == {3}


@pytest.mark.parametrize(("one", "other"), [(1, 1), (3, 2), (4, 4)])
def test_orders_that_differ_are_all_run(one: int, other: int) -> None:
    counter = Counter({"a": _writes_down("a", one), "b": _writes_down("b", other)}, wanted=0)
    explored = explore(counter)
    assert explored.interleavings == explored.runs == comb(one + other, one)


def test_orders_that_come_to_the_same_are_counted_and_run_once() -> None:
    counter = Counter({"a": _writes_down("x", 4), "b": _writes_down("x", 4)}, wanted=0)
    explored = explore(counter)
    assert explored.interleavings == comb(8, 4)
    assert explored.runs < explored.interleavings / 2


def test_a_bug_of_an_actor_is_no_outcome() -> None:
    with pytest.raises(KeyError, match="a bug"):
        explore(Counter({"a": _adds, "b": _raises}, wanted=1))
