"""Alarms: one for everything that waits for a person. They watch by names alone."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.business_metrics import BUSINESS_METRICS, NAMESPACE, Percentile, Rate, Total
from tests.infra.template import Template

ROOT: Final = Path(__file__).resolve().parents[2]
Alarm = dict[str, Any]


@pytest.fixture(scope="module")
def alarms(prod: Template, watch: Template) -> list[Alarm]:
    """Those of both stacks."""
    return [*_for_people(prod), *_for_people(watch)]


def _for_people(template: Template) -> list[Alarm]:
    """Not those that only stop a release: `test_releases` looks at them."""
    alarms = template.of_type("AWS::CloudWatch::Alarm").values()
    return [alarm for alarm in alarms if not alarm["AlarmName"].endswith("Release")]


def _watched(alarms: list[Alarm], metric: str) -> list[str]:
    """The names of what alarms on this metric watch."""
    return [
        _name(dimension["Value"])
        for alarm in alarms
        if alarm["MetricName"] == metric
        for dimension in alarm["Dimensions"]
    ]


def _name(value: Any) -> str:
    """A resource's name, or the last part of its ARN."""
    return value if isinstance(value, str) else value["Fn::Join"][1][-1].rpartition(":")[2]


def _queues(prod: Template) -> set[str]:
    return {queue["QueueName"] for queue in prod.of_type("AWS::SQS::Queue").values()}


def test_every_parked_queue_raises_an_alarm_at_its_first_message(
    prod: Template, alarms: list[Alarm]
) -> None:
    metric = "ApproximateNumberOfMessagesVisible"
    parked = {name for name in _queues(prod) if name.endswith("-parked")}
    assert set(_watched([a for a in alarms if a["Threshold"] == 1], metric)) == parked


def test_a_queue_that_nobody_handles_raises_an_alarm(prod: Template, alarms: list[Alarm]) -> None:
    waiting = {name for name in _queues(prod) if not name.endswith("-parked")}
    assert set(_watched(alarms, "ApproximateAgeOfOldestMessage")) == waiting


def test_every_bad_end_of_an_execution_raises_an_alarm(prod: Template, alarms: list[Alarm]) -> None:
    machines = {
        machine["StateMachineName"]
        for machine in prod.of_type("AWS::StepFunctions::StateMachine").values()
    }
    for metric in ("ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"):
        assert set(_watched(alarms, metric)) == machines


def test_a_release_is_judged_by_alarms_of_its_own_stack(prod: Template) -> None:
    named = {alarm["AlarmName"] for alarm in _for_people(prod)}
    assert named == {f"commerce-prod-{machine}Failed" for machine in prod.machines()}


def test_a_late_outbox_raises_an_alarm(alarms: list[Alarm]) -> None:
    assert "commerce-prod-OutboxRelay:live" in _watched(alarms, "IteratorAge")


def test_every_alarm_tells_the_operators_and_is_silent_without_data(
    prod: Template, watch: Template
) -> None:
    (topic,) = prod.of_type("AWS::SNS::Topic").items()
    by_name = {
        "Fn::Join": [
            "",
            [
                "arn:",
                {"Ref": "AWS::Partition"},
                ":sns:",
                {"Ref": "AWS::Region"},
                ":",
                {"Ref": "AWS::AccountId"},
                f":{topic[1]['TopicName']}",
            ],
        ]
    }
    for template, told in ((prod, {"Ref": topic[0]}), (watch, by_name)):
        for alarm in _for_people(template):
            assert alarm["AlarmActions"] == [told]
            assert alarm["TreatMissingData"] == "notBreaching"
            assert alarm["AlarmDescription"]


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


def test_neither_stack_holds_up_a_deployment_of_the_other(prod: Template, watch: Template) -> None:
    assert not [out for out in prod.document["Outputs"].values() if "Export" in out]
    assert "Outputs" not in watch.document
    assert "Fn::ImportValue" not in json.dumps(watch.document)


def _dashboard(template: Template) -> str:
    (dashboard,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    return "".join(part for part in dashboard["DashboardBody"]["Fn::Join"][1] if type(part) is str)


def _emitted() -> set[str]:
    """The names of the metrics that functions emit."""
    sources = "\n".join(file.read_text() for file in (ROOT / "functions").rglob("*.py"))
    return set(re.findall(r'\b(?:count|measure)\(\s*"(\w+)"', sources))


def _made_of(metric: Rate | Percentile | Total) -> set[str]:
    return {metric.part, metric.whole} if isinstance(metric, Rate) else {metric.metric}


def test_the_dashboard_draws_every_figure_of_the_business_from_what_is_emitted(
    watch: Template,
) -> None:
    drawn, emitted = _dashboard(watch), _emitted()
    for metric in BUSINESS_METRICS:
        assert f'"title":"{metric.name}"' in drawn
        for name in _made_of(metric):
            assert f'"{NAMESPACE}","{name}"' in drawn
            assert name in emitted
    assert drawn.count("100 * part / whole") == sum(isinstance(m, Rate) for m in BUSINESS_METRICS)
    assert '"stat":"p99"' in drawn


def test_what_the_dashboard_names_is_there(prod: Template, watch: Template) -> None:
    named = set(re.findall(r"commerce-prod-[\w-]+", _dashboard(watch)))
    functions = {f["FunctionName"] for f in prod.of_type("AWS::Lambda::Function").values()}
    machines = {f"commerce-prod-{machine}" for machine in prod.machines()}
    assert named == functions | machines | {q for q in _queues(prod) if q.endswith("-parked")}
