"""The bus, its archive and its replays, and the streams that feed it."""

import json
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from tests.conformance.parts import create_function, unique
from tests.support.emulator import Emulator, wait_until

READS_A_SECOND = 4
ARCHIVE = {
    "Resources": {
        "Bus": {"Type": "AWS::Events::EventBus", "Properties": {"Name": "NAME"}},
        "Archive": {
            "Type": "AWS::Events::Archive",
            "Properties": {
                "ArchiveName": "NAME",
                "SourceArn": {"Fn::GetAtt": ["Bus", "Arn"]},
                "RetentionDays": 7,
                "EventPattern": {"source": ["shop"]},
            },
        },
    },
    "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Archive", "Arn"]}}},
}


def deploy_archive(cloud: Emulator, name: str) -> str:
    """A bus with an archive, both of that name, by CloudFormation; the archive's ARN."""
    client = cloud.client("cloudformation")
    client.create_stack(StackName=name, TemplateBody=json.dumps(ARCHIVE).replace("NAME", name))

    def stack() -> Any:
        found = client.describe_stacks(StackName=name)["Stacks"][0]
        return None if found["StackStatus"].endswith("IN_PROGRESS") else found

    found = wait_until(stack, "the stack")
    assert found["StackStatus"] == "CREATE_COMPLETE", found
    return str(found["Outputs"][0]["OutputValue"])


def rule_to_queue(cloud: Emulator, bus: str) -> tuple[str, str]:
    """A rule that sends the bus's events to a queue: the rule's ARN and the queue's URL."""
    name = unique("rule")
    queues, events = cloud.client("sqs"), cloud.client("events")
    url = queues.create_queue(QueueName=name)["QueueUrl"]
    attributes = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    rule = events.put_rule(
        Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["shop"]})
    )
    target = {"Id": "queue", "Arn": attributes["Attributes"]["QueueArn"]}
    events.put_targets(Rule=name, EventBusName=bus, Targets=[target])
    return str(rule["RuleArn"]), str(url)


def receive(cloud: Emulator, url: str) -> list[Any]:
    """What waits in a queue, taken out of it."""
    client = cloud.client("sqs")
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


@pytest.mark.fix("event_archive_resource")
def test_a_stack_has_an_archive(cloud: Emulator) -> None:
    name = unique("bus")
    arn = deploy_archive(cloud, name)
    archive = cloud.client("events").describe_archive(ArchiveName=name)
    assert (archive["ArchiveArn"], archive["RetentionDays"]) == (arn, 7)
    cloud.client("cloudformation").delete_stack(StackName=name)
    listed = cloud.client("events").list_archives(NamePrefix=name)
    assert listed["Archives"] == []


@pytest.mark.fix("replay_to_named_rules")
def test_a_replay_reaches_only_the_rules_it_names(cloud: Emulator) -> None:
    name, events = unique("bus"), cloud.client("events")
    archive = deploy_archive(cloud, name)
    named, named_url = rule_to_queue(cloud, name)
    _, other_url = rule_to_queue(cloud, name)
    entry = {"Source": "shop", "DetailType": "Sold", "Detail": "{}", "EventBusName": name}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    for url in (named_url, other_url):
        assert len(wait_until(partial(receive, cloud, url), "the event itself")) == 1
    bus = events.describe_event_bus(Name=name)["Arn"]
    replay, now = unique("replay"), datetime.now(UTC)
    events.start_replay(
        ReplayName=replay,
        EventSourceArn=archive,
        EventStartTime=now - timedelta(minutes=10),
        EventEndTime=now + timedelta(minutes=10),
        Destination={"Arn": bus, "FilterArns": [named]},
    )
    wait_until(
        lambda: events.describe_replay(ReplayName=replay)["State"] == "COMPLETED", "the replay"
    )
    (replayed,) = wait_until(lambda: receive(cloud, named_url), "the replayed event")
    assert replayed["replay-name"] == replay
    assert receive(cloud, other_url) == []


RECORDER = """
    import json, os, pathlib

    def handler(event, context):
        names = [record["dynamodb"]["Keys"]["PK"]["S"] for record in event["Records"]]
        folder = pathlib.Path(os.environ["FOLDER"])
        with (folder / "deliveries").open("a") as deliveries:
            deliveries.write(json.dumps(names) + "\\n")
        poisoned = [name for name in names if name.startswith("poison")]
        if poisoned and os.environ["ANSWER"] == "raise":
            raise ValueError("poison")
        numbers = [
            record["dynamodb"]["SequenceNumber"]
            for record in event["Records"]
            if record["dynamodb"]["Keys"]["PK"]["S"] in poisoned
        ]
        return {"batchItemFailures": [{"itemIdentifier": number} for number in numbers]}
"""


class Stream:
    """A table whose stream feeds a function that keeps account of what it is given."""

    def __init__(self, cloud: Emulator, answer: str, **mapping: Any) -> None:
        self.name = unique("table")
        self.cloud = cloud
        self.folder = cloud.folder / self.name
        self.folder.mkdir()
        self.tables = cloud.client("dynamodb")
        table = self.tables.create_table(
            TableName=self.name,
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        settings = {"FOLDER": str(self.folder), "ANSWER": answer}
        function = create_function(cloud, RECORDER, Environment={"Variables": settings})
        queues = cloud.client("sqs")
        self.parked = queues.create_queue(QueueName=self.name)["QueueUrl"]
        attributes = queues.get_queue_attributes(QueueUrl=self.parked, AttributeNames=["QueueArn"])
        # All items are there before the source is, so that one delivery has them all.
        self.put("good-1", "good-2", "poison", "good-3")
        pattern = {
            "eventName": ["INSERT"],
            "dynamodb": {"Keys": {"PK": {"S": [{"prefix": "good"}, {"prefix": "poison"}]}}},
        }
        self.put("skipped")
        cloud.client("lambda").create_event_source_mapping(
            FunctionName=function,
            EventSourceArn=table["TableDescription"]["LatestStreamArn"],
            StartingPosition="TRIM_HORIZON",
            MaximumRetryAttempts=1,
            FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]},
            DestinationConfig={"OnFailure": {"Destination": attributes["Attributes"]["QueueArn"]}},
            **mapping,
        )

    def put(self, *keys: str) -> None:
        """Write items, each a record of the stream."""
        for key in keys:
            self.tables.put_item(TableName=self.name, Item={"PK": {"S": key}})

    def deliveries(self) -> list[list[str]]:
        """The keys of each delivery, in order."""
        file = self.folder / "deliveries"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def wait_for(self, key: str) -> list[list[str]]:
        """The deliveries, once one of them has had that key in it."""
        wait_until(lambda: any(key in each for each in self.deliveries()), f"{key} to come")
        return self.deliveries()


@pytest.mark.fix("stream_batches")
def test_a_failed_batch_is_halved_down_to_the_record_that_fails(cloud: Emulator) -> None:
    stream = Stream(cloud, "raise", BisectBatchOnFunctionError=True)
    wait_until(
        lambda: stream.deliveries()[-1:] == [["good-3"]],
        lambda: f"good-3 alone: {stream.deliveries()}",
    )
    deliveries = stream.deliveries()
    assert deliveries.count(["good-1", "good-2"]) == 1
    assert deliveries.count(["poison"]) == 2
    (note,) = wait_until(lambda: receive(cloud, stream.parked), "the note of the parked record")
    assert note["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert note["DDBStreamBatchInfo"]["batchSize"] == 1


@pytest.mark.fix("stream_batches")
def test_a_partial_answer_brings_the_rest_again(cloud: Emulator) -> None:
    stream = Stream(cloud, "report", FunctionResponseTypes=["ReportBatchItemFailures"])
    (note,) = wait_until(lambda: receive(cloud, stream.parked), "the note of the parked batch")
    assert stream.deliveries() == [
        ["good-1", "good-2", "poison", "good-3"],
        ["poison", "good-3"],
    ]
    assert note["DDBStreamBatchInfo"]["batchSize"] == 2


@pytest.mark.fix("stream_batches")
def test_a_failed_batch_is_parked_after_its_retries_and_the_stream_goes_on(
    cloud: Emulator,
) -> None:
    stream = Stream(cloud, "raise")
    batch = ["good-1", "good-2", "poison", "good-3"]
    wait_until(lambda: receive(cloud, stream.parked), "the note of the parked batch")
    stream.put("good-4")
    assert stream.wait_for("good-4") == [batch, batch, ["good-4"]]


@pytest.mark.fix("stream_poll_rate")
def test_what_is_written_between_two_reads_comes_in_one_batch(cloud: Emulator) -> None:
    stream = Stream(cloud, "report")
    stream.wait_for("good-1")
    began, before = time.monotonic(), len(stream.deliveries())
    written = [f"good-{number}" for number in range(100, 160)]
    for key in written:
        stream.put(key)
    deliveries = stream.wait_for(written[-1])[before:]
    reads = 2 + (time.monotonic() - began) * READS_A_SECOND
    assert len(deliveries) <= reads, deliveries
