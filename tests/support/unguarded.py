"""Guards taken out of the code by a test: conditional writes that are done whatever is stored.

Production code has no switch for it; a test patches the method that makes the write.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from boto3.dynamodb.conditions import Attr

from functions.shared.writes import Write


def unconditional(write: Write) -> Write:
    """The write, whatever the item is like."""
    always = Attr("PK").exists() | Attr("PK").not_exists()
    return replace(write, condition=always if write.kind == "check" else None)


def only(write: Write, *path: int) -> Write:
    """The write with a part of its condition: the way to it, by its place in each AND."""
    condition: Any = write.condition
    for place in path:
        condition = condition.get_expression()["values"][place]
    return replace(write, condition=condition)


def one(method: Any) -> Callable[..., Write]:
    """A method that makes a write, without its condition."""
    return lambda *args, **kwargs: unconditional(method(*args, **kwargs))


def first(method: Any) -> Callable[..., Any]:
    """A method that makes several writes, the first of them without its condition."""

    def without(*args: Any, **kwargs: Any) -> Sequence[Any]:
        guarded, *rest = method(*args, **kwargs)
        return [unconditional(guarded), *rest]

    return without
