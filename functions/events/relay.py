"""OutboxRelay: table stream → event bus.

The event source filters the stream to inserted `EVENT#` items. This publishes them in the
stream's order and stops at the first that does not go:

- Not the first of its batch: its sequence number is the answer, so that Lambda takes everything
  before it as done and comes again from there.
- The first of its batch: raises, so that Lambda bisects the batch. (It bisects after an error
  only; a partial answer would bring the same batch again and at last park the good records with
  the bad one.) A record that stands alone is retried as often as the event source says, then
  parked in the relay's queue, and the shard goes on.

A record may be published twice, after a lost answer or together with a failed one: its event id
is the same, and consumers are idempotent by it.

Powertools' batch processor is not used: it handles records one by one, and PutEvents takes ten.

Source: "Configuring partial batch response with DynamoDB and Lambda" of the Lambda guide.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from functions.shared import clients
from functions.shared.errors import TechnicalError
from functions.shared.logs import logger
from functions.shared.settings import setting

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef as Entry

MAX_ENTRIES: Final = 10
"""Entries of one PutEvents. Source: API reference of PutEvents."""
MAX_REQUEST_BYTES: Final = 256 * 1024
"""Size of all entries of one PutEvents. AWS announced 1 MB in January 2026 while its guide still
says 256 KB; the smaller bound costs a call more. A larger entry goes alone, for the bus to judge.
"""

Record = Mapping[str, Any]


class Unpublished(TechnicalError):
    """The record at `position` of the batch cannot be published; those before it are.

    Args:
        position: its index.
        reason: an error code; never the event's content.
    """

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position
        self.reason = reason


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Publishes a batch of the stream."""
    records: list[Record] = event["Records"]
    try:
        publish(records, clients.events(), setting("EVENT_BUS_NAME"))
    except Unpublished as failure:
        _log(records[: failure.position])
        number = records[failure.position]["dynamodb"]["SequenceNumber"]
        logger.error("not published", reason=failure.reason, sequence_number=number)
        if failure.position == 0:
            raise
        return {"batchItemFailures": [{"itemIdentifier": number}]}
    _log(records)
    return {"batchItemFailures": []}


def _log(published: Sequence[Record]) -> None:
    """One line a batch, which is found by the correlation id of any of its events."""
    events = []
    for record in published:
        item = record["dynamodb"]["NewImage"]
        metadata = json.loads(item["detail"]["S"]).get("metadata", {})
        correlation_id = metadata.get("correlationId")
        events.append({"event_type": item["type"]["S"], "correlation_id": correlation_id})
    if events:
        logger.info("published", events=events)


def publish(records: Sequence[Record], client: "EventBridgeClient", bus: str) -> None:
    """Publishes records in order, until one fails.

    Raises:
        Unpublished: names the first that was not published.
    """
    entries, malformed = to_entries(records, bus)
    for position, chunk in chunks(entries):
        try:
            answer = client.put_events(Entries=chunk)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "unknown")
            raise Unpublished(position, code) from error
        except BotoCoreError as error:
            raise Unpublished(position, type(error).__name__) from error
        if answer["FailedEntryCount"]:
            raise _first_failed(position, answer["Entries"])
    if malformed is not None:
        raise malformed


def _first_failed(position: int, results: Sequence[Mapping[str, Any]]) -> Unpublished:
    """Results come in the order of the entries."""
    offset, code = next(
        (offset, result["ErrorCode"])
        for offset, result in enumerate(results)
        if result.get("ErrorCode")
    )
    return Unpublished(position + offset, code)


def to_entries(records: Sequence[Record], bus: str) -> tuple[list["Entry"], Unpublished | None]:
    """The entries of the records before the first that is no outbox item, and which that is."""
    entries: list[Entry] = []
    for position, record in enumerate(records):
        try:
            entries.append(to_entry(record, bus))
        except KeyError as error:
            return entries, Unpublished(position, f"no outbox item: {error} is missing")
    return entries, None


def to_entry(record: Record, bus: str) -> "Entry":
    """An inserted outbox item as an entry of PutEvents. It needs no parsing: the writer of the
    item has made its detail.

    Raises:
        KeyError: the record is not the insert of an item, or the item is no outbox item.
    """
    item = record["dynamodb"]["NewImage"]
    return {
        "EventBusName": bus,
        "Source": item["source"]["S"],
        "DetailType": item["type"]["S"],
        "Detail": item["detail"]["S"],
    }


def chunks(entries: Sequence["Entry"]) -> Iterator[tuple[int, list["Entry"]]]:
    """Requests that PutEvents takes, each with the position of its first entry."""
    start, size = 0, 0
    for position, entry in enumerate(entries):
        entry_size = _bytes(entry)
        full = position - start == MAX_ENTRIES or size + entry_size > MAX_REQUEST_BYTES
        if full and position > start:
            yield start, list(entries[start:position])
            start, size = position, 0
        size += entry_size
    if start < len(entries):
        yield start, list(entries[start:])


def _bytes(entry: "Entry") -> int:
    """Source: "Calculating PutEvents event entry size" of the EventBridge guide."""
    return sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
