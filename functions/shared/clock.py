"""Time. Items hold it as whole milliseconds since the epoch, which is small and sorts."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment, in UTC."""


def utc_now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def to_millis(moment: datetime) -> int:
    """Milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)


def from_millis(millis: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(millis / 1000, UTC)
