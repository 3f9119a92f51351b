"""State machine executions behave as Step Functions documents."""

import json
from itertools import pairwise

import pytest
from botocore.exceptions import ClientError

from tests.conformance.parts import (
    create_function,
    create_machine,
    ended,
    event_types,
    history,
    let_seconds_pass,
    run,
    start,
    task,
    unique,
    wait_for_event,
)
from tests.support.emulator import Emulator

FAILS_UNTIL_FILE = """
    import pathlib

    class NotYet(Exception):
        pass

    def handler(event, context):
        if not pathlib.Path(event["file"]).exists():
            raise NotYet("no file")
        return {"seen": True}
"""
FAILS = """
    class Declined(Exception):
        pass

    def handler(event, context):
        raise Declined("no")
"""
SLOW = """
    import time

    def handler(event, context):
        time.sleep(1)
        raise ValueError("late")
"""
WAIT = {"Type": "Wait", "Seconds": 3600, "End": True}


@pytest.mark.fix("runtime_interface_client")
def test_a_catch_names_the_exception(cloud: Emulator) -> None:
    catch = [{"ErrorEquals": ["Declined"], "ResultPath": "$.failure", "Next": "Refused"}]
    states = {
        "Charge": task(create_function(cloud, FAILS), Catch=catch),
        "Refused": {"Type": "Succeed"},
    }
    outcome = run(cloud, create_machine(cloud, states))
    assert outcome["status"] == "SUCCEEDED"
    failure = json.loads(outcome["output"])["failure"]
    assert failure["Error"] == "Declined"
    assert json.loads(failure["Cause"])["errorMessage"] == "no"


@pytest.mark.fix("prompt_execution_start")
def test_an_execution_starts_at_once(cloud: Emulator) -> None:
    machine = create_machine(cloud, {"Pass": {"Type": "Pass", "End": True}})
    delays = []
    for _ in range(20):
        outcome = run(cloud, machine)
        begun, entered, *_ = history(cloud, outcome["executionArn"])
        delays.append((entered["timestamp"] - begun["timestamp"]).total_seconds())
    # The emulator's own sleep is 0.15 s in every single one.
    assert min(delays) < 0.15


@pytest.mark.fix("retry_delay")
def test_the_delay_before_a_retry_stops_growing_at_its_maximum(cloud: Emulator) -> None:
    retry = [
        {
            "ErrorEquals": ["States.ALL"],
            "IntervalSeconds": 1,
            "BackoffRate": 8,
            "MaxDelaySeconds": 1,
            "MaxAttempts": 2,
        }
    ]
    machine = create_machine(cloud, {"Task": task(create_function(cloud, FAILS), Retry=retry)})
    events = history(cloud, run(cloud, machine)["executionArn"])
    scheduled = [event["timestamp"] for event in events if event["type"] == "TaskScheduled"]
    delays = [(later - earlier).total_seconds() for earlier, later in pairwise(scheduled)]
    assert len(delays) == 2
    assert delays[1] < 8


@pytest.mark.fix("ended_executions")
def test_a_stopped_execution_makes_no_further_attempt(cloud: Emulator) -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "BackoffRate": 1}]
    machine = create_machine(cloud, {"Task": task(create_function(cloud, FAILS), Retry=retry)})
    execution = start(cloud, machine)
    wait_for_event(cloud, execution, "TaskFailed")
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    let_seconds_pass(cloud, 3)
    assert event_types(cloud, execution)[-1] == "ExecutionAborted"


@pytest.mark.fix("ended_executions")
def test_a_late_failure_leaves_a_stopped_execution_as_it_is(cloud: Emulator) -> None:
    execution = start(cloud, create_machine(cloud, {"Task": task(create_function(cloud, SLOW))}))
    wait_for_event(cloud, execution, "TaskScheduled")
    cloud.client("stepfunctions").stop_execution(executionArn=execution)
    let_seconds_pass(cloud, 3)
    assert ended(cloud, execution)["status"] == "ABORTED"
    assert event_types(cloud, execution)[-1] == "ExecutionAborted"


@pytest.mark.fix("execution_timeout")
def test_a_machines_time_out_ends_its_execution(cloud: Emulator) -> None:
    states = {"Wait": {**WAIT, "Seconds": 4}}
    outcome = run(cloud, create_machine(cloud, states, TimeoutSeconds=1))
    assert outcome["status"] == "TIMED_OUT"
    assert event_types(cloud, outcome["executionArn"])[-1] == "ExecutionTimedOut"


@pytest.mark.fix("redrive_execution")
def test_a_redrive_goes_on_in_the_failed_state(cloud: Emulator) -> None:
    file = cloud.folder / unique("file")
    states = {
        "Before": {"Type": "Pass", "Next": "Task"},
        "Task": task(create_function(cloud, FAILS_UNTIL_FILE)),
    }
    failed = run(cloud, create_machine(cloud, states), {"file": str(file)})
    assert (failed["status"], failed.get("redriveStatus")) == ("FAILED", "REDRIVABLE")
    file.touch()
    cloud.client("stepfunctions").redrive_execution(executionArn=failed["executionArn"])
    redriven = ended(cloud, failed["executionArn"])
    assert (redriven["status"], redriven["redriveCount"]) == ("SUCCEEDED", 1)
    assert json.loads(redriven["output"]) == {"seen": True}
    types = event_types(cloud, failed["executionArn"])
    assert [name for name in types if name.endswith("StateEntered")] == [
        "PassStateEntered",
        "TaskStateEntered",
    ]
    assert "ExecutionRedriven" in types


@pytest.mark.fix("redrive_execution")
def test_a_redrive_keeps_the_definition_it_began_with(cloud: Emulator) -> None:
    file = cloud.folder / unique("file")
    machine = create_machine(cloud, {"Task": task(create_function(cloud, FAILS_UNTIL_FILE))})
    failed = run(cloud, machine, {"file": str(file)})
    client = cloud.client("stepfunctions")
    other = {"StartAt": "Other", "States": {"Other": {"Type": "Pass", "End": True}}}
    client.update_state_machine(stateMachineArn=machine, definition=json.dumps(other))
    file.touch()
    client.redrive_execution(executionArn=failed["executionArn"])
    assert json.loads(ended(cloud, failed["executionArn"])["output"]) == {"seen": True}


def test_an_execution_that_succeeded_is_not_redriven(cloud: Emulator) -> None:
    outcome = run(cloud, create_machine(cloud, {"Pass": {"Type": "Pass", "End": True}}))
    client = cloud.client("stepfunctions")
    with pytest.raises(ClientError):
        client.redrive_execution(executionArn=outcome["executionArn"])


@pytest.mark.fix("execution_name_idempotency")
def test_the_same_name_and_input_is_the_same_execution_while_it_runs(cloud: Emulator) -> None:
    machine, name = create_machine(cloud, {"Wait": WAIT}), unique("name")
    first = start(cloud, machine, {"order": 1}, name=name)
    assert start(cloud, machine, {"order": 1}, name=name) == first
    client = cloud.client("stepfunctions")
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        start(cloud, machine, {"order": 2}, name=name)
    client.stop_execution(executionArn=first)
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        start(cloud, machine, {"order": 1}, name=name)


@pytest.mark.fix("uncatchable_errors")
def test_all_errors_are_caught_but_the_terminal_ones(cloud: Emulator) -> None:
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]
    broken = {**task("any", Catch=catch), "Resource": "arn:aws:states:::no-such-service:act"}
    outcome = run(cloud, create_machine(cloud, {"Task": broken, "Caught": {"Type": "Succeed"}}))
    assert (outcome["status"], outcome.get("error")) == ("FAILED", "States.Runtime")


@pytest.mark.fix("throttled_task")
def test_a_throttled_task_fails_under_the_services_name(cloud: Emulator) -> None:
    function = create_function(cloud, FAILS)
    cloud.client("lambda").put_function_concurrency(
        FunctionName=function, ReservedConcurrentExecutions=0
    )
    outcome = run(cloud, create_machine(cloud, {"Task": task(function)}))
    assert outcome["error"] == "Lambda.TooManyRequestsException"


@pytest.mark.fix("execution_history")
def test_the_history_tells_what_the_console_shows(cloud: Emulator) -> None:
    function = create_function(cloud, "def handler(event, context):\n    return 1\n")
    outcome = run(cloud, create_machine(cloud, {"Task": task(function)}))
    events = history(cloud, outcome["executionArn"])
    assert [event["type"] for event in events] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [event["previousEventId"] for event in events[1:]] == [1, 2, 3, 4, 5, 6]
    scheduled = events[2]["taskScheduledEventDetails"]
    assert (scheduled["resourceType"], scheduled["resource"]) == ("lambda", "invoke")
    assert json.loads(scheduled["parameters"])["FunctionName"] == function


@pytest.mark.fix("execution_history")
def test_a_task_that_ran_out_of_time_says_so(cloud: Emulator) -> None:
    slow = create_function(cloud, "import time\ndef handler(event, context):\n    time.sleep(5)\n")
    states = {"Task": task(slow, TimeoutSeconds=1)}
    outcome = run(cloud, create_machine(cloud, states))
    assert outcome["error"] == "States.Timeout"
    assert "TaskTimedOut" in event_types(cloud, outcome["executionArn"])
