"""`scripts/shop dlq`: what is said of parked messages, and that handling them again loses none."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError

from contracts.events.carts import CartAbandoned
from contracts.events.envelope import DomainEvent
from contracts.events.inventory import AvailabilityChanged
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.outbox import outbox
from scripts.ops import dlq as verb
from scripts.ops.dlq import dlq
from tests.support.emulator import Emulator
from tests.support.stages import bare_stage
from tests.support.tables import create_table

Output = pytest.CaptureFixture[str]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SOMEBODY = "ada@example.com"


class Stage:
    """The queues of a stage, its bus with somebody who listens, and a table."""

    def __init__(self, emulator: Emulator) -> None:
        name = f"commerce-{uuid4().hex[:8]}"
        self.prefix = f"{name}-"
        self.queues = emulator.client("sqs")
        self.tables = emulator.client("dynamodb")
        self.events = emulator.client("events")
        self.table = f"{name}-orders"
        create_table(self.tables, self.table)
        self.queue("OutboxRelay-parked")
        self.queue("Sweep-parked")
        _, parked = self.queue("EventLog-parked")
        policy = {"deadLetterTargetArn": parked, "maxReceiveCount": "3"}
        self.queue("EventLog", RedrivePolicy=json.dumps(policy))
        self.events.create_event_bus(Name=name)
        _, heard = self.queue("heard")
        self.events.put_rule(
            Name=name,
            EventBusName=name,
            EventPattern=json.dumps({"source": [{"prefix": "commerce."}]}),
        )
        target = {"Id": "heard", "Arn": heard}
        self.events.put_targets(Rule=name, EventBusName=name, Targets=[target])
        self.endpoints = bare_stage(emulator.url, name, {"orders": self.table})

    def queue(self, name: str, **attributes: str) -> tuple[str, str]:
        """Make a queue; its URL and ARN."""
        url = self.queues.create_queue(QueueName=self.prefix + name, Attributes=attributes)
        found = self.queues.get_queue_attributes(
            QueueUrl=url["QueueUrl"], AttributeNames=["QueueArn"]
        )
        return url["QueueUrl"], found["Attributes"]["QueueArn"]

    def url(self, name: str) -> str:
        """A queue's URL."""
        return str(self.queues.get_queue_url(QueueName=self.prefix + name)["QueueUrl"])

    def send(self, name: str, body: Any, **more: Any) -> None:
        """Put a message into a queue."""
        text = body if isinstance(body, str) else json.dumps(body)
        self.queues.send_message(QueueUrl=self.url(name), MessageBody=text, **more)

    def bodies(self, name: str) -> list[Any]:
        """The events that can be received from a queue."""
        return [json.loads(text) for text in self.texts(name)]

    def texts(self, name: str) -> list[str]:
        """Everything that can be received from a queue."""
        found: list[str] = []
        while messages := self.queues.receive_message(
            QueueUrl=self.url(name), MaxNumberOfMessages=10
        ).get("Messages"):
            found += [message["Body"] for message in messages]
        return found

    def park(self, first: datetime, last: datetime) -> None:
        """A position that the relay gave up, as Lambda notes it."""
        stream = f"arn:aws:dynamodb:us-east-1:000000000000:table/{self.table}/stream/2026"
        position = {
            "shardId": "shardId-1",
            "startSequenceNumber": "1001",
            "endSequenceNumber": "1002",
            "approximateArrivalOfFirstRecord": first.isoformat(),
            "approximateArrivalOfLastRecord": last.isoformat(),
            "batchSize": 2,
            "streamArn": stream,
        }
        context = {"condition": "RetryAttemptsExhausted"}
        note = {"requestContext": context, "DDBStreamBatchInfo": position}
        self.send("OutboxRelay-parked", note)

    def happen(self, event: DomainEvent, name: str, at: datetime) -> None:
        """An event in the table's outbox."""
        write = outbox(
            self.table,
            f"THING#{name}",
            event,
            aggregate_id=name,
            aggregate_version=1,
            correlation_id=name,
            occurred_at=at,
        )
        DynamoDatabase(lambda: self.tables).write(write)


@pytest.fixture
def stage(emulator: Emulator) -> Iterator[Stage]:
    made = Stage(emulator)
    yield made
    for client in (made.queues, made.tables, made.events):
        client.close()


def event(name: str, **data: Any) -> dict[str, Any]:
    """An event as EventBridge delivers it."""
    metadata = {"eventId": f"event-{name}", "aggregateId": f"order-{name}"}
    return {
        "id": "1",
        "detail-type": "OrderPlaced",
        "source": "commerce.orders",
        "detail": {"metadata": metadata, "data": data},
    }


def sold_out() -> AvailabilityChanged:
    """Some event."""
    return AvailabilityChanged(sku="MUG-RED", in_stock=False)


def test_every_queue_is_listed_with_what_stands_in_it(stage: Stage, capsys: Output) -> None:
    for name in ("1", "2"):
        stage.send("EventLog-parked", event(name))
    assert dlq(stage.endpoints, "list", None) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [row[:2] for row in rows] == [
        ["QUEUE", "MESSAGES"],
        ["EventLog", "2"],
        ["OutboxRelay", "0"],
        ["Sweep", "0"],
    ]
    assert rows[1][2:] != ["-"]
    assert rows[2][2:] == ["-"]


def test_an_unknown_queue_is_said_with_those_there_are(stage: Stage, capsys: Output) -> None:
    for action in ("show", "redrive", "drop"):
        assert dlq(stage.endpoints, action, "NoSuch", yes=True) == 2
        error = capsys.readouterr().err
        assert error == "There is no queue 'NoSuch'; there are: EventLog, OutboxRelay, Sweep.\n"


def test_what_is_shown_tells_a_message_apart_and_nothing_about_people(
    stage: Stage, capsys: Output
) -> None:
    code = {"ERROR_CODE": {"DataType": "String", "StringValue": "SDK_CLIENT_ERROR"}}
    stage.send("EventLog-parked", event("1", email=SOMEBODY), MessageAttributes=code)
    stage.send("EventLog-parked", {"detail-type": SOMEBODY, "id": SOMEBODY, "detail": SOMEBODY})
    stage.send("EventLog-parked", {"type": "refund.failed", "id": "evt_1", "data": SOMEBODY})
    stage.send("EventLog-parked", f"no JSON of {SOMEBODY}")
    assert dlq(stage.endpoints, "show", "EventLog-parked") == 0
    out = capsys.readouterr().out
    assert SOMEBODY not in out
    assert all(text in out for text in ("OrderPlaced", "event-1", "order-1", "SDK_CLIENT_ERROR"))
    assert all(text in out for text in ("refund.failed", "evt_1"))
    assert len(stage.texts("EventLog-parked")) == 4, "looking takes nothing away"


def test_a_position_is_shown_with_its_table_and_reason(stage: Stage, capsys: Output) -> None:
    stage.park(NOON, NOON)
    assert dlq(stage.endpoints, "show", "OutboxRelay") == 0
    out = capsys.readouterr().out
    assert all(text in out for text in (stage.table, "1001", "2 records", "RetryAttemptsExhausted"))


def test_a_redrive_hands_all_of_it_to_the_function_again(stage: Stage, capsys: Output) -> None:
    sent = [event(str(number)) for number in range(25)]
    for one in sent:
        stage.send("EventLog-parked", one)
    assert dlq(stage.endpoints, "redrive", "EventLog") == 0
    assert "25 messages are handled again" in capsys.readouterr().out
    assert stage.bodies("EventLog-parked") == []
    by_id = {one["detail"]["metadata"]["eventId"]: one for one in stage.bodies("EventLog")}
    assert by_id == {one["detail"]["metadata"]["eventId"]: one for one in sent}
    assert dlq(stage.endpoints, "redrive", "EventLog") == 0
    assert "nothing is parked" in capsys.readouterr().out


def test_the_relay_publishes_from_the_table_what_was_written_then(
    stage: Stage, capsys: Output
) -> None:
    stage.park(NOON, NOON + timedelta(seconds=5))
    hour = timedelta(hours=1)
    for name, at in (("before", NOON - hour), ("then", NOON), ("after", NOON + hour)):
        stage.happen(sold_out(), name, at)
    abandoned = CartAbandoned(customer_id="c", lines=())
    stage.happen(abandoned, "idle", NOON - 25 * hour)
    assert dlq(stage.endpoints, "redrive", "OutboxRelay") == 0
    assert "1 positions, 2 events published" in capsys.readouterr().out
    published = {one["detail"]["metadata"]["aggregateId"] for one in stage.bodies("heard")}
    assert published == {"then", "idle"}
    assert stage.bodies("OutboxRelay-parked") == []


def test_a_position_stays_parked_until_its_events_are_published(
    stage: Stage, capsys: Output
) -> None:
    stage.park(NOON, NOON)
    stage.happen(sold_out(), "then", NOON)
    broken = {"PK": {"S": "THING#x"}, "SK": {"S": "EVENT#Broken"}, "type": {"S": "Broken"}}
    stage.tables.put_item(TableName=stage.table, Item=broken)
    assert dlq(stage.endpoints, "redrive", "OutboxRelay") == 1
    captured = capsys.readouterr()
    assert "not published: THING#x EVENT#Broken (no outbox item: 'source' is missing)" in (
        captured.out
    )
    assert len(stage.bodies("heard")) == 1, "a poisoned one holds up no other"
    stage.tables.delete_item(TableName=stage.table, Key={n: broken[n] for n in ("PK", "SK")})
    assert dlq(stage.endpoints, "redrive", "OutboxRelay") == 0
    assert stage.bodies("OutboxRelay-parked") == []


def test_a_redrive_that_dies_half_way_loses_no_position(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.park(NOON, NOON)
    stage.happen(sold_out(), "then", NOON)

    def unreachable(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="bus")

    with monkeypatch.context() as patch:
        patch.setattr(verb, "republish", unreachable)
        with pytest.raises(EndpointConnectionError):
            dlq(stage.endpoints, "redrive", "OutboxRelay")
    assert dlq(stage.endpoints, "redrive", "OutboxRelay") == 0
    assert len(stage.bodies("heard")) == 1


def test_a_missed_run_of_a_schedule_is_not_made_up_for(stage: Stage, capsys: Output) -> None:
    stage.send("Sweep-parked", {"detail-type": "Scheduled Event", "id": "1", "detail": {}})
    assert dlq(stage.endpoints, "redrive", "Sweep") == 1
    assert "the next run of its schedule" in capsys.readouterr().err
    assert len(stage.bodies("Sweep-parked")) == 1


def test_dropping_wants_to_be_confirmed(stage: Stage, capsys: Output) -> None:
    stage.send("EventLog-parked", event("1"))
    assert dlq(stage.endpoints, "drop", "EventLog") == 2
    assert "1 messages would be lost" in capsys.readouterr().err
    assert dlq(stage.endpoints, "drop", "EventLog", yes=True) == 0
    assert "1 messages dropped" in capsys.readouterr().out
    assert stage.bodies("EventLog-parked") == []
