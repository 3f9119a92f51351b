"""How new code of the money path goes live in prod, and what brings it back."""

import dataclasses
from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import pytest

from infra.releases import MONEY_PATH, TOLERATED, TOLERATED_REFUSALS
from infra.stages import STAGES, StageError
from infra.table.saga import TASKS
from tests.infra.template import Resource, Template, as_list


def _groups(template: Template) -> dict[str, Resource]:
    """The deployment groups by the function whose alias they move."""
    groups = {}
    for name, alias in template.resources.items():
        if "UpdatePolicy" in alias:
            assert alias["Type"] == "AWS::Lambda::Alias"
            policy = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
            group = template.get(policy["DeploymentGroupName"])
            assert group["ApplicationName"] == policy["ApplicationName"]
            groups[template.function_of_alias({"Ref": name})] = group
    return groups


def _alarms_of(group: Resource) -> list[Resource]:
    alarms: list[Resource] = group["AlarmConfiguration"]["Alarms"]
    return alarms


def _own_alarm(template: Template, group: Resource) -> Resource:
    """The alarm of the new version's errors."""
    alarms = [template.get(each["Name"]) for each in _alarms_of(group)]
    (own,) = [alarm for alarm in alarms if alarm["AlarmName"].endswith("Release")]
    return own


def test_the_money_path_is_released_by_canary_and_nothing_else(prod: Template) -> None:
    assert set(_groups(prod)) == set(MONEY_PATH) >= {task.name for task in TASKS}


def test_a_canary_gets_a_share_of_the_calls_first(prod: Template) -> None:
    canary = STAGES["prod"].canary
    assert canary is not None
    for group in _groups(prod).values():
        shift = prod.get(group["DeploymentConfigName"])["TrafficRoutingConfig"]
        assert shift["TimeBasedCanary"] == {
            "CanaryInterval": canary.minutes,
            "CanaryPercentage": canary.percent,
        }


def test_a_release_goes_back_when_it_fails_or_an_alarm_goes_off(prod: Template) -> None:
    for group in _groups(prod).values():
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert {"DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_ALARM"} <= set(
            group["AutoRollbackConfiguration"]["Events"]
        )


def test_every_release_stops_at_the_alarms_of_the_sagas(prod: Template) -> None:
    failed = {f"commerce-prod-{machine}Failed" for machine in prod.machines()}
    for group in _groups(prod).values():
        stops_at = {prod.get(each["Name"])["AlarmName"] for each in _alarms_of(group)}
        assert failed < stops_at


def test_a_release_is_judged_by_the_errors_of_the_version_that_comes(prod: Template) -> None:
    comes = {
        prod.function_of_alias({"Ref": name}): alias["FunctionVersion"]
        for name, alias in prod.of_type("AWS::Lambda::Alias").items()
    }
    for function, group in _groups(prod).items():
        for metric in _own_alarm(prod, group)["Metrics"]:
            if "MetricStat" in metric:
                dimensions = metric["MetricStat"]["Metric"]["Dimensions"]
                assert {each["Name"]: each["Value"] for each in dimensions} == {
                    "FunctionName": f"commerce-prod-{function}",
                    "Resource": f"commerce-prod-{function}:live",
                    "ExecutedVersion": comes[function],
                }


def test_declined_cards_do_not_bring_a_release_back(prod: Template) -> None:
    tolerated = {
        function: _own_alarm(prod, group)["Threshold"] for function, group in _groups(prod).items()
    }
    refusing = {"ChargePayment", "ReserveInventory", "ConfirmOrder"}
    assert {name for name, share in tolerated.items() if share == TOLERATED_REFUSALS} == refusing
    assert {share for name, share in tolerated.items() if name not in refusing} == {TOLERATED}


def test_who_moves_the_aliases_may_move_no_other(prod: Template) -> None:
    (role,) = {group["ServiceRoleArn"]["Fn::GetAtt"][0] for group in _groups(prod).values()}
    moved = {
        resource["Fn::Join"][1][-1].rpartition("commerce-prod-")[2]
        for owner, statement in prod.statements()
        if owner == role and "lambda:UpdateAlias" in as_list(statement["Action"])
        for resource in statement["Resource"]
    }
    assert moved == {one for name in MONEY_PATH for one in (name, f"{name}:live")}


def test_nothing_waits_for_itself(prod: Template) -> None:
    """CloudFormation refuses circles, which an alias closes through its update policy, too."""
    waits = {
        name: set(_references(resource)) & set(prod.resources)
        for name, resource in prod.resources.items()
    }
    assert list(TopologicalSorter(waits).static_order())


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "Ref":
                yield value
            elif key == "Fn::GetAtt":
                yield value[0]
            elif key == "DependsOn":
                yield from as_list(value)
            else:
                yield from _references(value)
    elif isinstance(node, list):
        for each in node:
            yield from _references(each)


def test_a_canary_without_alarms_is_refused() -> None:
    with pytest.raises(StageError, match="no alarms"):
        dataclasses.replace(STAGES["prod"], watched=False)
