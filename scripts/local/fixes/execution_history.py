"""The history tells of a task what the console shows.

AWS ("GetExecutionHistory", HistoryEvent): every event names the one before it; a task is
scheduled, then started; its events give the resource's service and action apart ("lambda",
"invoke"), its region and its parameters; a task that ran out of time is TaskTimedOut. MiniStack
1.5.33 gives the whole ARN as the action, starts nothing, and calls a time-out TaskFailed. Delete
when it writes these.
"""

from typing import Any

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import after, before, edit


def describe_event(event_type: str, details: dict[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """The type and details under which AWS records what MiniStack is about to record."""
    details = dict(details or {})
    name = next(iter(details), "")
    inner = details.get(name)
    if isinstance(inner, dict) and event_type.startswith("Task") and "resource" in inner:
        details[name] = {**inner, **_resource(inner["resource"])}
        if event_type == "TaskScheduled":
            details[name].setdefault("region", stepfunctions.get_region())
            details[name].setdefault("parameters", "{}")
        if event_type == "TaskFailed" and inner.get("error") == "States.Timeout":
            return "TaskTimedOut", {"taskTimedOutEventDetails": details[name]}
    return event_type, details


def _resource(arn: str) -> dict[str, str]:
    """`arn:aws:states:::lambda:invoke` is the action `invoke` of the service `lambda`."""
    parts = arn.split(":")
    if arn.startswith("arn:aws:states:::") and len(parts) > 6:
        return {"resourceType": ":".join(parts[5:-1]), "resource": parts[-1]}
    return {"resourceType": "lambda", "resource": arn}


def apply() -> None:
    """Translate each event as it is added, and add the start of each task."""
    stepfunctions._describe_event = describe_event
    edit(
        stepfunctions,
        "_add_event",
        before("    event = {\n", "    event_type, details = _describe_event(event_type, details)"),
        after("    event = {\n", '        "previousEventId": len(execution["events"]),'),
    )
    edit(
        stepfunctions,
        "_execute_task",
        after(
            '                "taskScheduledEventDetails": {\n',
            '                    "parameters": json.dumps(effective),',
        ),
        before(
            "            if _mock_throw is not None:\n",
            '            _add_event(execution, "TaskStarted", {',
            '                "taskStartedEventDetails": {"resource": resource},',
            "            })",
        ),
    )
