"""Alarms on what needs a person, each with its section of the runbook; objectives; the dashboard.

They watch by names alone: each name is looked up in the template of the platform.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.business_metrics import BUSINESS_METRICS, NAMESPACE, Percentile, Rate, Total
from contracts.service_levels import CONFIRMED, OBJECTIVES
from infra.alarms import RUNBOOK
from infra.table.settlement import AUDIT
from tests.infra.template import Template
from tests.support.markdown import anchors

ROOT: Final = Path(__file__).resolve().parents[2]
METRIC: Final = "AWS::CloudWatch::Alarm"
COMPOSITE: Final = "AWS::CloudWatch::CompositeAlarm"
SCHEDULES: Final = {"SweepOrders", "ExpireReservations", "ReportAbandonedCarts", "RedriveParked"}
Alarm = dict[str, Any]


@pytest.fixture(scope="module")
def alarms(prod: Template, watch: Template) -> dict[str, Alarm]:
    """Those of both stacks, by their names without the stage.

    Not those that only stop a release: `test_releases` looks at them.
    """
    found = [
        alarm
        for template in (prod, watch)
        for kind in (METRIC, COMPOSITE)
        for alarm in template.of_type(kind).values()
        if not alarm["AlarmName"].endswith("Release")
    ]
    return {alarm["AlarmName"].split("-", 2)[2]: alarm for alarm in found}


@pytest.fixture(scope="module")
def telling(alarms: dict[str, Alarm]) -> dict[str, Alarm]:
    """Those that tell the operators; a composite alarm asks for the state of the others."""
    return {name: alarm for name, alarm in alarms.items() if "AlarmActions" in alarm}


def _watched(alarms: dict[str, Alarm], metric: str) -> set[str]:
    """The names of what alarms on this metric watch, without the stage."""
    return {
        _name(dimension["Value"])
        for alarm in alarms.values()
        if alarm.get("MetricName") == metric
        for dimension in alarm["Dimensions"]
    }


def _name(value: Any) -> str:
    """A resource's name without the stage, be it the last part of an ARN."""
    text = value if isinstance(value, str) else value["Fn::Join"][1][-1].rpartition(":")[2]
    return str(text).split("-", 2)[2]


@pytest.fixture(scope="module")
def queues(prod: Template, purge: Template) -> set[str]:
    """The names of all queues without the stage."""
    return {
        queue["QueueName"].split("-", 2)[2]
        for template in (prod, purge)
        for queue in template.of_type("AWS::SQS::Queue").values()
    }


def test_whatever_is_parked_raises_an_alarm_unless_the_next_run_makes_up_for_it(
    queues: set[str], telling: dict[str, Alarm]
) -> None:
    parked = {name for name in queues if name.endswith("-parked")}
    of_schedules = {f"{name}-parked" for name in SCHEDULES}
    assert of_schedules < parked
    assert _watched(telling, "ApproximateNumberOfMessagesVisible") == parked - of_schedules


def test_what_is_tried_again_has_an_hour_for_it(telling: dict[str, Alarm]) -> None:
    patient = {n for n, a in telling.items() if n.endswith("Parked") and a["EvaluationPeriods"] > 1}
    at_once = {n for n in telling if n.endswith("Parked")} - patient
    assert at_once == {
        "AuditOrderParked",
        "EventLogParked",
        "OutboxRelayParked",
        "PurgePagesParked",
        "WatchStockParked",
    }
    assert {telling[n]["EvaluationPeriods"] * telling[n]["Period"] for n in patient} == {3600}
    assert telling[f"{AUDIT.name}Parked"]["Threshold"] == 1


def test_a_queue_that_nobody_handles_raises_an_alarm(
    queues: set[str], telling: dict[str, Alarm]
) -> None:
    waiting = {name for name in queues if not name.endswith("-parked")}
    assert _watched(telling, "ApproximateAgeOfOldestMessage") == waiting


def test_a_schedule_that_no_longer_succeeds_raises_an_alarm(
    prod: Template, telling: dict[str, Alarm]
) -> None:
    rules = prod.of_type("AWS::Events::Rule").values()
    scheduled = {r["Name"].split("-", 2)[2] for r in rules if "ScheduleExpression" in r}
    overdue = {name: alarm for name, alarm in telling.items() if name.endswith("Overdue")}
    assert {name.removesuffix("Overdue") for name in overdue} == scheduled == SCHEDULES
    assert {alarm["TreatMissingData"] for alarm in overdue.values()} == {"breaching"}


def test_every_execution_that_fails_raises_an_alarm(
    prod: Template, telling: dict[str, Alarm]
) -> None:
    """What is aborted or times out the reconciler settles, or raises itself."""
    assert _watched(telling, "ExecutionsFailed") == set(prod.machines())
    assert not _watched(telling, "ExecutionsAborted") | _watched(telling, "ExecutionsTimedOut")


def test_a_release_is_judged_by_alarms_of_its_own_stack(prod: Template) -> None:
    named = {alarm["AlarmName"] for alarm in prod.of_type(METRIC).values()}
    judging = {name for name in named if not name.endswith("Release")}
    assert judging == {f"commerce-prod-{machine}Failed" for machine in prod.machines()}


def test_a_late_outbox_raises_an_alarm(telling: dict[str, Alarm]) -> None:
    assert "OutboxRelay:live" in _watched(telling, "IteratorAge")


def test_every_alarm_tells_the_operators_or_is_asked_by_one_that_does(
    prod: Template, watch: Template, alarms: dict[str, Alarm], telling: dict[str, Alarm]
) -> None:
    ((topic, properties),) = prod.of_type("AWS::SNS::Topic").items()
    told = {json.dumps(alarm["AlarmActions"]) for alarm in telling.values()}
    by_name = [one for one in told if "Ref" in one and properties["TopicName"] in one]
    assert told == {json.dumps([{"Ref": topic}]), *by_name}
    asked = json.dumps([alarm["AlarmRule"] for alarm in telling.values() if "AlarmRule" in alarm])
    silent = {alarm["AlarmName"] for name, alarm in alarms.items() if name not in telling}
    logical = watch.of_type(METRIC).items()
    assert silent == {a["AlarmName"] for name, a in logical if f'"{name}"' in asked}


def test_each_alarm_names_a_section_of_the_runbook_and_each_section_an_alarm(
    telling: dict[str, Alarm],
) -> None:
    linked = set()
    for name, alarm in telling.items():
        found = re.search(rf"Runbook: {RUNBOOK}#([\w-]+)$", alarm["AlarmDescription"])
        assert found, name
        linked.add(found[1])
    assert linked == set(anchors(ROOT / RUNBOOK, under="alarms"))


def test_the_topic_takes_what_alarms_publish(prod: Template) -> None:
    """A topic's own policy replaces the default one, which would let the account's alarms in."""
    (policy,) = prod.of_type("AWS::SNS::TopicPolicy").values()
    allowed = [
        statement["Action"]
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
        and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]
    assert allowed == ["sns:Publish"]


def test_neither_stack_holds_up_a_deployment_of_the_other(
    prod: Template, purge: Template, watch: Template
) -> None:
    """What is exported is for the edge alone: the API that it stands before."""
    exported = [out["Value"] for out in prod.document["Outputs"].values() if "Export" in out]
    assert exported == [{"Ref": api} for api in prod.of_type("AWS::ApiGatewayV2::Api")]
    assert "Outputs" not in watch.document
    assert "Fn::ImportValue" not in json.dumps(watch.document)
    told = {
        parameter["Name"]
        for template in (prod, purge)
        for parameter in template.of_type("AWS::SSM::Parameter").values()
    }
    asked = {
        one["Default"]
        for one in watch.document["Parameters"].values()
        if one["Type"].startswith("AWS::SSM") and "bootstrap" not in one["Default"]
    }
    assert asked <= told


def test_the_budget_of_confirmations_burns_in_two_windows_at_two_rates(
    alarms: dict[str, Alarm],
) -> None:
    """1 % may take longer: 14.4 times as much for an hour is a fiftieth of thirty days' budget."""
    burning = {
        (a["Period"], a["Threshold"])
        for a in alarms.values()
        if a.get("ExtendedStatistic") == f"PR({CONFIRMED.milliseconds}:)"
    }
    assert burning == {(3600, 14.4), (300, 14.4), (21600, 6), (1800, 6)}
    rule = json.dumps(alarms["ConfirmationSlow"]["AlarmRule"])
    assert rule.count("ALARM(") == 6
    assert rule.count(" AND ") == 4
    assert rule.count(" OR ") == 1


def _dashboard(template: Template) -> dict[str, Any]:
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    parts = dashboard["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "AWS" for part in parts)
    body: dict[str, Any] = json.loads(text)
    return body


def _emitted() -> set[str]:
    """The names of the metrics that functions emit."""
    sources = "\n".join(file.read_text() for file in (ROOT / "functions").rglob("*.py"))
    return set(re.findall(r'\b(?:count|measure)\(\s*"(\w+)"', sources))


def _made_of(metric: Rate | Percentile | Total) -> set[str]:
    return {metric.part, metric.whole} if isinstance(metric, Rate) else {metric.metric}


def test_the_dashboard_draws_every_figure_and_objective_from_what_is_emitted(
    watch: Template,
) -> None:
    widgets = {w["properties"].get("title"): w for w in _dashboard(watch)["widgets"]}
    made_of = {metric.name: _made_of(metric) for metric in BUSINESS_METRICS}
    made_of |= {f"{objective.name} p99": {objective.metric} for objective in OBJECTIVES}
    for title, names in made_of.items():
        drawn = json.dumps(widgets[title])
        assert names <= _emitted()
        assert all(f'"{NAMESPACE}", "{name}"' in drawn for name in names)


def test_what_the_stack_names_is_there(prod: Template, purge: Template, watch: Template) -> None:
    """Every name that it watches is that of a resource of the platform."""
    named = set(re.findall(r"commerce-prod-[\w-]+", json.dumps(watch.document)))
    own = {alarm["AlarmName"] for alarm in watch.of_type(METRIC).values()}
    own |= {alarm["AlarmName"] for alarm in watch.of_type(COMPOSITE).values()}
    own |= {"commerce-prod-overview", "commerce-prod-operators"}
    platform = json.dumps([prod.resources, purge.resources])
    there = set(re.findall(r"commerce-prod-[\w-]+", platform))
    assert {name.removesuffix("-") for name in named - own} <= there


def test_the_page_shows_the_dashboard_as_it_is(watch: Template) -> None:
    """docs/watching.md lists headings and titles in their order."""
    drawn = []
    for widget in _dashboard(watch)["widgets"]:
        heading = re.match(r"## (.*)\n", widget["properties"].get("markdown", ""))
        drawn.append(heading[1] if heading else widget["properties"]["title"])
    page = (ROOT / "docs" / "watching.md").read_text()
    (table,) = re.findall(r"\n\| on the dashboard \|.*?\n\n", page, re.DOTALL)
    told = [
        cell.strip().strip("*")
        for row in table.strip().splitlines()[2:]
        for part in row.strip("|").split("|")[:2]
        for cell in part.split(" · ")
    ]
    assert told == drawn
