"""DynamoDB's published rules of what a read or write is charged.

Sources: "DynamoDB item sizes and formats", "DynamoDB read and write operations" and "Using Global
Secondary Indexes" (storage and write throughput considerations) of the developer guide. Where the
guide is silent, what others have measured against the service
(https://github.com/paritysuite/dynamodb-conformance): a condition that holds adds nothing, a
ConditionCheck costs what a transactional write of the item would, and of a transaction only the
table's part is doubled, not that of its indexes.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

WRITE_STEP: Final = 1024
READ_STEP: Final = 4096
TRANSACTIONAL: Final = 2
_CONTAINER: Final = 3
_ELEMENT: Final = 1

Image = Mapping[str, Any]
"""An item in DynamoDB's JSON."""


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index.

    Attributes:
        projected: what it holds besides the keys; None: the whole item.
    """

    name: str
    partition: str
    sort: str
    projected: frozenset[str] | None

    def image(self, item: Image | None) -> Image | None:
        """The item as the index holds it; None where it has no place in it."""
        if item is None or self.partition not in item or self.sort not in item:
            return None
        if self.projected is None:
            return item
        held = {"PK", "SK", self.partition, self.sort, *self.projected}
        return {name: value for name, value in item.items() if name in held}

    def units(self, before: Image | None, after: Image | None) -> int:
        """Write units that a change of the table's item costs here."""
        old, new = self.image(before), self.image(after)
        if old == new:
            return 0
        if old is None or new is None:
            return _steps(old or new or {}, WRITE_STEP)
        if any(old[key] != new[key] for key in (self.partition, self.sort)):
            return _steps(old, WRITE_STEP) + _steps(new, WRITE_STEP)
        return max(_steps(old, WRITE_STEP), _steps(new, WRITE_STEP))


def item_size(item: Image) -> int:
    """Bytes of an item: names and values."""
    return sum(len(name.encode()) + _value_size(value) for name, value in item.items())


def _value_size(attribute: Mapping[str, Any]) -> int:
    ((kind, value),) = attribute.items()
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return math.ceil(_significant(value) / 2) + 1
        case "BOOL" | "NULL":
            return 1
        case "M":
            return _CONTAINER + item_size(value) + _ELEMENT * len(value)
        case "L":
            return _CONTAINER + sum(_value_size(one) + _ELEMENT for one in value)
    raise TypeError(f"no rule for attributes of type {kind}")


def _significant(number: str) -> int:
    """Digits, without leading and trailing zeroes."""
    digits = number.lstrip("-").replace(".", "").strip("0")
    return len(digits)


def write_units(before: Image | None, after: Image | None, *, transactional: bool) -> int:
    """Of a put, update, delete or check: by the larger of the item before and after."""
    steps = max(_steps(image, WRITE_STEP) for image in (before or {}, after or {}))
    return steps * (TRANSACTIONAL if transactional else 1)


def read_units(item: Image | None, *, consistent: bool, transactional: bool = False) -> float:
    """Of one item read by its key; one that does not exist costs as the smallest."""
    steps = _steps(item or {}, READ_STEP)
    if transactional:
        return steps * TRANSACTIONAL
    return steps if consistent else steps / 2


def _steps(item: Image, step: int) -> int:
    return max(1, math.ceil(item_size(item) / step))
