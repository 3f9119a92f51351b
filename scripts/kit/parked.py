"""The queues of a stage that hold what could not be handled, and what stands in them.

Of a message only what tells it apart is said, never what it carries.
"""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageTypeDef

SUFFIX: Final = "-parked"
BATCH: Final = 10
"""Messages of one call. Source: "Amazon SQS message quotas"."""
LOOKED_AT: Final = 30  # seconds for which others do not see a message that is looked at
_PLAIN: Final = re.compile(r"[\w.:#/ -]{1,100}")


@dataclass(frozen=True)
class ParkedQueue:
    """One such queue.

    Attributes:
        name: of the function that could not handle them.
        depth: messages in it, also those that somebody looks at in this moment.
        feeds: the ARN of the function's own queue; None where it has none.
    """

    name: str
    url: str
    arn: str
    depth: int
    feeds: str | None


@dataclass(frozen=True)
class Message:
    """A message of such a queue.

    Attributes:
        sent: to the function's own queue, where it has one.
        attributes: that EventBridge gives to what it could not deliver.
    """

    id: str
    receipt: str
    body: str
    sent: datetime
    receives: int
    attributes: Mapping[str, str]

    @classmethod
    def received(cls, found: "MessageTypeDef") -> "Message":
        """From the answer of ReceiveMessage."""
        system: Mapping[Any, str] = found["Attributes"]
        attributes = found.get("MessageAttributes", {})
        return cls(
            id=found["MessageId"],
            receipt=found["ReceiptHandle"],
            body=found["Body"],
            sent=datetime.fromtimestamp(int(system["SentTimestamp"]) / 1000, UTC),
            receives=int(system["ApproximateReceiveCount"]),
            attributes={name: one.get("StringValue", "") for name, one in attributes.items()},
        )

    @property
    def content(self) -> Mapping[str, Any]:
        """The body; empty where it is no JSON object."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Told:
    """What may be said of a message: what it is, which one, and why it is here."""

    kind: str
    id: str
    about: str
    reason: str


class ParkedQueues:
    """Finds the queues of a stage and looks into them."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self._client = clients.sqs
        self._prefix = endpoints.prefix

    def all(self) -> list[ParkedQueue]:
        """Every one, by name."""
        pages = self._client.get_paginator("list_queues").paginate(QueueNamePrefix=self._prefix)
        urls = [url for page in pages for url in page.get("QueueUrls", [])]
        own = {url.rpartition("/")[2]: url for url in urls}
        return [
            self._queue(name.removesuffix(SUFFIX), url, own.get(name.removesuffix(SUFFIX)))
            for name, url in sorted(own.items())
            if name.endswith(SUFFIX)
        ]

    def _queue(self, name: str, url: str, feeds: str | None) -> ParkedQueue:
        found = self._attributes(url)
        return ParkedQueue(
            name=name.removeprefix(self._prefix),
            url=url,
            arn=found["QueueArn"],
            depth=depth(found),
            feeds=self._attributes(feeds)["QueueArn"] if feeds else None,
        )

    def _attributes(self, url: str) -> Mapping[Any, str]:
        return self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]

    def look(self, queue: ParkedQueue, most: int) -> list[Message]:
        """Some of its messages, or all; a queue hands out about the oldest first."""
        with self.held(queue, LOOKED_AT, most) as messages:
            return messages

    @contextmanager
    def held(
        self, queue: ParkedQueue, seconds: int, most: int | None = None
    ) -> Iterator[list[Message]]:
        """Its messages, which nobody else sees meanwhile; those not deleted are seen afterwards.

        Args:
            seconds: after which they are seen again if this process dies.
        """
        messages = self._receive(queue, seconds, most)
        try:
            yield messages
        finally:
            for some in _batches(messages):
                self._client.change_message_visibility_batch(
                    QueueUrl=queue.url,
                    Entries=[
                        {"Id": str(n), "ReceiptHandle": one.receipt, "VisibilityTimeout": 0}
                        for n, one in enumerate(some)
                    ],
                )

    def _receive(self, queue: ParkedQueue, seconds: int, most: int | None) -> list[Message]:
        found: dict[str, Message] = {}
        while most is None or len(found) < most:
            answer = self._client.receive_message(
                QueueUrl=queue.url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=seconds,
                AttributeNames=["All"],
                MessageAttributeNames=["All"],
                WaitTimeSeconds=1 if queue.depth else 0,
            )
            some = [Message.received(one) for one in answer.get("Messages", [])]
            if not some:
                break
            found.update({one.id: one for one in some})
        return list(found.values())

    def delete(self, queue: ParkedQueue, messages: list[Message]) -> None:
        """Removes messages that are held."""
        for message in messages:
            self._client.delete_message(QueueUrl=queue.url, ReceiptHandle=message.receipt)


def depth(attributes: Mapping[Any, str]) -> int:
    """All messages of a queue: to be received, delayed, and in somebody's hands."""
    counts = ("", "Delayed", "NotVisible")
    return sum(int(attributes.get(f"ApproximateNumberOfMessages{one}", "0")) for one in counts)


def told(message: Message) -> Told:
    """What may be said of a message, whatever it is."""
    content = message.content
    failed = f"failed {message.attributes.get('ERROR_CODE') or f'{message.receives - 1} times'}"
    position = content.get("DDBStreamBatchInfo")
    if isinstance(position, dict):
        return Told(
            kind=f"position in the stream of {table_of(position)}",
            id=_plain(position.get("startSequenceNumber")),
            about=f"{_plain(position.get('batchSize'))} records",
            reason=_plain(_part(content, "requestContext").get("condition")),
        )
    if "detail-type" in content:
        metadata = _part(_part(content, "detail"), "metadata")
        return Told(
            kind=_plain(content["detail-type"]),
            id=_plain(metadata.get("eventId") or content.get("id")),
            about=_plain(metadata.get("aggregateId")),
            reason=failed,
        )
    return Told(_plain(content.get("type")), _plain(content.get("id")), "-", failed)


def table_of(position: Mapping[str, Any]) -> str:
    """The table whose stream a position is in."""
    stream = str(position.get("streamArn", "")).partition(":table/")[2]
    return stream.partition("/")[0]


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, dict) else {}


def _plain(text: object) -> str:
    """An id, a type or a code; anything else might be somebody's data."""
    return str(text) if text is not None and _PLAIN.fullmatch(str(text)) else "-"


def _batches(messages: list[Message]) -> Iterator[list[Message]]:
    yield from (messages[n : n + BATCH] for n in range(0, len(messages), BATCH))
