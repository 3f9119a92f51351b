"""The committed definition of PlaceOrder: as built, and as the saga demands."""

from pathlib import Path
from typing import Any

import pytest

from contracts.errors import BUSINESS_ERRORS
from functions.payments import stripe_http
from tests.infra.template import Template
from workflows.place_order import COMPENSATION, FORWARD, PLACE_ORDER, TASKS
from workflows.render import ROOT, documents
from workflows.timing import (
    BEFORE_PIVOT,
    FORWARD_ONLY,
    FUNCTION_TIMEOUT,
    HOLD_SECONDS,
    PROVIDER_CALLS,
    TASK_TIMEOUT,
    Backoff,
)

HOUR = 3600


@pytest.fixture(scope="module")
def rendered() -> dict[Path, str]:
    return documents()


def _states(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    states: dict[str, dict[str, Any]] = definition["States"]
    return states


def test_the_committed_documents_are_what_the_code_renders(rendered: dict[Path, str]) -> None:
    for path, text in rendered.items():
        assert (ROOT / path).read_text() == text, f"{path} is stale: run `make generate`"


def test_the_happy_path_has_four_states(definition: dict[str, Any]) -> None:
    path, name = [], definition["StartAt"]
    while name:
        path.append(name)
        name = _states(definition)[name].get("Next", "")
    assert path == ["ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation"]
    assert _states(definition)[path[-1]]["End"] is True


def test_the_way_back_ends_well(definition: dict[str, Any]) -> None:
    """Never in a Fail state: such an execution could not be redriven."""
    states = _states(definition)
    assert states["RejectOrder"]["Next"] == "ReleaseInventory"
    assert states["ReleaseInventory"]["Next"] == "RefundPayment"
    assert states["RefundPayment"]["Next"] == "OrderRejected"
    assert states["OrderRejected"] == {"Type": "Succeed"}
    assert "Fail" not in {state["Type"] for state in states.values()}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_gets_ids_and_keeps_nothing(definition: dict[str, Any], name: str) -> None:
    state = _states(definition)[name]
    expected = {"orderId.$": "$.orderId"}
    if name == "RejectOrder":
        expected["failure.$"] = "$.failure"
    assert state["Parameters"] == {"FunctionName": f"${{{name}Arn}}", "Payload": expected}
    assert state["Resource"] == "arn:aws:states:::lambda:invoke"
    assert state["ResultPath"] is None


@pytest.mark.parametrize("name", TASKS)
def test_retriers_stand_in_their_order(definition: dict[str, Any], name: str) -> None:
    retriers = list(_states(definition)[name]["Retry"])
    if name in BUSINESS_ERRORS:
        business = retriers.pop(0)
        assert business == {"ErrorEquals": list(BUSINESS_ERRORS[name]), "MaxAttempts": 0}
    throttled, failing = retriers
    assert throttled["ErrorEquals"] == ["Lambda.TooManyRequestsException"]
    assert failing["ErrorEquals"] == ["States.ALL"]
    budget = {**FORWARD, **COMPENSATION}[name]
    for retrier, backoff in ((throttled, budget.throttled), (failing, budget.failing)):
        assert retrier["IntervalSeconds"] == backoff.interval
        assert retrier["BackoffRate"] == backoff.rate
        assert retrier["MaxDelaySeconds"] == backoff.ceiling
        assert retrier["MaxAttempts"] == backoff.attempts
        assert retrier["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("name", TASKS)
def test_only_what_may_go_back_is_caught(definition: dict[str, Any], name: str) -> None:
    catchers = _states(definition)[name].get("Catch", [])
    caught = [catcher["ErrorEquals"] for catcher in catchers]
    expected = {
        "ChargePayment": [list(BUSINESS_ERRORS["ChargePayment"]), ["States.ALL"]],
        "ReserveInventory": [list(BUSINESS_ERRORS["ReserveInventory"]), ["States.ALL"]],
        "ConfirmOrder": [list(BUSINESS_ERRORS["ConfirmOrder"])],
    }
    assert caught == expected.get(name, [])
    for catcher in catchers:
        assert (catcher["Next"], catcher["ResultPath"]) == ("RejectOrder", "$.failure")


def test_before_the_pivot_a_failing_task_gives_up_in_a_minute_or_two() -> None:
    assert 60 <= BEFORE_PIVOT.failing.longest <= 120


def test_before_the_pivot_a_throttled_task_waits_as_long_as_a_hold_lives() -> None:
    assert BEFORE_PIVOT.throttled.longest / 2 >= HOLD_SECONDS


def test_after_the_pivot_tasks_outlast_an_outage() -> None:
    assert FORWARD_ONLY.failing.longest / 2 >= 2 * HOUR
    assert FORWARD_ONLY.throttled.longest / 2 >= 2 * HOUR


def test_the_provider_answers_or_is_given_up_before_the_function_ends() -> None:
    one = stripe_http.CONNECT_TIMEOUT_SECONDS + stripe_http.READ_TIMEOUT_SECONDS
    assert PROVIDER_CALLS * one < FUNCTION_TIMEOUT


def test_functions_end_before_their_states_give_up(
    definition: dict[str, Any], prod: Template
) -> None:
    functions = prod.functions()
    for name in TASKS:
        assert functions[name]["Timeout"] == FUNCTION_TIMEOUT < TASK_TIMEOUT
        assert _states(definition)[name]["TimeoutSeconds"] == TASK_TIMEOUT


def test_the_machine_outlasts_every_way_through_it(definition: dict[str, Any]) -> None:
    """Computed from the definition itself: every attempt times out, no jitter shortens a wait."""
    states = _states(definition)

    def longest_from(name: str) -> float:
        state = states[name]
        nexts = {catcher["Next"] for catcher in state.get("Catch", [])}
        if "Next" in state:
            nexts.add(state["Next"])
        return _longest(state) + max((longest_from(each) for each in nexts), default=0)

    assert definition["TimeoutSeconds"] > longest_from(definition["StartAt"])
    assert definition["TimeoutSeconds"] == PLACE_ORDER.timeout


def _longest(state: dict[str, Any]) -> float:
    if state["Type"] != "Task":
        return 0
    attempts, waits = 1, 0.0
    for retrier in state["Retry"]:
        if retrier["MaxAttempts"]:
            backoff = Backoff(
                retrier["IntervalSeconds"],
                retrier["BackoffRate"],
                retrier["MaxDelaySeconds"],
                retrier["MaxAttempts"],
            )
            attempts += backoff.attempts
            waits += backoff.longest
    return waits + attempts * float(state["TimeoutSeconds"])
