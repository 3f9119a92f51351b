"""Counts what the functions ask of AWS, by hooks of the SDK that they call it with."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from contracts import aws_prices as prices
from tests.benchmarks.cost.dynamodb_rules import Image, Index, read_units, write_units

_REFUSALS: Final = frozenset({"ConditionalCheckFailedException", "TransactionCanceledException"})

Address = tuple[str, str, str]
"""Table, partition key, sort key."""


@dataclass(frozen=True, slots=True)
class Change:
    """One item written or checked."""

    address: Address
    action: str


@dataclass
class Meter:
    """What was counted, by (function, …).

    Attributes:
        images: a client that is not counted, to look at the items around a write.
        indexes: by table.
        function: who is calling now.
        calls: by (function, service, operation).
        units: by (function, what): `write`, `index` or `read`.
        actions: by (function, table, action and kind of the item): write units.
        read, written: items by function.
        events: outbox items that were inserted, in order.
        may_refuse: whether a condition may not hold. What is refused is charged as if written.
    """

    images: Any
    indexes: Mapping[str, Sequence[Index]]
    function: str = ""
    calls: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    units: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    published: Counter[str] = field(default_factory=Counter)
    events: list[Image] = field(default_factory=list)
    may_refuse: bool = False

    def attach(self, client: Any) -> None:
        """Counts this client's calls from here on."""
        client.meta.events.register("provide-client-params.*.*", self._before)
        client.meta.events.register("after-call.*.*", self._after)

    def reset(self) -> None:
        """Forgets what was counted."""
        for counter in (self.calls, self.units, self.actions, self.read, self.written):
            counter.clear()
        self.published.clear()
        self.events.clear()

    def _before(self, params: Any, model: Any, context: Any, **_: Any) -> None:
        changes = list(_changes(model.name, params))
        context["bench"] = (params, changes, [self._image(one.address) for one in changes])

    def _after(self, http_response: Any, parsed: Any, model: Any, context: Any, **_: Any) -> None:
        refused = http_response.status_code >= HTTPStatus.MULTIPLE_CHOICES
        if refused and not (self.may_refuse and parsed["Error"]["Code"] in _REFUSALS):
            raise AssertionError(f"{self.function}: {model.name} was refused: {parsed}")
        params, changes, before = context["bench"]
        self.calls[self.function, model.service_model.service_name, model.name] += 1
        if model.service_model.service_name == "dynamodb":
            transactional = model.name.startswith("Transact")
            for change, old in zip(changes, before, strict=True):
                self._count_write(change, old, transactional=transactional)
            if not refused:
                self._count_reads(model.name, params, parsed)
        elif model.name == "PutEvents":
            self.published["events"] += len(params["Entries"])
            self.published["chunks"] += sum(map(_chunks, params["Entries"]))

    def _count_write(self, change: Change, old: Image | None, *, transactional: bool) -> None:
        new = self._image(change.address)
        table, _, sort = change.address
        units = write_units(old, new, transactional=transactional)
        index = sum(one.units(old, new) for one in self.indexes.get(table, ()))
        self.units[self.function, "write"] += units
        self.units[self.function, "index"] += index
        kind = change.address[1].partition("#")[0] + " " + sort.partition("#")[0]
        self.actions[self.function, kind, change.action] += units + index
        self.written[self.function] += 1
        if old is None and new is not None and sort.startswith("EVENT#"):
            self.events.append(new)

    def _count_reads(self, operation: str, params: Any, parsed: Any) -> None:
        match operation:
            case "BatchGetItem":
                for table, asked in params["RequestItems"].items():
                    found = parsed["Responses"].get(table, [])
                    missing = len(asked["Keys"]) - len(found)
                    consistent = asked.get("ConsistentRead", False)
                    self._read([*found, *[None] * missing], consistent=consistent)
            case "TransactGetItems":
                items = [answer.get("Item") for answer in parsed["Responses"]]
                self._read(items, consistent=True, transactional=True)
            case "GetItem":
                consistent = params.get("ConsistentRead", False)
                self._read([parsed.get("Item")], consistent=consistent)
            case "Query" | "Scan":
                raise AssertionError(f"{self.function} searches: {operation} is not counted here")

    def _read(
        self, items: Sequence[Image | None], *, consistent: bool, transactional: bool = False
    ) -> None:
        self.read[self.function] += len(items)
        for item in items:
            units = read_units(item, consistent=consistent, transactional=transactional)
            self.units[self.function, "read"] += units  # type: ignore[assignment]  # a Counter of halves

    def _image(self, address: Address) -> Image | None:
        table, partition, sort = address
        key = {"PK": {"S": partition}, "SK": {"S": sort}}
        answer = self.images.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: Image | None = answer.get("Item")
        return item


def _changes(operation: str, params: Any) -> Iterator[Change]:
    """The items that a call writes or checks."""
    match operation:
        case "TransactWriteItems":
            for entry in params["TransactItems"]:
                ((action, request),) = entry.items()
                yield _change(action, request)
        case "PutItem" | "UpdateItem" | "DeleteItem":
            yield _change(operation.removesuffix("Item"), params)


def _change(action: str, request: Any) -> Change:
    key = request.get("Key") or request["Item"]
    return Change((request["TableName"], key["PK"]["S"], key["SK"]["S"]), action)


def _chunks(entry: Mapping[str, str]) -> int:
    """What one event is charged as."""
    size = sum(len(entry[name].encode()) for name in ("Source", "DetailType", "Detail"))
    return -(-size // prices.EVENT_CHUNK)


def as_json(meter: Meter, orders: int) -> str:
    """Everything counted, per order."""
    return json.dumps(
        {
            "calls": _per_order(meter.calls, orders),
            "units": _per_order(meter.units, orders),
            "actions": _per_order(meter.actions, orders),
            "read": _per_order(meter.read, orders),
            "written": _per_order(meter.written, orders),
            "published": _per_order(meter.published, orders),
        }
    )


def _per_order(counter: Mapping[Any, float], orders: int) -> dict[str, float]:
    return {
        "|".join(key) if isinstance(key, tuple) else key: count / orders
        for key, count in counter.items()
    }
