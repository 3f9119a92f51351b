"""Replays of a stage's archive, and the consumers that they go to."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.parked import SUFFIX, depth

if TYPE_CHECKING:
    from mypy_boto3_events.type_defs import DescribeReplayResponseTypeDef as Replay

UNDERWAY: Final = ("STARTING", "RUNNING")


@dataclass(frozen=True)
class Consumer:
    """Who listens to the bus: a rule, its queue, and where its failures stand.

    Attributes:
        name: the rule's, without the stage.
    """

    name: str
    rule: str
    queue: str
    parked: str


class Replays:
    """Starts replays and watches them."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self._bus = endpoints.bus
        self._archive = endpoints.archive
        self._events = clients.events
        self._sqs = clients.sqs
        self._prefix = endpoints.prefix

    def consumers(self) -> dict[str, Consumer]:
        """The consumers of the bus, by the names of their rules. Who has no queue, such as
        operators who get notices, gets no replay either."""
        pages = self._events.get_paginator("list_rules").paginate(
            EventBusName=self._bus, NamePrefix=self._prefix
        )
        rules = {rule["Name"]: rule["Arn"] for page in pages for rule in page["Rules"]}
        found = (self._consumer(name, arn) for name, arn in sorted(rules.items()))
        return {consumer.name: consumer for consumer in found if consumer is not None}

    def _consumer(self, rule: str, arn: str) -> Consumer | None:
        found = self._events.list_targets_by_rule(Rule=rule, EventBusName=self._bus)
        queues = [one["Arn"] for one in found["Targets"] if ":sqs:" in one["Arn"]]
        if not queues:
            return None
        name = queues[0].rpartition(":")[2]
        return Consumer(
            rule.removeprefix(self._prefix), arn, self._url(name), self._url(name + SUFFIX)
        )

    def _url(self, name: str) -> str:
        return self._sqs.get_queue_url(QueueName=name)["QueueUrl"]

    def start(self, begin: datetime, end: datetime, consumers: Iterable[Consumer]) -> str:
        """Replay the events of a time to these consumers; returns the replay's name."""
        now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        name = f"{self._prefix}{now}-{secrets.token_hex(2)}"
        bus = self._events.describe_event_bus(Name=self._bus)["Arn"]
        self._events.start_replay(
            ReplayName=name,
            EventSourceArn=self._events.describe_archive(ArchiveName=self._archive)["ArchiveArn"],
            EventStartTime=begin,
            EventEndTime=end,
            Destination={"Arn": bus, "FilterArns": [consumer.rule for consumer in consumers]},
        )
        return name

    def replay(self, name: str) -> "Replay":
        """How far it is."""
        return self._events.describe_replay(ReplayName=name)

    def waiting(self, consumers: Iterable[Consumer]) -> Mapping[str, int]:
        """How many messages each of them has not handled yet."""
        return {consumer.name: self._depth(consumer.queue) for consumer in consumers}

    def parked(self, consumers: Iterable[Consumer]) -> Mapping[str, int]:
        """How many messages each of them could not handle."""
        return {consumer.name: self._depth(consumer.parked) for consumer in consumers}

    def _depth(self, url: str) -> int:
        found = self._sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return depth(found["Attributes"])
