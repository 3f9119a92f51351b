"""A state machine's TimeoutSeconds ends its executions.

AWS ("State machine structure", TimeoutSeconds): an execution that runs longer ends TIMED_OUT with
States.Timeout, no Catch runs, and a redrive counts from zero again. MiniStack 1.5.33 ignores the
field. Delete when it ends such executions.
"""

import contextvars
from typing import Any

from ministack import app
from ministack.services import stepfunctions

from scripts.local.fixes.anchors import before, edit


def arm_timeout(execution: dict[str, Any], definition: dict[str, Any]) -> None:
    """Have the server's loop end this run when its time is over; that costs no thread."""
    seconds = definition.get("TimeoutSeconds")
    if not seconds:
        return
    run = execution.get("redriveCount", 0)

    def time_is_over() -> None:
        if execution["status"] != "RUNNING" or execution.get("redriveCount", 0) != run:
            return
        execution.update(
            status="TIMED_OUT", stopDate=stepfunctions.now_iso(), error="States.Timeout"
        )
        details = {"executionTimedOutEventDetails": {"error": "States.Timeout"}}
        stepfunctions._add_event(execution, "ExecutionTimedOut", details)
        stepfunctions._emit_execution_status_event(execution)

    loop = app._MAIN_LOOP
    context = contextvars.copy_context()
    loop.call_soon_threadsafe(lambda: loop.call_later(seconds, context.run, time_is_over))


def apply() -> None:
    """Arm the time-out when a run begins."""
    stepfunctions._arm_timeout = arm_timeout
    edit(
        stepfunctions,
        "_run_execution",
        before(
            '    all_states = definition.get("States", {})\n',
            "    _arm_timeout(execution, definition)",
        ),
    )
