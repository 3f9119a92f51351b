"""Formats of items: a reader takes the current one and the one before, a writer writes the current.

An item type that has never changed its form has no number; the first change makes it format 2. How
a format is changed without stopping anything: docs/adr/0086-item-formats.md.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

FORMAT: Final = "v"
"""The attribute that holds an item's format. Absent: format 1, which costs nothing."""


class UnknownFormat(Exception):
    """An item is neither of the current format nor of the one before."""


def format_of(item: Mapping[str, Any]) -> int:
    """The format that an item is written in."""
    return int(item.get(FORMAT, 1))


@dataclass(frozen=True, slots=True)
class ItemFormat:
    """The last two formats of an item type.

    Attributes:
        current: the format that is written, 2 or more.
        upcast: gives an item of the format before, with its keys, the current form. It reads
            nothing else, so that a reader and the back-fill make the same of it.

    Example:
        >>> PRICE = ItemFormat(2, lambda old: {**old, "currency": "EUR"})
        >>> PRICE.read({"PK": "A", "SK": "B", "price": 5})
        {'PK': 'A', 'SK': 'B', 'price': 5, 'currency': 'EUR', 'v': 2}
    """

    current: int
    upcast: Callable[[Mapping[str, Any]], Mapping[str, Any]]

    def read(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """The item in the current format.

        Raises:
            UnknownFormat: it is of none of the two. Its back-fill was not finished before this
                release, or it was written by a later one.
        """
        found = format_of(item)
        if found == self.current:
            return dict(item)
        if found == self.current - 1:
            return self.written(self.upcast(item))
        raise UnknownFormat(f"{item.get('PK')} {item.get('SK')} is of format {found}")

    def written(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """An item of the current form, with its number."""
        return {**item, FORMAT: self.current}
