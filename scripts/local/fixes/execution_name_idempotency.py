"""StartExecution is idempotent while the execution of that name runs.

AWS ("StartExecution"): the same name and input as a running execution succeed with the response
of the original request; a closed execution or another input is ExecutionAlreadyExists. MiniStack
1.5.33 answers ExecutionAlreadyExists in every case. Delete when it compares state and input.
"""

import json
from typing import Any

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import require, wrap


def apply() -> None:
    """Look at the existing execution before refusing its name."""
    require(stepfunctions, "_executions", "_resolve_state_machine_arn", "json_response")
    start = stepfunctions._start_execution

    def start_execution(data: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        response: tuple[int, dict[str, str], bytes] = start(data)
        if response[0] != 400 or json.loads(response[2]).get("__type") != "ExecutionAlreadyExists":
            return response
        machine_arn = stepfunctions._resolve_state_machine_arn(data["stateMachineArn"])
        execution_arn = machine_arn.replace(":stateMachine:", ":execution:") + f":{data['name']}"
        execution = stepfunctions._executions.get(execution_arn)
        if not execution or execution["status"] != "RUNNING":
            return response
        if execution["input"] != data.get("input", "{}"):
            return response
        original = {name: execution[name] for name in ("executionArn", "startDate")}
        answer: tuple[int, dict[str, str], bytes] = stepfunctions.json_response(original)
        return answer

    wrap(stepfunctions, "_start_execution", start_execution)
