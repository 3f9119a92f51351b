"""Goes through a whole table, page by page, and rewrites what is not as it should be.

It keeps its position in the table itself: killed at any place, it goes on where it was, from any
machine. It goes through the table again until a whole pass has found nothing to rewrite, which is
the proof that nothing is left. It never overwrites what others write meanwhile.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import and_
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase, ConditionExpressionBuilder

from contracts.item_format import ItemFormat
from functions.shared.clock import from_millis, to_millis, utc_now
from functions.shared.dynamodb import DynamoDatabase, from_attributes, to_attributes
from functions.shared.writes import Item, Key, Write
from scripts.kit.progress import Tell

PAGE: Final = 200
"""Items that are read between two saves of the position, at most."""
PASSES: Final = 5
"""Passes that find something: so many mean that somebody still writes the old form."""


class Moved(Exception):
    """The item is no longer as it was read: somebody else was faster."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be rewritten.

    Attributes:
        name: of its position in the table.
        which: the items, by a condition that no rewritten one meets.
        rewrite: the write of one such item, on the condition that it is as it was read.
        overtaken: what that write raises where it is not.
    """

    name: str
    table: str
    which: ConditionBase
    rewrite: Callable[[Item], Write]
    overtaken: type[Exception] = Moved


@dataclass(frozen=True, slots=True)
class Position:
    """How far a back-fill is.

    Attributes:
        passed: whole passes that have found something.
        after: key of the item that was read last in this pass.
        read, rewritten, overtaken: items of this pass.
        total: items rewritten by all passes.
        done: when a whole pass had found nothing, UTC.
    """

    passed: int = 0
    after: Key | None = None
    read: int = 0
    rewritten: int = 0
    overtaken: int = 0
    total: int = 0
    done: datetime | None = None


class Backfill:
    """One back-fill of one table.

    Args:
        client: of DynamoDB.
        rate: items that are read a second, at most.
        show: told how far it is.
    """

    def __init__(
        self,
        client: Any,
        work: Work,
        *,
        rate: int,
        show: Tell = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._database = DynamoDatabase(lambda: client)
        self._work = work
        self._rate = rate
        self._show = show
        self._sleep = sleep
        self._monotonic = monotonic

    def run(self) -> Position:
        """Goes on where it was, or begins anew where it was done. Not done after all passes: new
        items of the old form appear all the time.
        """
        position = read_position(self._database, self._work.table, self._work.name)
        if position.done or position.passed >= PASSES:
            position = Position()
        expected = self._expected()
        while not position.done and position.passed < PASSES:
            began = self._monotonic()
            before, position = position.read, self._page(position)
            self._save(position)
            self._show(self._told(position, expected))
            read = max(position.read - before, 0)
            self._sleep(max(0.0, read / self._rate - (self._monotonic() - began)))
        return position

    def _page(self, position: Position) -> Position:
        request: dict[str, Any] = _filter(self._work.which)
        if position.after:
            request["ExclusiveStartKey"] = to_attributes(position.after._asdict())
        answer = self._client.scan(
            TableName=self._work.table,
            Limit=min(PAGE, self._rate),
            ConsistentRead=True,
            **request,
        )
        well = [self._rewritten(from_attributes(item)) for item in answer["Items"]]
        last = answer.get("LastEvaluatedKey")
        position = replace(
            position,
            after=Key(**from_attributes(last)) if last else None,
            read=position.read + answer["ScannedCount"],
            rewritten=position.rewritten + sum(well),
            overtaken=position.overtaken + len(well) - sum(well),
            total=position.total + sum(well),
        )
        if position.after:
            return position
        if position.rewritten or position.overtaken:
            return Position(passed=position.passed + 1, total=position.total)
        return replace(position, done=utc_now())

    def _rewritten(self, item: Item) -> bool:
        try:
            self._database.write(self._work.rewrite(item))
        except self._work.overtaken:
            return False
        return True

    def _save(self, position: Position) -> None:
        item = {
            "passed": position.passed,
            "after": list(position.after) if position.after else None,
            "read": position.read,
            "rewritten": position.rewritten,
            "overtaken": position.overtaken,
            "total": position.total,
            "done": to_millis(position.done) if position.done else None,
        }
        key = _position_key(self._work.name)
        self._database.write(Write(self._work.table, key, "put", item=item))

    def _expected(self) -> int:
        """Items of the table, as it was counted in the last hours."""
        described = self._client.describe_table(TableName=self._work.table)["Table"]
        return int(described.get("ItemCount", 0))

    def _told(self, position: Position, expected: int) -> str:
        part = min(1.0, position.read / expected) if expected else 0.0
        drawn = f"{'#' * int(20 * part):<20}"
        return (
            f"{self._work.name}, pass {position.passed + 1} [{drawn}] {position.read} of about"
            f" {max(expected, position.read)} items read, {position.total} rewritten"
        )


def read_position(database: DynamoDatabase, table: str, name: str) -> Position:
    """Where a back-fill is; at the start, where it never ran."""
    key = _position_key(name)
    item = database.read({table: [key]})[table].get(key)
    if item is None:
        return Position()
    after, done = item.get("after"), item.get("done")
    return Position(
        passed=item["passed"],
        after=Key(*after) if after else None,
        read=item["read"],
        rewritten=item["rewritten"],
        overtaken=item["overtaken"],
        total=item["total"],
        done=from_millis(done) if done is not None else None,
    )


def in_current_format(table: str, item: Item, form: ItemFormat) -> Write:
    """The write that leaves an item in the current format, if it is as it was read to its last
    attribute: whoever writes it meanwhile, in whichever format, wins. Refused with Moved.
    """
    after = form.read(item)
    changes = {name: value for name, value in after.items() if item.get(name) != value}
    as_read: list[ConditionBase] = [
        Attr(name).eq(value) for name, value in item.items() if name not in Key._fields
    ]
    as_read += [Attr(name).not_exists() for name in changes if name not in item]
    return Write(
        table=table,
        key=Key(item["PK"], item["SK"]),
        kind="update",
        changes=changes,
        removals=tuple(name for name in item if name not in after),
        condition=reduce(and_, as_read),
        refused=lambda _: Moved(),
    )


def _position_key(name: str) -> Key:
    return Key(f"BACKFILL#{name}", "POSITION")


def _filter(which: ConditionBase) -> dict[str, Any]:
    built = ConditionExpressionBuilder().build_expression(which)
    values = to_attributes(built.attribute_value_placeholders)
    return {
        "FilterExpression": built.condition_expression,
        "ExpressionAttributeNames": built.attribute_name_placeholders,
        **({"ExpressionAttributeValues": values} if values else {}),
    }
