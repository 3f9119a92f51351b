"""A `Database` in memory with DynamoDB's semantics: conditional writes, transactions, all or none.

It evaluates the same condition objects that the real adapter renders. A contract test holds it
against a real engine (`tests/integration/test_database.py`).
"""

import copy
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.conditions import ConditionBase

from functions.shared.dynamodb import ItemPage, Rows, from_attributes, to_attributes
from functions.shared.writes import Item, Key, Write


class MemoryDatabase:
    """Tables in memory. `tables[table][key]` is an item without its key attributes."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[Key, Item]] = {}
        self._lock = threading.Lock()

    def put(self, table: str, key: Key, item: Mapping[str, Any]) -> None:
        """Stores an item, as a test's starting point."""
        self.tables.setdefault(table, {})[key] = dict(item)

    def item(self, table: str, key: Key) -> Item | None:
        """The item as it is, with its key."""
        stored = self.tables.get(table, {}).get(key)
        if stored is None:
            return None
        return from_attributes(to_attributes({**key._asdict(), **copy.deepcopy(stored)}))

    def read(self, keys: Mapping[str, Sequence[Key]]) -> dict[str, dict[Key, Item]]:
        """See `Database.read`."""
        assert sum(map(len, keys.values())) <= 100
        for of_table in keys.values():
            assert len(set(of_table)) == len(of_table), "a BatchGetItem refuses repeated keys"
        with self._lock:
            return {table: self._items(table, of_table) for table, of_table in keys.items()}

    def read_together(self, table: str, keys: Sequence[Key]) -> dict[Key, Item]:
        """See `Database.read_together`."""
        assert 1 <= len(keys) <= 100
        with self._lock:
            return self._items(table, keys)

    def query(
        self, rows: Rows, *, limit: int | None = None, after: Mapping[str, str] | None = None
    ) -> ItemPage:
        """See `Database.query`."""
        own = rows.index or ""
        with self._lock:
            stored = [self.item(rows.table, key) for key in self.tables.get(rows.table, {})]
        wanted = (item for item in stored if item and item.get(f"{own}PK") == rows.partition)
        found = sorted(
            (item for item in wanted if item[f"{own}SK"].startswith(rows.prefix)),
            key=lambda item: (item[f"{own}SK"], item["PK"], item["SK"]),
            reverse=rows.descending,
        )
        if after is not None:
            found = [item for item in found if _beyond(item, after, own, rows.descending)]
        if limit is None or len(found) < limit:  # DynamoDB looks no further than the limit
            return ItemPage(tuple(found), None)
        names = dict.fromkeys(["PK", "SK", f"{own}PK", f"{own}SK"])
        last = found[limit - 1]
        return ItemPage(tuple(found[:limit]), {name: last[name] for name in names})

    def due(self, table: str, index: str, partition: str, until: str, limit: int) -> list[Key]:
        """See `Database.due`."""
        rows = sorted(
            (item[f"{index}SK"], key)
            for key, item in self.tables.get(table, {}).items()
            if item.get(f"{index}PK") == partition and item[f"{index}SK"] <= until
        )
        return [key for _, key in rows[:limit]]

    def write(self, write: Write) -> Item:
        """See `Database.write`."""
        with self._lock:
            self._do([write])
            return (self.item(write.table, write.key) or {}) if write.kind == "update" else {}

    def transact(self, writes: Sequence[Write]) -> None:
        """See `Database.transact`."""
        targets = [(write.table, write.key) for write in writes]
        assert len(set(targets)) == len(targets) <= 100, "one action an item, 100 a transaction"
        with self._lock:
            self._do(writes)

    def _items(self, table: str, keys: Sequence[Key]) -> dict[Key, Item]:
        found = {key: self.item(table, key) for key in keys}
        return {key: item for key, item in found.items() if item is not None}

    def _do(self, writes: Sequence[Write]) -> None:
        """Judges all, then makes all, then stores all: whatever is raised, nothing was changed."""
        for write in writes:
            item = self.item(write.table, write.key)
            if write.condition is not None and not holds(write.condition, item or {}):
                raise write.refused(item)
        made = [self._made(write) for write in writes]
        for write, item in zip(writes, made, strict=True):
            table = self.tables.setdefault(write.table, {})
            if item is None:
                table.pop(write.key, None)
            else:
                table[write.key] = item

    def _made(self, write: Write) -> Item | None:
        """The item after a write, without its key attributes."""
        if write.kind == "put":
            return copy.deepcopy(dict(write.item))
        if write.kind == "delete":
            return None
        before = self.tables.get(write.table, {}).get(write.key)
        if write.kind == "check":
            return before
        item = copy.deepcopy(before) if before is not None else {}
        for name, value in write.changes.items():
            target, leaf = _parent(item, name)
            target[leaf] = copy.deepcopy(value)
        for name, number in write.increments.items():
            item[name] = item.get(name, 0) + number
        for name in write.removals:
            item.pop(name, None)
        return item


def _beyond(item: Item, after: Mapping[str, str], index: str, descending: bool) -> bool:
    names = (f"{index}SK", "PK", "SK")
    place, start = (tuple(source[name] for name in names) for source in (item, after))
    return place < start if descending else place > start


def _parent(item: Item, path: str) -> tuple[Item, str]:
    *parents, leaf = path.split(".")
    for name in parents:
        item = item[name]
    return item, leaf


def holds(condition: ConditionBase, item: Item) -> bool:
    """Whether a condition of the kinds that the services use holds for an item."""
    expression = condition.get_expression()
    operator, values = expression["operator"], expression["values"]
    if operator == "AND":
        return all(holds(value, item) for value in values)
    if operator == "OR":
        return any(holds(value, item) for value in values)
    name = values[0].name
    if operator == "attribute_exists":
        return name in item
    if operator == "attribute_not_exists":
        return name not in item
    if name not in item:
        return False
    actual, wanted = item[name], values[1]
    if operator == "=":
        return bool(actual == wanted)
    if operator == "IN":
        return bool(actual in wanted)
    if operator == "<=":
        return bool(actual <= wanted)
    if operator == ">=":
        return bool(actual >= wanted)
    raise AssertionError(f"no service uses the operator {operator}")
