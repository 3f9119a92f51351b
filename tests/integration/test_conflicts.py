"""What overlapping writes are told, and what the database makes of it."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

from functions.shared.dynamodb import ATTEMPTS, Database, DynamoDatabase, Rows
from functions.shared.errors import Contended
from functions.shared.writes import Key, Write
from tests.support.conflict_proxy import ConflictProxy, Place
from tests.support.emulator import Emulator
from tests.support.tables import create_table

TABLE = "conflicts"
Put = Callable[[Database, Key, int], object]


def place(key: Key) -> Place:
    return TABLE, key.PK, key.SK


def update(key: Key, n: int) -> Write:
    return Write(TABLE, key, "update", changes={"n": n})


def wire(key: Key) -> dict[str, Any]:
    return {"PK": {"S": key.PK}, "SK": {"S": key.SK}}


class Waiting:
    """The waits of a database; while they go on, other writes come to their end."""

    def __init__(self) -> None:
        self.waits = 0
        self.ends: Callable[[], None] = lambda: None

    def __call__(self, _seconds: float) -> None:
        self.waits += 1
        if self.waits == ATTEMPTS // 2:
            self.ends()


@pytest.fixture(scope="module", autouse=True)
def table(emulator: Emulator) -> None:
    create_table(emulator.client("dynamodb"), TABLE)


@pytest.fixture
def held(proxy: ConflictProxy) -> Iterator[Key]:
    """An item that another transaction holds."""
    key = Key(f"A#{uuid4()}", "METADATA")
    assert proxy.items.take_all([place(key)]) == [False]
    yield key
    proxy.items.give_back([place(key)])


def test_a_transaction_is_told_which_of_its_items_is_held(conflicting: Any, held: Key) -> None:
    free = Key(held.PK, "FREE")
    actions = [{"Put": {"TableName": TABLE, "Item": wire(key)}} for key in (free, held)]
    with pytest.raises(conflicting.exceptions.TransactionCanceledException) as refused:
        conflicting.transact_write_items(TransactItems=actions)
    codes = [reason["Code"] for reason in refused.value.response["CancellationReasons"]]
    assert codes == ["None", "TransactionConflict"]
    assert "[None, TransactionConflict]" in refused.value.response["Error"]["Message"]
    assert not conflicting.get_item(TableName=TABLE, Key=wire(free)).get("Item")
    conflicting.put_item(TableName=TABLE, Item=wire(free))  # it holds nothing


def test_a_single_write_conflicts_with_a_transaction(conflicting: Any, held: Key) -> None:
    with pytest.raises(conflicting.exceptions.TransactionConflictException):
        conflicting.put_item(TableName=TABLE, Item=wire(held))
    with pytest.raises(conflicting.exceptions.TransactionConflictException):
        conflicting.delete_item(TableName=TABLE, Key=wire(held))


def test_a_transaction_conflicts_with_a_single_write(
    proxy: ConflictProxy, conflicting: Any
) -> None:
    key = Key(f"A#{uuid4()}", "METADATA")
    assert proxy.items.take(place(key))
    assert proxy.items.take(place(key)), "single writes wait for each other"
    with pytest.raises(conflicting.exceptions.TransactionCanceledException):
        conflicting.transact_write_items(
            TransactItems=[{"Put": {"TableName": TABLE, "Item": wire(key)}}]
        )
    for _ in range(2):
        proxy.items.put_back(place(key))
    conflicting.transact_write_items(
        TransactItems=[{"Put": {"TableName": TABLE, "Item": wire(key)}}]
    )


def test_only_transactional_reads_conflict(conflicting: Any, held: Key) -> None:
    with pytest.raises(conflicting.exceptions.TransactionCanceledException):
        conflicting.transact_get_items(
            TransactItems=[{"Get": {"TableName": TABLE, "Key": wire(held)}}]
        )
    database = DynamoDatabase(lambda: conflicting)
    assert database.read({TABLE: [held]}) == {TABLE: {}}
    assert database.query(Rows(TABLE, held.PK)).items == ()


def test_errors_of_the_engine_come_through(conflicting: Any) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        conflicting.get_item(TableName=TABLE, Key={"PK": {"S": "only half a key"}})


CALLS: dict[str, Put] = {
    "transaction": lambda database, key, n: database.transact([update(key, n)]),
    "single write": lambda database, key, n: database.write(update(key, n)),
    "read of one moment": lambda database, key, _: database.read_together(TABLE, [key]),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_conflict_is_waited_out(
    proxy: ConflictProxy, conflicting: Any, held: Key, call: Put
) -> None:
    waiting = Waiting()
    waiting.ends = lambda: proxy.items.give_back([place(held)])
    call(DynamoDatabase(lambda: conflicting, sleep=waiting), held, 7)
    assert waiting.waits == ATTEMPTS // 2


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_conflict_that_does_not_end_is_contention(conflicting: Any, held: Key, call: Put) -> None:
    waiting = Waiting()
    with pytest.raises(Contended):
        call(DynamoDatabase(lambda: conflicting, sleep=waiting), held, 7)
    assert waiting.waits == ATTEMPTS


def test_a_condition_that_does_not_hold_is_no_conflict(conflicting: Any) -> None:
    class Refused(Exception):
        """The condition's own error."""

    waiting = Waiting()
    database = DynamoDatabase(lambda: conflicting, sleep=waiting)
    key = Key(f"A#{uuid4()}", "METADATA")
    never = Write(TABLE, key, "check", condition=Attr("n").gte(1), refused=lambda _: Refused())
    with pytest.raises(Refused):
        database.transact([never])
    assert waiting.waits == 0
