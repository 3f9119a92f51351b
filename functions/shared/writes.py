"""One action of a DynamoDB transaction, and the error that its refused condition means.

A service offers its change as writes; `checkout` puts the writes of several services into one
transaction. The writes are plain data, so that a test can apply them to a store in memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from boto3.dynamodb.conditions import Attr, ConditionBase

Item = dict[str, Any]
"""An item in Python types: str, int, bool, None, list, dict."""


class Key(NamedTuple):
    """Partition and sort key of an item."""

    PK: str
    SK: str


def absent() -> ConditionBase:
    """The item does not exist."""
    return Attr("PK").not_exists()


def _unconditional(_: Item | None) -> Exception:
    return AssertionError("a write without a condition cannot be refused")


@dataclass(frozen=True, slots=True)
class Write:
    """One action of a transaction.

    Attributes:
        kind: `put` replaces the whole item, `update` changes attributes, `check` only asserts.
        item: all attributes of a `put` but its key.
        changes: attribute → value of an `update`; a dotted name reaches into a map.
        increments: attribute → number that an `update` adds.
        removals: attributes that an `update` takes away.
        condition: what must hold for the item as it is.
        refused: the error to raise when it does not, made from the item as it is (None: absent).
    """

    table: str
    key: Key
    kind: Literal["put", "update", "check", "delete"]
    item: Mapping[str, Any] = field(default_factory=dict)
    changes: Mapping[str, Any] = field(default_factory=dict)
    increments: Mapping[str, int] = field(default_factory=dict)
    removals: tuple[str, ...] = ()
    condition: ConditionBase | None = None
    refused: Callable[[Item | None], Exception] = _unconditional
