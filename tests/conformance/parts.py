"""Functions and state machines small enough to be written inside a test."""

import io
import json
import textwrap
import uuid
import zipfile
from typing import Any

from tests.support.emulator import Emulator, wait_until

ROLE = "arn:aws:iam::000000000000:role/any"
PYTHON = "python3.11"
State = dict[str, Any]


def unique(prefix: str) -> str:
    """A name that no other test uses."""
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def package(source: str) -> bytes:
    """A deployment package whose only module is `index`."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", textwrap.dedent(source))
    return packed.getvalue()


def create_function(cloud: Emulator, source: str, **options: Any) -> str:
    """Create a function from source that defines `handler`; its name."""
    name = unique("function")
    cloud.client("lambda").create_function(
        FunctionName=name,
        Runtime=PYTHON,
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": package(source)},
        **{"Timeout": 30, **options},
    )
    return name


def invoke(cloud: Emulator, function: str, event: object = None) -> Any:
    """The function's answer, or the payload of its error."""
    client = cloud.client("lambda", read_timeout=60)
    response = client.invoke(FunctionName=function, Payload=json.dumps(event))
    return json.loads(response["Payload"].read())


def task(function: str, **fields: Any) -> State:
    """A task state that hands its input to a function; the last state, unless `Next` is given."""
    ending = {} if "Next" in fields else {"End": True}
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **ending,
        **fields,
    }


def create_machine(cloud: Emulator, states: dict[str, State], **fields: Any) -> str:
    """Create a state machine that starts at the first of the states; its ARN."""
    definition = {"StartAt": next(iter(states)), "States": states, **fields}
    created = cloud.client("stepfunctions").create_state_machine(
        name=unique("machine"), definition=json.dumps(definition), roleArn=ROLE
    )
    return str(created["stateMachineArn"])


def start(cloud: Emulator, machine: str, given: object = None, **options: Any) -> str:
    """Start an execution; its ARN."""
    started = cloud.client("stepfunctions").start_execution(
        stateMachineArn=machine, input=json.dumps(given or {}), **options
    )
    return str(started["executionArn"])


def ended(cloud: Emulator, execution: str) -> Any:
    """What DescribeExecution says once the execution has ended."""
    client = cloud.client("stepfunctions")

    def described() -> Any:
        answer = client.describe_execution(executionArn=execution)
        return answer if answer["status"] != "RUNNING" else None

    return wait_until(described, lambda: f"the end of {execution}: {history(cloud, execution)}")


def run(cloud: Emulator, machine: str, given: object = None) -> Any:
    """Start an execution and wait for its end."""
    return ended(cloud, start(cloud, machine, given))


def history(cloud: Emulator, execution: str) -> list[Any]:
    """The events of an execution."""
    client = cloud.client("stepfunctions")
    events = client.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    return list(events)


def event_types(cloud: Emulator, execution: str) -> list[str]:
    """The types of an execution's events, in order."""
    return [event["type"] for event in history(cloud, execution)]


def wait_for_event(cloud: Emulator, execution: str, event_type: str) -> None:
    """Wait until the history has an event of that type."""
    wait_until(lambda: event_type in event_types(cloud, execution), event_type)


def let_seconds_pass(cloud: Emulator, seconds: int) -> None:
    """Let an execution that only waits run to its end, so that whatever was due has happened."""
    run(cloud, create_machine(cloud, {"Wait": {"Type": "Wait", "Seconds": seconds, "End": True}}))
