"""An execution that was stopped, timed out or redriven hears no more of its earlier run.

AWS ("StopExecution", "RedriveExecution"): what an execution was doing when it ended goes on by
itself, a Lambda invocation for instance, but its result is ignored and no further attempt is made.
MiniStack 1.5.33 lets the thread of the earlier run go on: it writes events after ExecutionAborted,
overwrites the status when a task fails, and runs the next attempt of a Retry it was waiting for.
Delete when a run ends with its execution.
"""

import contextvars
from typing import Any

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import after, before, edit

_run_of_thread: contextvars.ContextVar[int | None] = contextvars.ContextVar("run", default=None)


def _begin_run(execution: dict[str, Any]) -> None:
    """Remember which run of the execution this thread works for."""
    _run_of_thread.set(execution.get("redriveCount", 0))


def _leave_if_over(execution: dict[str, Any]) -> None:
    """End this thread if it works for a run that is over; an API call's thread works for none."""
    run = _run_of_thread.get()
    if run is None:
        return
    if execution["status"] != "RUNNING" or execution.get("redriveCount", 0) != run:
        raise SystemExit


def apply() -> None:
    """Ask before every event, which is before and after every attempt, and before failing."""
    stepfunctions._begin_run = _begin_run
    stepfunctions._leave_if_over = _leave_if_over
    edit(
        stepfunctions,
        "_run_execution",
        after("    if not execution:\n        return\n", "    _begin_run(execution)"),
    )
    edit(
        stepfunctions,
        "_add_event",
        before(
            "    event = {\n",
            '    if not event_type.startswith("Execution"):',
            "        _leave_if_over(execution)",
        ),
    )
    edit(
        stepfunctions,
        "_fail_execution",
        before('    execution["status"] = "FAILED"\n', "    _leave_if_over(execution)"),
    )
