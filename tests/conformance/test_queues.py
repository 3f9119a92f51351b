"""Queues: what stands in a dead-letter queue can be moved, and batches gather."""

import json
import time
from typing import Final

import pytest
from botocore.exceptions import ClientError

from tests.conformance.parts import create_function, unique
from tests.support.emulator import Emulator, wait_until

BATCH: Final = 10
QUIET_SECONDS: Final = 0.1
"""How long no message has come when a batch that is not full is delivered."""
RECORDER: Final = """
    import json, os, pathlib

    def handler(event, context):
        bodies = [record["body"] for record in event["Records"]]
        with pathlib.Path(os.environ["FILE"]).open("a") as deliveries:
            deliveries.write(json.dumps(bodies) + "\\n")
"""


def queue(cloud: Emulator, **attributes: str) -> tuple[str, str]:
    """A queue's URL and ARN."""
    client = cloud.client("sqs")
    url = client.create_queue(QueueName=unique("queue"), Attributes=attributes)["QueueUrl"]
    found = client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return url, found["Attributes"]["QueueArn"]


def fed_by(cloud: Emulator, dead_letters: str) -> tuple[str, str]:
    """A queue that puts aside what was received once."""
    policy = {"deadLetterTargetArn": dead_letters, "maxReceiveCount": "1"}
    return queue(cloud, VisibilityTimeout="0", RedrivePolicy=json.dumps(policy))


@pytest.mark.fix("message_move_tasks")
def test_dead_letters_are_moved_as_new_messages(cloud: Emulator) -> None:
    client = cloud.client("sqs")
    dead_url, dead_arn = queue(cloud)
    url, arn = fed_by(cloud, dead_arn)
    client.send_message(QueueUrl=url, MessageBody="failed")
    assert client.receive_message(QueueUrl=url)["Messages"]
    assert "Messages" not in client.receive_message(QueueUrl=url)
    client.send_message(QueueUrl=dead_url, MessageBody="from elsewhere")
    client.start_message_move_task(SourceArn=dead_arn, DestinationArn=arn)
    (task,) = client.list_message_move_tasks(SourceArn=dead_arn)["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 2)
    assert "Messages" not in client.receive_message(QueueUrl=dead_url)
    moved = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, AttributeNames=["ApproximateReceiveCount"]
    )["Messages"]
    assert {message["Body"] for message in moved} == {"failed", "from elsewhere"}
    assert {message["Attributes"]["ApproximateReceiveCount"] for message in moved} == {"1"}


@pytest.mark.fix("message_move_tasks")
def test_without_a_destination_a_message_goes_back_where_it_came_from(cloud: Emulator) -> None:
    client = cloud.client("sqs")
    _, dead_arn = queue(cloud)
    url, _ = fed_by(cloud, dead_arn)
    client.send_message(QueueUrl=url, MessageBody="failed")
    client.receive_message(QueueUrl=url)
    assert "Messages" not in client.receive_message(QueueUrl=url)
    client.start_message_move_task(SourceArn=dead_arn)
    assert client.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "failed"


@pytest.mark.fix("message_move_tasks")
def test_only_dead_letters_are_moved(cloud: Emulator) -> None:
    _, arn = queue(cloud)
    with pytest.raises(ClientError, match="must be a dead-letter queue"):
        cloud.client("sqs").start_message_move_task(SourceArn=arn)


@pytest.mark.fix("batching_window")
def test_messages_gather_while_they_keep_coming(cloud: Emulator) -> None:
    url, arn = queue(cloud)
    file = cloud.folder / unique("deliveries")
    function = create_function(cloud, RECORDER, Environment={"Variables": {"FILE": str(file)}})
    cloud.client("lambda").create_event_source_mapping(
        FunctionName=function,
        EventSourceArn=arn,
        BatchSize=BATCH,
        MaximumBatchingWindowInSeconds=10,
    )

    def deliveries() -> list[list[str]]:
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    sent = [f"message {number}" for number in range(80)]
    began, client = time.monotonic(), cloud.client("sqs")
    for body in sent:
        client.send_message(QueueUrl=url, MessageBody=body)
    wait_until(
        lambda: sorted(body for each in deliveries() for body in each) == sorted(sent),
        lambda: f"all messages: {deliveries()}",
    )
    gathered = (time.monotonic() - began) / QUIET_SECONDS
    assert len(deliveries()) <= 1 + len(sent) / BATCH + gathered, deliveries()
