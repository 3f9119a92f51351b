"""The contract of `Database`, held by the store in memory, by moto, and by the embedded cloud: as
it is, and behind the proxy that refuses overlapping writes as DynamoDB does.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.shared.dynamodb import Database, DynamoDatabase, Rows
from functions.shared.writes import Item, Key, Write, absent
from tests.support.emulator import Emulator
from tests.support.memory import MemoryDatabase
from tests.support.tables import create_table

TABLE = "contract"


class Refused(Exception):
    """Carries the item as it was."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("refused")
        self.item = item


ENGINES = ("memory", "moto", "emulator", "conflict proxy")
FAITHFUL = ("memory", "emulator", "conflict proxy")
"""moto counts neither actions nor keys."""


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Iterator[Database]:
    if request.param == "memory":
        yield MemoryDatabase()
    elif request.param == "moto":
        with mock_aws():
            client = boto3.client("dynamodb")
            create_table(client, TABLE, "GSI1")
            yield DynamoDatabase(lambda: client)
    else:
        emulator: Emulator = request.getfixturevalue("emulator")
        client = emulator.client("dynamodb")
        if TABLE not in client.list_tables()["TableNames"]:
            create_table(client, TABLE, "GSI1")
        if request.param == "emulator":
            yield DynamoDatabase(lambda: client)
        else:
            proxied = request.getfixturevalue("conflicting")
            yield DynamoDatabase(lambda: proxied)


@pytest.fixture
def key() -> Key:
    return Key(f"A#{uuid4()}", "METADATA")


def put(key: Key, **item: Any) -> Write:
    return Write(TABLE, key, "put", item=item)


def stored(database: Database, key: Key) -> Item | None:
    return database.read({TABLE: [key]})[TABLE].get(key)


def test_item_comes_back_as_it_went_in(database: Database, key: Key) -> None:
    item: dict[str, Any] = {"n": 3, "text": "x", "yes": True, "list": [1, {"a": "b"}], "map": {}}
    database.write(put(key, **item))
    assert stored(database, key) == {**key._asdict(), **item}


def test_absent_item_is_left_out(database: Database, key: Key) -> None:
    assert database.read({TABLE: [key]}) == {TABLE: {}}
    assert database.read({TABLE: []}) == {TABLE: {}}
    assert database.read_together(TABLE, [key]) == {}


def test_put_only_if_absent(database: Database, key: Key) -> None:
    first = Write(TABLE, key, "put", item={"n": 1}, condition=absent(), refused=Refused)
    database.write(first)
    with pytest.raises(Refused) as refused:
        database.write(first)
    assert refused.value.item == {**key._asdict(), "n": 1}


def test_update_sets_nested_adds_and_removes(database: Database, key: Key) -> None:
    database.write(put(key, steps={"a": 1}, n=1, old="x"))
    update = Write(
        TABLE, key, "update", changes={"steps.b": 2}, increments={"n": 4, "m": 1}, removals=("old",)
    )
    after = database.write(update)
    assert after == {**key._asdict(), "steps": {"a": 1, "b": 2}, "n": 5, "m": 1}
    assert stored(database, key) == after


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Attr("n").gte(2), True),
        (Attr("n").gte(3), False),
        (Attr("missing").gte(0), False),
        (Attr("state").is_in(["A", "B"]), True),
        (Attr("state").is_in(["C"]), False),
        (Attr("missing").is_in(["A"]), False),
        (Attr("state").eq("A") & Attr("n").eq(2), True),
        (Attr("state").eq("A") & Attr("n").eq(1), False),
        (Attr("state").exists(), True),
        (Attr("state").not_exists(), False),
    ],
)
def test_conditions(database: Database, key: Key, condition: Any, holds: bool) -> None:
    database.write(put(key, n=2, state="A"))
    update = Write(TABLE, key, "update", changes={"n": 9}, condition=condition, refused=Refused)
    if holds:
        database.write(update)
    else:
        with pytest.raises(Refused):
            database.write(update)
    after = stored(database, key)
    assert after is not None
    assert after["n"] == (9 if holds else 2)


def test_condition_on_an_absent_item_is_refused_without_one(database: Database, key: Key) -> None:
    condition = Attr("state").eq("A")
    update = Write(TABLE, key, "update", changes={"n": 1}, condition=condition, refused=Refused)
    with pytest.raises(Refused) as refused:
        database.transact([update])
    assert refused.value.item is None
    assert stored(database, key) is None


def test_transaction_does_all_or_nothing(database: Database, key: Key) -> None:
    other, third = Key(key.PK, "OTHER"), Key(key.PK, "THIRD")
    check = Write(TABLE, key, "check", condition=Attr("n").eq(1), refused=Refused)
    writes = [check, put(other, n=1), put(third, n=1)]
    with pytest.raises(Refused):
        database.transact(writes)
    assert stored(database, other) is None
    database.write(put(key, n=1))
    database.transact(writes)
    assert database.read_together(TABLE, [other, third]).keys() == {other, third}


def test_first_refused_write_is_the_one_that_is_told(database: Database, key: Key) -> None:
    class Second(Refused):
        """Another refusal."""

    other = Key(key.PK, "OTHER")
    database.write(put(key, n=5))
    writes = [
        put(Key(key.PK, "THIRD"), n=1),
        Write(TABLE, key, "check", condition=Attr("n").eq(1), refused=Refused),
        Write(TABLE, other, "check", condition=Attr("n").eq(1), refused=Second),
    ]
    with pytest.raises(Refused) as refused:
        database.transact(writes)
    assert type(refused.value) is Refused
    assert refused.value.item == {**key._asdict(), "n": 5}


def test_conditional_delete(database: Database, key: Key) -> None:
    database.write(put(key, state="A"))
    condition = Attr("state").eq("A")
    delete = Write(TABLE, key, "delete", condition=condition, refused=Refused)
    database.write(delete)
    assert stored(database, key) is None
    with pytest.raises(Refused):
        database.write(delete)


def _listed(database: Database, rows: Rows, limit: int | None) -> list[str]:
    """The sort keys, read page by page."""
    names: list[str] = []
    after = None
    while True:
        page = database.query(rows, limit=limit, after=after)
        names += [item["SK"] for item in page.items]
        after = page.next_key
        if after is None:
            return names


@pytest.mark.parametrize("limit", [None, 1, 2, 3, 4])
@pytest.mark.parametrize("index", [None, "GSI1"])
def test_listing_holds_each_item_of_the_prefix_once(
    database: Database, key: Key, index: str | None, limit: int | None
) -> None:
    for name in ("B#2", "A#9", "B#1", "C#0", "B#3"):
        item = {"GSI1PK": f"L#{key.PK}", "GSI1SK": name}
        database.write(put(Key(key.PK, name), **item))
    rows = Rows(TABLE, f"L#{key.PK}" if index else key.PK, "B#", index)
    assert _listed(database, rows, limit) == ["B#1", "B#2", "B#3"]
    assert _listed(database, replace(rows, descending=True), limit) == ["B#3", "B#2", "B#1"]
    assert len(_listed(database, replace(rows, prefix=""), limit)) == 5


def test_all_items_are_listed_though_they_fill_more_than_one_answer(
    database: Database, key: Key
) -> None:
    for n in range(5):
        database.write(put(Key(key.PK, f"{n}"), text="x" * 300_000))
    assert len(database.query(Rows(TABLE, key.PK)).items) == 5


def test_update_and_increments_make_an_absent_item(database: Database, key: Key) -> None:
    after = database.write(Write(TABLE, key, "update", changes={"a": 1}, increments={"n": 2}))
    assert after == {**key._asdict(), "a": 1, "n": 2}
    other = Key(key.PK, "OTHER")
    database.transact([Write(TABLE, other, "update", increments={"n": 0})])
    assert stored(database, other) == {**other._asdict(), "n": 0}


def test_removing_what_is_absent_changes_nothing(database: Database, key: Key) -> None:
    database.write(put(key, n=1))
    database.write(Write(TABLE, key, "update", changes={"n": 2}, removals=("missing",)))
    assert stored(database, key) == {**key._asdict(), "n": 2}


def test_a_put_replaces_the_whole_item(database: Database, key: Key) -> None:
    database.write(put(key, n=1, old="x"))
    assert database.write(put(key, n=2)) == {}
    assert stored(database, key) == {**key._asdict(), "n": 2}


def test_conditions_see_the_items_as_they_were_before_the_transaction(
    database: Database, key: Key
) -> None:
    other = Key(key.PK, "OTHER")
    database.write(put(key, n=1))
    unless_there = Write(TABLE, other, "check", condition=absent(), refused=Refused)
    database.transact([Write(TABLE, key, "update", increments={"n": 1}), unless_there])
    assert stored(database, other) is None
    with pytest.raises(Refused):
        database.transact(
            [put(other, n=1), Write(TABLE, key, "check", condition=absent(), refused=Refused)]
        )
    assert stored(database, other) is None


def test_a_refusal_later_in_a_transaction_undoes_what_came_before(
    database: Database, key: Key
) -> None:
    database.write(put(key, n=1))
    update = Write(TABLE, key, "update", increments={"n": 5})
    never = Write(TABLE, Key(key.PK, "NEVER"), "check", condition=Attr("n").gte(1), refused=Refused)
    with pytest.raises(Refused) as refused:
        database.transact([update, never])
    assert refused.value.item is None
    assert stored(database, key) == {**key._asdict(), "n": 1}


REFUSED_BY_THE_SERVICE = (ClientError, AssertionError, KeyError)


@pytest.mark.parametrize("database", FAITHFUL, indirect=True)
def test_a_transaction_takes_100_actions_and_no_more(database: Database, key: Key) -> None:
    writes = [put(Key(key.PK, f"{number:03d}"), n=number) for number in range(101)]
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.transact(writes)
    assert stored(database, writes[0].key) is None
    database.transact(writes[:100])
    keys = [write.key for write in writes[:100]]
    assert len(database.read_together(TABLE, keys)) == 100
    assert len(database.read({TABLE: keys})[TABLE]) == 100
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.read_together(TABLE, [write.key for write in writes])
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.read({TABLE: [write.key for write in writes]})


@pytest.mark.parametrize("database", FAITHFUL, indirect=True)
def test_a_transaction_names_an_item_once(database: Database, key: Key) -> None:
    check = Write(TABLE, key, "check", condition=absent(), refused=Refused)
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.transact([check, put(key, n=1)])
    assert stored(database, key) is None
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.read({TABLE: [key, key]})


@pytest.mark.parametrize("database", FAITHFUL, indirect=True)
def test_a_path_into_a_map_that_is_not_there_is_refused_with_the_whole_transaction(
    database: Database, key: Key
) -> None:
    other = Key(key.PK, "OTHER")
    update = Write(TABLE, key, "update", changes={"steps.a": 1})
    with pytest.raises(REFUSED_BY_THE_SERVICE):
        database.transact([put(other, n=1), update])
    assert stored(database, other) is None
    assert stored(database, key) is None


def test_what_is_due_comes_in_order_and_up_to_the_time(database: Database, key: Key) -> None:
    for name in ("3", "1", "2"):
        item = {"GSI1PK": f"D#{key.PK}", "GSI1SK": name}
        database.write(put(Key(key.PK, f"ITEM-{name}"), **item))
    due = database.due(TABLE, "GSI1", f"D#{key.PK}", "2", 10)
    assert [each.SK for each in due] == ["ITEM-1", "ITEM-2"]
    assert len(database.due(TABLE, "GSI1", f"D#{key.PK}", "3", 2)) == 2
    database.write(Write(TABLE, due[0], "update", removals=("GSI1PK", "GSI1SK")))
    assert database.due(TABLE, "GSI1", f"D#{key.PK}", "2", 10) == [due[1]]
