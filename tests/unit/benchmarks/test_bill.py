"""The bill of an order, from counts made by hand."""

from typing import Any

import pytest

from tests.benchmarks.cost.bill import Gathering, bill, gathered_by

ALONE = Gathering(size=10, window=0)
COUNTED: dict[str, Any] = {
    "calls": {
        "PlaceOrderApi|lambda|Invoke": 1,
        "PlaceOrderApi|dynamodb|TransactWriteItems": 1,
        "EventLog|lambda|Invoke": 4,
        "AuditOrder|lambda|Invoke": 1,
        "NotePurchases|lambda|Invoke": 1,
    },
    "units": {
        "PlaceOrderApi|write": 4,
        "PlaceOrderApi|index": 2,
        "PlaceOrderApi|read": 5,
        "AuditOrder|read": 4,
        "NotePurchases|write": 2,
    },
    "published": {"events": 4, "chunks": 4},
    "transitions": 5,
    "log_bytes": 1000,
}


def _lines(log: Gathering) -> dict[str, float]:
    lines = bill(COUNTED, {"EventLog": log, "AuditOrder": ALONE, "NotePurchases": ALONE})
    return {line.what: line.per_million for line in lines if line.counted}


def test_dollars_per_million_orders() -> None:
    lines = _lines(ALONE)
    assert lines["state transitions"] == pytest.approx(125.0)
    assert lines["write units, tables"] == pytest.approx(4 * 0.625)
    assert lines["write units, indexes"] == pytest.approx(2 * 0.625)
    assert lines["read units"] == pytest.approx(5 * 0.125)  # not the consumers'
    assert lines["function invocations"] == pytest.approx(5 * 0.2)
    assert lines["queue requests"] == pytest.approx(12 * 0.4)  # sent, received, deleted


def test_a_consumer_is_a_line_of_its_own_beside_the_goal() -> None:
    gathered = dict.fromkeys(["EventLog", "AuditOrder", "NotePurchases"], ALONE)
    beside = {line.what: line.per_million for line in bill(COUNTED, gathered) if not line.counted}
    noted = beside["purchases noted for reviews"]
    assert noted == pytest.approx(2 * 0.625 + 0.2 + 3 * 0.4 + 0.004 * 13.3334, rel=0.01)


def test_gathered_messages_share_an_invocation_and_a_deletion() -> None:
    lines = _lines(Gathering(size=10, window=600))
    assert lines["function invocations"] == pytest.approx((1 + 0.4) * 0.2)
    assert lines["queue requests"] == pytest.approx((4 + 4 + 0.4) * 0.4)


def test_a_batch_is_what_a_million_orders_a_month_bring_in_its_window() -> None:
    assert Gathering(size=10, window=0).batch(4) == 1
    assert Gathering(size=10, window=5).batch(4) == pytest.approx(7.6, rel=0.01)
    assert Gathering(size=10, window=60).batch(4) == 10


def test_gathering_is_read_from_the_stack() -> None:
    template = {
        "Resources": {
            "Queue": {
                "Type": "AWS::SQS::Queue",
                "Properties": {"QueueName": "commerce-local-EventLog"},
            },
            "Table": {"Type": "AWS::DynamoDB::Table", "Properties": {}},
            **{
                f"{source}Source": {
                    "Type": "AWS::Lambda::EventSourceMapping",
                    "Properties": {
                        "EventSourceArn": {"Fn::GetAtt": [source, "Arn"]},
                        "BatchSize": 10,
                        "MaximumBatchingWindowInSeconds": 10,
                    },
                }
                for source in ("Queue", "Table")
            },
        }
    }
    assert gathered_by(template) == {"EventLog": Gathering(10, 10)}
