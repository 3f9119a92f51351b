"""DynamoDB as the services use it: consistent reads, conditional writes, transactions.

Source of the limits: "Quotas in Amazon DynamoDB" (100 actions a transaction, 100 keys a batch).
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from boto3.dynamodb.conditions import ConditionExpressionBuilder
from botocore.exceptions import ClientError

from functions.shared.errors import Contended, Throttled
from functions.shared.writes import Item, Key, Write

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ATTEMPTS: Final = 8
"""Tries of one transaction or batch before the task gives up; together at most about 2 seconds."""


@dataclass(frozen=True, slots=True)
class Page:
    """Keys that an index holds, and the key to go on from (None: the end)."""

    keys: tuple[Key, ...]
    next_key: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """Which items of one partition are listed, and in which order.

    Attributes:
        prefix: which the sort keys begin with; no other item is read.
        index: reads it instead of the table; it may lag behind.
        descending: the greatest sort keys first.
    """

    table: str
    partition: str
    prefix: str = ""
    index: str | None = None
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ItemPage:
    """Items in the order asked for, and the key to go on from (None: the end)."""

    items: tuple[Item, ...]
    next_key: Mapping[str, str] | None


class Database(Protocol):
    """What the services need of DynamoDB. Every read of an item is strongly consistent."""

    def read(self, keys: Mapping[str, Sequence[Key]]) -> dict[str, dict[Key, Item]]:
        """The items of several tables that exist, in one call."""

    def read_together(self, table: str, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items that exist, as they were at one moment. At most 100.

        Raises:
            Contended: writes of the items were under way at all attempts.
        """

    def query(
        self, rows: Rows, *, limit: int | None = None, after: Mapping[str, str] | None = None
    ) -> ItemPage:
        """Items of one partition, by their sort keys.

        Args:
            limit: items of the page; None: all there are, in as many calls as that takes.
            after: the `next_key` of the page before.
        """

    def due(self, table: str, index: str, partition: str, until: str, limit: int) -> list[Key]:
        """The first keys of an index's partition up to a sort key. The index may lag behind."""

    def write(self, write: Write) -> Item:
        """Does one write and returns the item after it (empty for a put or delete).

        Raises:
            Exception: what the write says of a condition that does not hold.
            Contended: transactions held the item for all attempts.
        """

    def transact(self, writes: Sequence[Write]) -> None:
        """Does all writes or none.

        Raises:
            Exception: what the first refused write of the sequence says.
            Contended: other transactions held the items for all attempts.
        """


def to_attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Python types to DynamoDB's JSON. None is left out.

    Raises:
        TypeError: a value is none of the types that `Item` names.
    """
    return {name: _to_attribute(value) for name, value in item.items() if value is not None}


def from_attributes(attributes: Mapping[str, Any]) -> Item:
    """DynamoDB's JSON to Python types, numbers as int.

    Raises:
        TypeError: an attribute is of a type that `Item` does not name.
    """
    return {name: _from_attribute(value) for name, value in attributes.items()}


def _to_attribute(value: Any) -> dict[str, Any]:
    """Not boto3's serializer: that takes six times as long, for types that no item here has."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int):
        return {"N": str(value)}
    if isinstance(value, Mapping):
        return {"M": {name: _to_attribute(inner) for name, inner in value.items()}}
    if isinstance(value, list | tuple):
        return {"L": [_to_attribute(inner) for inner in value]}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"items hold no {type(value).__name__}")


def _from_attribute(attribute: Mapping[str, Any]) -> Any:
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            return int(value)
        case "M":
            return {name: _from_attribute(inner) for name, inner in value.items()}
        case "L":
            return [_from_attribute(inner) for inner in value]
        case "NULL":
            return None
    raise TypeError(f"items hold no attribute of type {kind}")


class DynamoDatabase:
    """`Database` on the service itself.

    Args:
        client: a factory, so that the client is built when it is first needed.
        sleep: waits that many seconds between attempts.
    """

    def __init__(
        self,
        client: Callable[[], "DynamoDBClient"],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._sleep = sleep

    def read(self, keys: Mapping[str, Sequence[Key]]) -> dict[str, dict[Key, Item]]:
        """See `Database.read`."""
        pending: Any = {
            table: {"Keys": [_key(key) for key in wanted], "ConsistentRead": True}
            for table, wanted in keys.items()
            if wanted
        }
        found: dict[str, dict[Key, Item]] = {table: {} for table in keys}
        attempt = 0
        while pending:
            if attempt == ATTEMPTS:
                raise Throttled("DynamoDB left keys of a batch unread")
            if attempt:
                self._back_off(attempt)
            answer = self._client().batch_get_item(RequestItems=pending)
            for table, items in answer["Responses"].items():
                found[table].update(_by_key(items))
            pending = answer.get("UnprocessedKeys")
            attempt += 1
        return found

    def read_together(self, table: str, keys: Sequence[Key]) -> dict[Key, Item]:
        """See `Database.read_together`."""
        gets: Any = [{"Get": {"TableName": table, "Key": _key(key)}} for key in keys]
        for attempt in range(ATTEMPTS):
            try:
                answer = self._client().transact_get_items(TransactItems=gets)
            except self._client().exceptions.TransactionCanceledException as error:
                _raise_unless_contended(error, ())
                self._back_off(attempt)
                continue
            return _by_key(r["Item"] for r in answer["Responses"] if r.get("Item"))
        raise Contended(f"items of {table} are being written")

    def query_index(
        self, table: str, index: str, partition: str, limit: int, after: Mapping[str, str] | None
    ) -> Page:
        """One page of an index, its greatest sort keys first.

        Args:
            after: the `next_key` of the page before.
        """
        request: Any = {"ExclusiveStartKey": to_attributes(after)} if after else {}
        answer = self._client().query(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="#p = :p",
            ExpressionAttributeNames={"#p": f"{index}PK"},
            ExpressionAttributeValues={":p": {"S": partition}},
            ScanIndexForward=False,
            Limit=limit,
            **request,
        )
        last = answer.get("LastEvaluatedKey")
        return Page(
            keys=tuple(_by_key(answer["Items"])),
            next_key=from_attributes(last) if last else None,
        )

    def query(
        self, rows: Rows, *, limit: int | None = None, after: Mapping[str, str] | None = None
    ) -> ItemPage:
        """See `Database.query`."""
        request = _query(rows, limit)
        items: list[Item] = []
        while True:
            if after:
                request["ExclusiveStartKey"] = to_attributes(after)
            answer = self._client().query(**request)
            items += map(from_attributes, answer["Items"])
            last = answer.get("LastEvaluatedKey")
            after = from_attributes(last) if last else None
            if limit or after is None:
                return ItemPage(tuple(items), after)

    def due(self, table: str, index: str, partition: str, until: str, limit: int) -> list[Key]:
        """See `Database.due`."""
        answer = self._client().query(
            TableName=table,
            IndexName=index,
            KeyConditionExpression="#p = :p AND #s <= :s",
            ExpressionAttributeNames={"#p": f"{index}PK", "#s": f"{index}SK"},
            ExpressionAttributeValues={":p": {"S": partition}, ":s": {"S": until}},
            Limit=limit,
        )
        return list(_by_key(answer["Items"]))

    def write(self, write: Write) -> Item:
        """See `Database.write`."""
        ((action, request),) = _action(write).items()
        call: Any = {
            "Put": self._client().put_item,
            "Update": self._client().update_item,
            "Delete": self._client().delete_item,
        }[action]
        if action == "Update":
            request["ReturnValues"] = "ALL_NEW"
        errors = self._client().exceptions
        for attempt in range(ATTEMPTS):
            try:
                answer = call(**request)
            except errors.ConditionalCheckFailedException as error:
                raise write.refused(_old_item(error.response)) from error
            except errors.TransactionConflictException:
                self._back_off(attempt)
            else:
                return from_attributes(answer.get("Attributes", {}))
        raise Contended(f"{write.key.PK} is being written by others")

    def transact(self, writes: Sequence[Write]) -> None:
        """See `Database.transact`."""
        actions: Any = [_action(write) for write in writes]
        for attempt in range(ATTEMPTS):
            try:
                self._client().transact_write_items(TransactItems=actions)
            except self._client().exceptions.TransactionCanceledException as error:
                _raise_unless_contended(error, writes)
                self._back_off(attempt)
            else:
                return
        raise Contended(f"items of {writes[0].key.PK} are being written by others")

    def _back_off(self, attempt: int) -> None:
        self._sleep(jittered(attempt))


def jittered(attempt: int) -> float:
    """Seconds to wait after a try that met others, the first one being number 0."""
    return random.uniform(0, min(0.4, 0.02 * 2**attempt))  # noqa: S311 - jitter


_CONTENTION: Final = {
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}


def _raise_unless_contended(error: ClientError, writes: Sequence[Write]) -> None:
    """Raises what the first refused write says; returns if only contention stood in the way."""
    response: Any = error.response
    reasons = response.get("CancellationReasons", [])
    for write, reason in zip(writes, reasons, strict=False):
        if reason.get("Code") == "ConditionalCheckFailed":
            raise write.refused(_old_item(reason)) from error
    codes = {reason.get("Code", "None") for reason in reasons} - {"None"}
    if not codes or not codes <= _CONTENTION:
        raise error


def _old_item(answer: Any) -> Item | None:
    return from_attributes(answer["Item"]) if answer.get("Item") else None


def _query(rows: Rows, limit: int | None) -> dict[str, Any]:
    own = rows.index or ""
    condition, names, values = "#p = :p", {"#p": f"{own}PK"}, {":p": rows.partition}
    if rows.prefix:
        condition += " AND begins_with(#s, :s)"
        names["#s"], values[":s"] = f"{own}SK", rows.prefix
    return {
        "TableName": rows.table,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_attributes(values),
        "ScanIndexForward": not rows.descending,
        **({"IndexName": rows.index} if rows.index else {"ConsistentRead": True}),
        **({"Limit": limit} if limit else {}),
    }


def _key(key: Key) -> dict[str, Any]:
    return {"PK": {"S": key.PK}, "SK": {"S": key.SK}}


def _by_key(items: Iterable[Mapping[str, Any]]) -> dict[Key, Item]:
    plain = (from_attributes(item) for item in items)
    return {Key(item["PK"], item["SK"]): item for item in plain}


def _action(write: Write) -> dict[str, dict[str, Any]]:
    """The write as an entry of `TransactItems`; a single write takes the same fields."""
    request: dict[str, Any] = {"TableName": write.table}
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    if write.kind == "put":
        request["Item"] = _key(write.key) | to_attributes(write.item)
    else:
        request["Key"] = _key(write.key)
    if write.kind == "update":
        request["UpdateExpression"] = _update_expression(write, names, values)
    if write.condition is not None:
        built = ConditionExpressionBuilder().build_expression(write.condition)
        request["ConditionExpression"] = built.condition_expression
        names |= built.attribute_name_placeholders
        values |= built.attribute_value_placeholders
        request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if names:
        request["ExpressionAttributeNames"] = names
    if values:
        request["ExpressionAttributeValues"] = to_attributes(values)
    action = {"put": "Put", "update": "Update", "check": "ConditionCheck", "delete": "Delete"}
    return {action[write.kind]: request}


def _update_expression(write: Write, names: dict[str, str], values: dict[str, Any]) -> str:
    def named(attribute: str) -> str:
        placeholders = []
        for part in attribute.split("."):
            placeholder = f"#u{len(names)}"
            names[placeholder] = part
            placeholders.append(placeholder)
        return ".".join(placeholders)

    def valued(value: Any) -> str:
        placeholder = f":u{len(values)}"
        values[placeholder] = value
        return placeholder

    clauses = {
        "SET": [f"{named(name)} = {valued(value)}" for name, value in write.changes.items()],
        "ADD": [f"{named(name)} {valued(value)}" for name, value in write.increments.items()],
        "REMOVE": [named(name) for name in write.removals],
    }
    return " ".join(f"{verb} {', '.join(parts)}" for verb, parts in clauses.items() if parts)
