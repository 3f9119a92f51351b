"""No event is lost without a queue to find it in."""

import json
from typing import Any

from infra.stages import STAGES
from tests.infra.template import Template

FOURTEEN_DAYS = 14 * 24 * 3600


def _parked(template: Template) -> dict[str, dict[str, Any]]:
    queues = template.of_type("AWS::SQS::Queue")
    return {n: q for n, q in queues.items() if q["QueueName"].endswith("-parked")}


def _sources(template: Template, kind: str) -> list[dict[str, Any]]:
    sources = template.of_type("AWS::Lambda::EventSourceMapping").values()
    return [s for s in sources if kind in str(template.get(s["EventSourceArn"]))]


def test_every_queue_is_parked_itself_or_has_where_to_park(prod: Template) -> None:
    parked = _parked(prod)
    for name, queue in prod.of_type("AWS::SQS::Queue").items():
        if name not in parked:
            target = queue["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
            assert target in parked
            assert queue["RedrivePolicy"]["maxReceiveCount"] == 3


def test_parked_messages_wait_as_long_as_sqs_keeps_any(prod: Template) -> None:
    for queue in _parked(prod).values():
        assert queue["MessageRetentionPeriod"] == FOURTEEN_DAYS


def test_a_rule_parks_what_it_cannot_deliver(prod: Template) -> None:
    parked = _parked(prod)
    rules = prod.of_type("AWS::Events::Rule").values()
    assert rules
    for rule in rules:
        for target in rule["Targets"]:
            assert target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] in parked


def test_a_queue_waits_six_times_as_long_as_its_function(prod: Template) -> None:
    functions = prod.functions()
    sources = _sources(prod, "QueueName")
    assert sources
    for source in sources:
        queue = prod.get(source["EventSourceArn"])
        function = functions[prod.function_of_alias(source["FunctionName"])]
        assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


def test_queue_consumers_are_bounded_and_answer_by_message(prod: Template) -> None:
    for source in _sources(prod, "QueueName"):
        assert source["ScalingConfig"]["MaximumConcurrency"] >= 2
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_the_outbox_of_every_table_is_relayed(prod: Template) -> None:
    sources = _sources(prod, "StreamSpecification")
    streams = {source["EventSourceArn"]["Fn::GetAtt"][0] for source in sources}
    assert streams == set(prod.of_type("AWS::DynamoDB::Table"))
    assert {prod.function_of_alias(s["FunctionName"]) for s in sources} == {"OutboxRelay"}


def test_the_relay_reads_new_events_only_and_never_blocks_a_shard(prod: Template) -> None:
    parked = _parked(prod)
    for source in _sources(prod, "StreamSpecification"):
        (pattern,) = [json.loads(f["Pattern"]) for f in source["FilterCriteria"]["Filters"]]
        assert pattern == {
            "eventName": ["INSERT"],
            "dynamodb": {"Keys": {"SK": {"S": [{"prefix": "EVENT#"}]}}},
        }
        assert source["StartingPosition"] == "TRIM_HORIZON"
        assert source["BisectBatchOnFunctionError"] is True
        assert 0 < source["MaximumRetryAttempts"] <= 100
        assert source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in parked


def test_the_archive_keeps_every_domain_event(prod: Template) -> None:
    (archive,) = prod.of_type("AWS::Events::Archive").values()
    assert archive["RetentionDays"] == STAGES["prod"].archive_days
    assert archive["EventPattern"] == {"source": [{"prefix": "commerce."}]}


def test_an_order_is_audited_a_while_after_its_end(prod: Template) -> None:
    queues = prod.of_type("AWS::SQS::Queue").values()
    delays = {queue["QueueName"]: queue.get("DelaySeconds", 0) for queue in queues}
    assert delays.pop("commerce-prod-AuditOrder") > 600
    assert set(delays.values()) == {0}


def test_what_nobody_waits_for_is_gathered(prod: Template) -> None:
    windows = {
        prod.get(source["EventSourceArn"])["QueueName"]: source["MaximumBatchingWindowInSeconds"]
        for source in _sources(prod, "QueueName")
        if "MaximumBatchingWindowInSeconds" in source
    }
    assert windows == {"commerce-prod-EventLog": 10, "commerce-prod-AuditOrder": 10}
