"""Every state machine as it is deployed."""

import json

import pytest

from tests.infra.template import Template, as_list
from workflows.render import MACHINES, ROOT, asl_path


@pytest.fixture(params=sorted(MACHINES))
def module(request: pytest.FixtureRequest) -> str:
    """Every machine, by the module that builds it."""
    name: str = request.param
    return name


def test_every_machine_is_deployed(prod: Template) -> None:
    assert set(prod.machines()) == {machine.name for machine in MACHINES.values()}


def test_what_is_committed_is_deployed(prod: Template, module: str) -> None:
    machine = prod.machines()[MACHINES[module].name]
    committed = json.loads((ROOT / asl_path(module)).read_text())
    assert json.loads(machine["DefinitionString"]) == committed
    assert machine["StateMachineType"] == "STANDARD"


def test_states_call_the_aliases_of_their_functions(prod: Template, module: str) -> None:
    machine = prod.machines()[MACHINES[module].name]
    called = {
        name: prod.function_of_alias(alias)
        for name, alias in machine["DefinitionSubstitutions"].items()
    }
    states = json.loads(machine["DefinitionString"])["States"]
    tasks = [name for name, state in states.items() if state["Type"] == "Task"]
    assert called == {f"{name}Arn": name for name in tasks}


def test_a_machine_may_call_its_tasks_and_nothing_else(prod: Template, module: str) -> None:
    machine = prod.machines()[MACHINES[module].name]
    role = machine["RoleArn"]["Fn::GetAtt"][0]
    allowed = {
        prod.function_of_alias(resource)
        for owner, statement in prod.statements()
        if owner == role and statement["Action"] == "lambda:InvokeFunction"
        for resource in as_list(statement["Resource"])
    }
    assert {f"{name}Arn" for name in allowed} == set(machine["DefinitionSubstitutions"])


def test_no_execution_data_is_logged(prod: Template, module: str) -> None:
    machine = prod.machines()[MACHINES[module].name]
    assert machine["LoggingConfiguration"]["Level"] == "ERROR"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False


def test_prod_traces_its_machines(prod: Template, module: str) -> None:
    machine = prod.machines()[MACHINES[module].name]
    assert machine["TracingConfiguration"] == {"Enabled": True}
