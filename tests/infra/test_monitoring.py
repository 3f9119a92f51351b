"""Alarms: one for everything that waits for a person."""

import re
from pathlib import Path
from typing import Any, Final

from contracts.business_metrics import BUSINESS_METRICS, NAMESPACE, Percentile, Rate, Total
from tests.infra.template import Template

ROOT: Final = Path(__file__).resolve().parents[2]


def _alarms(template: Template, metric: str) -> list[dict[str, Any]]:
    alarms = template.of_type("AWS::CloudWatch::Alarm").values()
    return [alarm for alarm in alarms if alarm["MetricName"] == metric]


def test_every_parked_queue_raises_an_alarm_at_its_first_message(prod: Template) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in _alarms(prod, "ApproximateNumberOfMessagesVisible")
        for dimension in alarm["Dimensions"]
        if alarm["Threshold"] == 1
    }
    queues = prod.of_type("AWS::SQS::Queue").items()
    assert watched == {name for name, q in queues if q["QueueName"].endswith("-parked")}


def test_a_queue_that_nobody_handles_raises_an_alarm(prod: Template) -> None:
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in _alarms(prod, "ApproximateAgeOfOldestMessage")
        for dimension in alarm["Dimensions"]
    }
    queues = prod.of_type("AWS::SQS::Queue").items()
    assert watched == {name for name, q in queues if not q["QueueName"].endswith("-parked")}


def test_every_bad_end_of_an_execution_raises_an_alarm(prod: Template) -> None:
    machines = prod.of_type("AWS::StepFunctions::StateMachine")
    for metric in ("ExecutionsFailed", "ExecutionsAborted", "ExecutionsTimedOut"):
        watched = [d["Value"]["Ref"] for a in _alarms(prod, metric) for d in a["Dimensions"]]
        assert set(watched) == set(machines)


def test_a_late_outbox_raises_an_alarm(prod: Template) -> None:
    (alarm,) = _alarms(prod, "IteratorAge")
    assert alarm["Statistic"] == "Maximum"


def test_every_alarm_tells_the_operators_and_is_silent_without_data(prod: Template) -> None:
    (topic,) = prod.of_type("AWS::SNS::Topic")
    for alarm in prod.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmDescription"]


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
    prod: Template,
) -> None:
    drawn, emitted = _dashboard(prod), _emitted()
    for metric in BUSINESS_METRICS:
        assert f'"title":"{metric.name}"' in drawn
        for name in _made_of(metric):
            assert f'"{NAMESPACE}","{name}"' in drawn
            assert name in emitted
    assert drawn.count("100 * part / whole") == sum(isinstance(m, Rate) for m in BUSINESS_METRICS)
    assert '"stat":"p99"' in drawn
