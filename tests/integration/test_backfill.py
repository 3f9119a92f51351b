"""A back-fill beside a shop that goes on: killed, resumed, overtaken."""

import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from boto3.dynamodb.conditions import Attr

from contracts.item_format import ItemFormat
from functions.shared.dynamodb import DynamoDatabase, Rows, to_attributes
from functions.shared.writes import Item, Key, Write
from scripts.kit.accounts import scan
from scripts.kit.backfill import PASSES, Backfill, Position, Work, in_current_format, read_position
from scripts.kit.migrations import MIGRATIONS, work
from scripts.local.services import ROOT
from scripts.ops.migrate import migrate, show_all
from tests.support.emulator import Emulator, wait_until
from tests.support.stages import bare_stage
from tests.support.tables import create_table

Output = pytest.CaptureFixture[str]
FAST = 100_000
THINGS = 40
NAMED = ItemFormat(
    2, lambda old: {**{k: x for k, x in old.items() if k != "first"}, "name": old["first"]}
)
"""The form of this file's items: what was `first` is `name`."""

SLOWLY = """
import sys, boto3
from tests.integration.test_backfill import things_work, Backfill
client = boto3.client("dynamodb", endpoint_url=sys.argv[1], region_name="us-east-1",
                      aws_access_key_id="local", aws_secret_access_key="local")
Backfill(client, things_work(sys.argv[2]), rate=10).run()
"""
"""A run of its own process: ten items, a save, a second's pause."""


def things_work(table: str) -> Work:
    """What is to be rewritten of a table of this file."""
    return work("things", table, Attr("SK").eq("THING"), NAMED)


class Table:
    """A table of things of the first format, and of others."""

    def __init__(self, emulator: Emulator) -> None:
        self.name = f"things-{uuid4().hex[:8]}"
        self.client = emulator.client("dynamodb")
        create_table(self.client, self.name)
        self.database = DynamoDatabase(lambda: self.client)
        for start in range(0, THINGS, 10):
            puts = [each for number in range(start, start + 10) for each in self._new(number)]
            self.client.batch_write_item(RequestItems={self.name: puts})

    def _new(self, number: int) -> list[Any]:
        """A thing of the first format, and something else, as a batch takes them."""
        thing = {**self.key(number)._asdict(), "first": f"thing {number}", "n": 0}
        other = {"PK": f"OTHER#{number:03d}", "SK": "OTHER", "first": "x"}
        return [{"PutRequest": {"Item": to_attributes(item)}} for item in (thing, other)]

    def put(self, number: int, n: int = 0) -> None:
        """Somebody of the release before writes a thing."""
        item = {"first": f"thing {number}", "n": n}
        self.database.write(Write(self.name, self.key(number), "put", item=item))

    @staticmethod
    def key(number: int) -> Key:
        """Of a thing."""
        return Key(f"THING#{number:03d}", "THING")

    def thing(self, number: int) -> Item:
        """As it is stored."""
        key = self.key(number)
        return self.database.read({self.name: [key]})[self.name][key]

    def things(self) -> list[Item]:
        """All of them."""
        keys = [self.key(number) for number in range(THINGS)]
        return list(self.database.read({self.name: keys})[self.name].values())

    def run(self, todo: Work | None = None) -> Position:
        """A run to its end."""
        return Backfill(self.client, todo or things_work(self.name), rate=FAST).run()

    def position(self) -> Position:
        """How far it is."""
        return read_position(self.database, self.name, "things")

    def other(self) -> Item:
        """What is none of the things."""
        return self.database.query(Rows(self.name, "OTHER#000")).items[0]


@pytest.fixture
def table(emulator: Emulator) -> Table:
    return Table(emulator)


def test_all_items_are_rewritten_and_a_pass_proves_it(table: Table) -> None:
    before = table.other()
    done = table.run()
    assert done.done is not None
    assert (done.passed, done.total, done.rewritten) == (1, THINGS, 0)
    assert done.read == 2 * THINGS + 1, "the position is an item too"
    assert [thing["name"] for thing in table.things()] == [f"thing {n}" for n in range(THINGS)]
    assert {thing["v"] for thing in table.things()} == {2}
    assert not any("first" in thing for thing in table.things())
    assert table.other() == before


def test_a_run_of_what_is_done_changes_nothing(table: Table) -> None:
    table.run()
    again = table.run()
    assert (again.passed, again.total) == (0, 0)
    assert again.done


def test_a_killed_run_goes_on_where_it_was(table: Table, emulator: Emulator) -> None:
    command = [sys.executable, "-c", SLOWLY, emulator.url, table.name]
    with subprocess.Popen(command, cwd=ROOT) as process:
        try:
            wait_until(lambda: table.position().after, "a position")
        finally:
            process.kill()
    stopped = table.position()
    assert stopped.after is not None
    assert 0 < stopped.read < 2 * THINGS
    starts: list[Any] = []
    scan: Callable[..., Any] = table.client.scan

    def noted(**request: Any) -> Any:
        starts.append(request.get("ExclusiveStartKey"))
        return scan(**request)

    table.client.scan = noted
    done = table.run()
    assert starts[0] == {"PK": {"S": stopped.after.PK}, "SK": {"S": stopped.after.SK}}
    assert done.done is not None
    assert stopped.total <= done.total <= THINGS
    assert {thing["v"] for thing in table.things()} == {2}


def test_no_more_is_read_a_second_than_was_asked_for(table: Table) -> None:
    pauses: list[float] = []
    todo = things_work(table.name)
    paced = Backfill(table.client, todo, rate=10, sleep=pauses.append, monotonic=lambda: 0.0)
    done = paced.run()
    assert done.done
    assert max(pauses) == 1.0, "ten items, a second"
    assert sum(pauses) >= done.read / 10


def overtaken_by(table: Table, other: Callable[[], object]) -> Work:
    """The work, with somebody who writes after the first item was read."""
    others = [other]

    def rewrite(item: Item) -> Write:
        while others:
            others.pop()()
        return in_current_format(table.name, item, NAMED)

    todo = things_work(table.name)
    return Work(todo.name, todo.table, todo.which, rewrite)


def test_who_writes_the_new_format_meanwhile_wins(table: Table) -> None:
    newer = {"name": "newer", "n": 7, "v": 2}
    done = table.run(
        overtaken_by(
            table,
            lambda: (
                table.database.write(Write(table.name, table.key(0), "put", item=newer)) and None
            ),
        )
    )
    assert done.done
    assert table.thing(0) == {**table.key(0)._asdict(), **newer}


def test_who_writes_the_old_format_meanwhile_is_rewritten_by_the_next_pass(table: Table) -> None:
    done = table.run(overtaken_by(table, lambda: table.put(0, n=7)))
    assert (done.passed, done.total) == (2, THINGS)
    assert (table.thing(0)["name"], table.thing(0)["n"], table.thing(0)["v"]) == ("thing 0", 7, 2)


def test_what_was_deleted_meanwhile_is_not_brought_back(table: Table) -> None:
    table.run(
        overtaken_by(
            table,
            lambda: table.database.write(Write(table.name, table.key(0), "delete")),
        )
    )
    assert len(table.things()) == THINGS - 1


def test_no_write_of_a_busy_shop_is_lost(table: Table) -> None:
    writers, each = 4, 50

    def write(first: int) -> None:
        for step in range(each):
            number = (first + step) % THINGS
            table.database.write(
                Write(table.name, table.key(number), "update", increments={"n": 1})
            )

    threads = [threading.Thread(target=write, args=(n * 3,)) for n in range(writers)]
    for thread in threads:
        thread.start()
    done = table.run()
    for thread in threads:
        thread.join()
    assert done.done
    assert sum(thing["n"] for thing in table.things()) == writers * each
    assert {thing["v"] for thing in table.things()} == {2}


def test_a_release_that_keeps_writing_the_old_format_is_noticed(table: Table) -> None:
    def rewrite(item: Item) -> Write:
        table.put(THINGS - 1 if item["PK"] != table.key(THINGS - 1).PK else 0)
        return in_current_format(table.name, item, NAMED)

    todo = things_work(table.name)
    stuck = table.run(Work(todo.name, todo.table, todo.which, rewrite))
    assert (stuck.done, stuck.passed) == (None, PASSES)
    assert table.run().done, "once it is gone, a run begins anew"


def test_the_shops_migrations_by_the_command(emulator: Emulator, capsys: Output) -> None:
    name = f"catalog-{uuid4().hex[:8]}"
    client = emulator.client("dynamodb")
    create_table(client, name, "GSI1", projection="ALL")
    database = DynamoDatabase(lambda: client)
    review = {"reviewId": "r", "stars": 5, "text": "x", "verified": False, "createdAt": 1}
    for number in range(3):
        key = Key("PRODUCT#mug", f"REVIEWER#customer-{number}")
        database.write(Write(name, key, "put", item=review))
    stage = bare_stage(emulator.url, "commerce-migrate", {"catalog": name})
    assert show_all(stage) == 0
    shown = capsys.readouterr().out
    assert "not begun" in shown
    assert "so that it can be erased" in shown
    assert migrate(stage, MIGRATIONS["reviewers"], FAST) == 0
    assert capsys.readouterr().out == (
        "reviewers: 3 items rewritten; 0 of 4 items read are of an earlier format\n"
    )
    found = database.query(Rows(name, "REVIEWER#customer-1", index="GSI1")).items
    assert [item["reviewId"] for item in found] == ["r"]
    assert show_all(stage) == 0
    assert "done 2" in capsys.readouterr().out
    assert list(scan(client, name)) == [], "the position is no order, no product, no stock"
