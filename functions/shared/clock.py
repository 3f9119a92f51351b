"""Time. Items hold it as whole milliseconds since the epoch, which is small and sorts."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Clock = Callable[[], datetime]
"""Gives the present moment, in UTC."""


def utc_now() -> datetime:
    """The present moment, in UTC and whole milliseconds: what is stored is what is shown."""
    return from_millis(to_millis(datetime.now(UTC)))


def milliseconds_between(began: datetime, ended: datetime) -> int:
    """How long something took. Two clocks may disagree: never less than nothing."""
    return max(to_millis(ended) - to_millis(began), 0)


def to_millis(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_millis(millis: int) -> datetime:
    """The moment, in UTC."""
    return _EPOCH + timedelta(milliseconds=millis)
