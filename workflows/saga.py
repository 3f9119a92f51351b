"""The vocabulary of every saga here: Lambda tasks with three retriers, in a JSONPath machine.

The machines are built with the CDK, but rendered to plain ASL in which `${ChargePaymentArn}` stands
for a function's alias. That document is committed, reviewed, interpreted by the tests, and deployed
as it is: the stack only substitutes the placeholders.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from workflows.timing import TASK_TIMEOUT, Backoff, Budget

FAILURE_PATH: Final = "$.failure"
"""Where a caught error stands in the state's input, as {"Error", "Cause"}."""

ORDER: Final[Mapping[str, str]] = {"orderId.$": "$.orderId"}
ORDER_AND_FAILURE: Final[Mapping[str, str]] = {**ORDER, "failure.$": FAILURE_PATH}

_THROTTLED: Final = "Lambda.TooManyRequestsException"
_STAND_IN: Final = "arn:aws:lambda:us-east-1:000000000000:function:"


def placeholder(task: str) -> str:
    """The name that the stack substitutes by the ARN of the task's alias."""
    return f"{task}Arn"


@dataclass(frozen=True, slots=True)
class Machine:
    """A state machine to be rendered: its states from the first, its own timeout in seconds."""

    name: str
    comment: str
    timeout: int
    build: Callable[[cdk.Stack], sfn.State]


def task(
    stack: cdk.Stack,
    name: str,
    budget: Budget,
    *,
    business_errors: Sequence[str] = (),
    payload: Mapping[str, str] = ORDER,
) -> tasks.LambdaInvoke:
    """A state that calls the function of its own name and throws away the result.

    Args:
        stack: where the state is built; nothing of it is deployed.
        name: of the state, the function and the placeholder.
        budget: how long it is retried.
        business_errors: classes that no retry changes.
        payload: what the function receives, in JSONPath.
    """
    function = lambda_.Function.from_function_arn(stack, f"{name}Function", _STAND_IN + name)
    state = tasks.LambdaInvoke(
        stack,
        name,
        lambda_function=function,
        payload=sfn.TaskInput.from_object(dict(payload)),
        result_path=sfn.JsonPath.DISCARD,
        task_timeout=sfn.Timeout.duration(cdk.Duration.seconds(TASK_TIMEOUT)),
        # The CDK's own retrier would stand before ours and end the saga in seconds.
        retry_on_service_exceptions=False,
    )
    if business_errors:
        state.add_retry(errors=list(business_errors), max_attempts=0)
    _retry(state, _THROTTLED, budget.throttled)
    # Not a list of names: a function's time-out surfaces as Sandbox.Timedout, a killed runtime as
    # Runtime.ExitError.
    _retry(state, sfn.Errors.ALL, budget.failing)
    return state


def catch(state: tasks.LambdaInvoke, errors: Sequence[str], handler: sfn.IChainable) -> None:
    """Goes to `handler` on these errors, with the error beside the state's input."""
    state.add_catch(handler, errors=list(errors), result_path=FAILURE_PATH)


def render(machine: Machine) -> dict[str, Any]:
    """The machine as ASL with placeholders."""
    stack = cdk.Stack()
    graph = sfn.StateGraph(machine.build(stack), machine.name)
    graph.timeout = cdk.Duration.seconds(machine.timeout)
    resolved = stack.resolve(graph.to_graph_json())
    definition: dict[str, Any] = json.loads(
        _with_placeholders(json.dumps(_literal(resolved), sort_keys=True))
    )
    for state in definition["States"].values():
        if state["Type"] == "Task":
            # Every task throws its result away. The null that says so is lost on the way from
            # the CDK to Python, and without it a result would replace the order's id.
            state["ResultPath"] = None
    return {"Comment": machine.comment, **definition}


def _retry(state: tasks.LambdaInvoke, error: str, backoff: Backoff) -> None:
    state.add_retry(
        errors=[error],
        interval=cdk.Duration.seconds(backoff.interval),
        backoff_rate=backoff.rate,
        max_delay=cdk.Duration.seconds(backoff.ceiling),
        max_attempts=backoff.attempts,
        jitter_strategy=sfn.JitterType.FULL,
    )


def _literal(node: Any) -> Any:
    """Replaces the partition, the only thing here that CloudFormation would have to join."""
    if isinstance(node, dict):
        if set(node) == {"Fn::Join"}:
            separator, parts = node["Fn::Join"]
            texts = ["aws" if part == {"Ref": "AWS::Partition"} else part for part in parts]
            return str(separator).join(texts)
        return {key: _literal(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_literal(value) for value in node]
    return node


def _with_placeholders(text: str) -> str:
    before, *rest = text.split(_STAND_IN)
    parts = [before]
    for part in rest:
        name, quote, after = part.partition('"')
        parts.append(f"${{{placeholder(name)}}}{quote}{after}")
    return "".join(parts)
