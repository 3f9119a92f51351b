"""Alarms: one for everything that waits for a person."""

from typing import Any

from tests.infra.template import Template


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
