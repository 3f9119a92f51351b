"""RedriveExecution, and what DescribeExecution says about it.

AWS ("Restarting state machine executions with redrive", "RedriveExecution"): a FAILED, ABORTED or
TIMED_OUT execution continues from its unsuccessful state, with that state's input, the retriers'
counts at zero, under the same ARN and the definition it was started with; the history goes on with
ExecutionRedriven and the state is not entered a second time. MiniStack 1.5.33 does not know the
action. Delete when it does. (Here the definition is kept from the moment an execution fails; inside
a Parallel or Map state all branches run again, not only those that failed.)
"""

import contextvars
import json
import threading
from typing import Any

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import after, before, edit, require, wrap

Response = tuple[int, dict[str, str], bytes]

_REDRIVABLE = ("FAILED", "ABORTED", "TIMED_OUT")


def redrive(request: dict[str, Any]) -> Response:
    """Answer a RedriveExecution request."""
    execution = stepfunctions._executions.get(request.get("executionArn"))
    if execution is None:
        return _refuse("ExecutionDoesNotExist", f"No such execution: {request.get('executionArn')}")
    if execution["status"] not in _REDRIVABLE:
        return _refuse("ExecutionNotRedrivable", f"Execution is {execution['status']}")
    now = stepfunctions.now_iso()
    execution.update(
        status="RUNNING",
        stopDate=None,
        output=None,
        error=None,
        cause=None,
        redriveCount=execution.get("redriveCount", 0) + 1,
        redriveDate=now,
        resume=True,
    )
    details = {"executionRedrivenEventDetails": {"redriveCount": execution["redriveCount"]}}
    stepfunctions._add_event(execution, "ExecutionRedriven", details)
    stepfunctions._emit_execution_status_event(execution)
    start_thread(execution["executionArn"])
    return _answer({"redriveDate": now})


def start_thread(execution_arn: str) -> None:
    """Run an execution in the account and region of this thread."""
    context = contextvars.copy_context()
    threading.Thread(
        target=context.run,
        args=(lambda: stepfunctions._run_execution(execution_arn),),
        daemon=True,
    ).start()


def resume_point(
    execution: dict[str, Any], definition: dict[str, Any], start_at: str, start_input: object
) -> tuple[str, object]:
    """The state a run begins in, and its input: where the last run ended, if there was one."""
    if "resume" not in execution:
        return start_at, start_input
    for event in reversed(execution["events"]):
        entered = event.get("stateEnteredEventDetails")
        if entered and entered["name"] in definition["States"]:
            return entered["name"], json.loads(entered["input"])
    del execution["resume"]
    return start_at, start_input


def enter(execution: dict[str, Any], event_type: str, details: dict[str, Any]) -> None:
    """Record that a state is entered, unless a run resumes in it."""
    if not execution.pop("resume", False):
        stepfunctions._add_event(execution, event_type, details)


def _describe(execution: dict[str, Any]) -> dict[str, Any]:
    redrivable = execution["status"] in _REDRIVABLE
    described = {
        "redriveCount": execution.get("redriveCount", 0),
        "redriveStatus": "REDRIVABLE" if redrivable else "NOT_REDRIVABLE",
    }
    if not redrivable:
        status = execution["status"]
        described["redriveStatusReason"] = f"Execution is {status} and cannot be redriven"
    if execution.get("redriveDate"):
        described["redriveDate"] = execution["redriveDate"]
    return described


def _refuse(code: str, message: str) -> Response:
    response: Response = stepfunctions.error_response_json(code, message, 400)
    return response


def _answer(body: dict[str, Any]) -> Response:
    response: Response = stepfunctions.json_response(body)
    return response


def apply() -> None:
    """Add the action, let a run begin in the middle, and describe both."""
    require(stepfunctions, "_executions", "error_response_json", "json_response", "_add_event")
    stepfunctions._redrive = redrive
    stepfunctions._resume_point = resume_point
    stepfunctions._enter = enter
    stepfunctions._TIMESTAMP_RESPONSE_FIELDS = {
        *stepfunctions._TIMESTAMP_RESPONSE_FIELDS,
        "redriveDate",
    }
    edit(
        stepfunctions,
        "handle_request",
        after(
            '        "StopExecution": _stop_execution,\n',
            '        "RedriveExecution": _redrive,',
        ),
    )
    edit(
        stepfunctions,
        "_run_execution",
        (
            'definition = json.loads(sm["definition"])',
            'definition = json.loads(execution.get("definition") or sm["definition"])',
        ),
        before(
            "    try:\n        while current_name",
            "    current_name, current_input = _resume_point(",
            "        execution, definition, current_name, current_input)",
        ),
        (
            '            _add_event(execution, f"{state_type}StateEntered", {\n',
            '            _enter(execution, f"{state_type}StateEntered", {\n',
        ),
        after(
            "    except _ExecutionError as err:\n",
            '        execution.setdefault("definition", json.dumps(definition))',
        ),
    )
    edit(
        stepfunctions,
        "_emit_execution_status_event",
        (
            "redrivable = failed  # TIMED_OUT is never set locally; FAILED is the one\n",
            'redrivable = status in ("FAILED", "ABORTED", "TIMED_OUT")\n',
        ),
        ('"redriveCount": 0,', '"redriveCount": execution.get("redriveCount", 0),'),
    )
    describe = stepfunctions._describe_execution

    def describe_execution(request: dict[str, Any]) -> Response:
        response: Response = describe(request)
        execution = stepfunctions._executions.get(request.get("executionArn"))
        if response[0] != 200 or execution is None:
            return response
        return _answer({**json.loads(response[2]), **_describe(execution)})

    wrap(stepfunctions, "_describe_execution", describe_execution)
