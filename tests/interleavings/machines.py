"""The committed state machines, walked state by state. Whoever walks also decides on retries."""

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from contracts.tasks import TaskInput
from tests.interleavings.world import World

_WORKFLOWS: Final = Path(__file__).parents[2] / "workflows"
ATTEMPTS: Final = 3
"""Tries of a state, one after another, before its Catch or the end of the execution."""
ENDED: Final = ""

Tasks = Mapping[str, Callable[[TaskInput], None]]


@functools.cache
def _machine(name: str) -> dict[str, Any]:
    """A committed machine, by the name of its document."""
    text = (_WORKFLOWS / f"{name}.asl.json").read_text(encoding="utf-8")
    machine: dict[str, Any] = json.loads(text)
    return machine


class Execution:
    """One execution, as far as the world knows it to be: it stands in a state, or has ended.

    Args:
        name: `place_order`, `cancel_order` or `refund_order`.
    """

    def __init__(self, world: World, name: str, order_id: str, refund_id: str = "") -> None:
        self._world = world
        self._machine = _machine(name)
        self._key = f"{name} {refund_id or order_id}"
        self._input = {"orderId": order_id, "refundId": refund_id or None}

    @property
    def state(self) -> str:
        """The state that it is in; `ENDED`."""
        return self._world.positions.get(self._key, str(self._machine["StartAt"]))

    def run(self, tasks: Tasks, *only: str) -> None:
        """Runs on to the end, or as long as it is in one of some states.

        Raises:
            Exception: a state failed for good that nothing catches. A redrive runs on from there.
        """
        while self.state != ENDED and (not only or self.state in only):
            self._go(tasks)

    def _go(self, tasks: Tasks) -> None:
        state = self._machine["States"][self.state]
        ends = state["Type"] == "Succeed"
        following = ENDED if ends else self._next(state, self._attempt(tasks))
        self._world.positions[self._key] = following

    def _attempt(self, tasks: Tasks) -> Exception | None:
        """Tries the state's task; the error that it ends with."""
        failure = self._world.failures.get(self._key)
        payload = TaskInput.model_validate({**self._input, "failure": failure})
        error: Exception | None = None
        for _ in range(ATTEMPTS):
            try:
                tasks[self.state](payload)
            except Exception as raised:  # noqa: BLE001 - the machine judges it by its name
                error = raised
                if type(raised).__name__ in self._business_errors():
                    break
            else:
                return None
        return error

    def _business_errors(self) -> set[str]:
        retriers = self._machine["States"][self.state]["Retry"]
        never = [retrier for retrier in retriers if retrier["MaxAttempts"] == 0]
        return {name for retrier in never for name in retrier["ErrorEquals"]}

    def _next(self, state: dict[str, Any], error: Exception | None) -> str:
        if error is None:
            return str(state.get("Next", ENDED))
        name = type(error).__name__
        for catcher in state.get("Catch", ()):
            if {name, "States.ALL"} & set(catcher["ErrorEquals"]):
                cause = json.dumps({"errorMessage": str(error), "errorType": name})
                self._world.failures[self._key] = {"Error": name, "Cause": cause}
                return str(catcher["Next"])
        raise error
