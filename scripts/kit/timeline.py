"""The history of an execution as people read it: each state, when it began, how it ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

DONE = "done"
RUNNING = "running"


@dataclass(frozen=True)
class Step:
    """A state that was entered.

    Attributes:
        began, ended: UTC; `ended` is None while it runs.
        outcome: `done`, `running`, or the name of the error it ended with.
        tries: how often its task was started.
    """

    state: str
    began: datetime
    ended: datetime | None
    outcome: str
    tries: int

    @property
    def took(self) -> str:
        """How long it took, in milliseconds."""
        if self.ended is None:
            return "-"
        return f"{(self.ended - self.began).total_seconds() * 1000:.0f} ms"


def steps(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps in the order in which the states were entered.

    Args:
        events: of GetExecutionHistory, oldest first.
    """
    found: list[Step] = []
    for event in events:
        entered = event.get("stateEnteredEventDetails")
        if entered:
            found.append(Step(entered["name"], event["timestamp"], None, RUNNING, 0))
        elif found:
            found[-1] = _after(found[-1], event)
    return found


def _after(step: Step, event: Mapping[str, Any]) -> Step:
    """The step as it is after one more event of it."""
    kind, at = str(event["type"]), event["timestamp"]
    if kind.endswith("Scheduled"):
        return Step(step.state, step.began, None, RUNNING, step.tries + 1)
    if "StateExited" in kind:
        outcome = DONE if step.outcome == RUNNING else step.outcome
        return Step(step.state, step.began, step.ended or at, outcome, step.tries)
    if kind in ("TaskSucceeded", "LambdaFunctionSucceeded"):
        return Step(step.state, step.began, at, DONE, step.tries)
    error = _error_of(event)
    if error is not None:
        return Step(step.state, step.began, at, error, step.tries)
    return step


def _error_of(event: Mapping[str, Any]) -> str | None:
    for name, details in event.items():
        if name.endswith(("FailedEventDetails", "TimedOutEventDetails", "AbortedEventDetails")):
            return str(details.get("error") or "failed")
    return None
