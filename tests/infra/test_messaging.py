"""No event is lost without a queue to find it in."""

import json
from collections.abc import Mapping
from itertools import product
from typing import Any

from contracts.events.inventory import LOW_STOCK
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


def _readers(template: Template) -> dict[str, list[dict[str, Any]]]:
    """Function → its sources that are streams of tables."""
    readers: dict[str, list[dict[str, Any]]] = {}
    for source in _sources(template, "StreamSpecification"):
        name = template.function_of_alias(source["FunctionName"])
        readers.setdefault(name, []).append(source)
    return readers


def _table_of(template: Template, source: dict[str, Any]) -> str:
    return str(
        template.resources[source["EventSourceArn"]["Fn::GetAtt"][0]]["Properties"]["TableName"]
    )


def test_who_reads_which_streams(prod: Template) -> None:
    """The outbox of every table is relayed. A stream serves two readers, not more."""
    tables = {t["TableName"] for t in prod.of_type("AWS::DynamoDB::Table").values()}
    read = {
        name: {_table_of(prod, source) for source in sources}
        for name, sources in _readers(prod).items()
    }
    assert read == {"OutboxRelay": tables, "WatchStock": {"commerce-prod-inventory"}}


def test_a_reader_of_a_stream_never_blocks_a_shard(prod: Template) -> None:
    parked = _parked(prod)
    for source in _sources(prod, "StreamSpecification"):
        assert source["StartingPosition"] == "TRIM_HORIZON"
        assert source["BisectBatchOnFunctionError"] is True
        assert 0 < source["MaximumRetryAttempts"] <= 100
        assert source["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0] in parked


def _patterns(source: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(each["Pattern"]) for each in source["FilterCriteria"]["Filters"]]


def test_the_relay_reads_new_events_only(prod: Template) -> None:
    for source in _readers(prod)["OutboxRelay"]:
        assert _patterns(source) == [
            {
                "eventName": ["INSERT"],
                "dynamodb": {"Keys": {"SK": {"S": [{"prefix": "EVENT#"}]}}},
            }
        ]


def test_stock_is_watched_only_where_it_crosses_a_mark(prod: Template) -> None:
    ((source,),) = [_readers(prod)["WatchStock"]]
    patterns = _patterns(source)
    assert len(patterns) <= 5, "an event source has five filters"
    assert patterns[0]["eventName"] == ["INSERT"]
    told = {
        (before, after)
        for before, after in product(range(LOW_STOCK + 5), repeat=2)
        for pattern in patterns[1:]
        if _has(pattern, "OldImage", before) and _has(pattern, "NewImage", after)
    }
    assert told == {
        (before, after)
        for before, after in product(range(LOW_STOCK + 5), repeat=2)
        if any((before > mark) is not (after > mark) for mark in (0, LOW_STOCK))
    }


def _has(pattern: Mapping[str, Any], image: str, units: int) -> bool:
    """Whether an image of a shard with so many units satisfies the filter."""
    (wanted,) = [pattern["dynamodb"][image]["available"]["N"]]
    if isinstance(wanted[0], str):
        return str(units) in wanted
    return str(units) not in wanted[0]["anything-but"]


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
    assert windows == {
        "commerce-prod-EventLog": 10,
        "commerce-prod-AuditOrder": 10,
        "commerce-prod-NotePurchases": 10,
        "commerce-prod-TakeOrdered": 2,
    }
