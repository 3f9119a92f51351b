"""The index of sagas that have not ended: sparse, and sharded by what the saga is about.

An item stands in it, by the time it is due, while its saga is open; the sweeper asks for it.
"""

import zlib
from datetime import datetime
from typing import Final

from functions.shared.clock import to_millis

OPEN_SHARDS: Final = 16
"""Partitions of the index: one takes 1,000 writes a second."""


def open_partitions() -> list[str]:
    """All partitions of the index."""
    return [f"OPEN#{shard:02d}" for shard in range(OPEN_SHARDS)]


def open_partition(subject: str) -> str:
    """The partition in which an order or refund stands, by its id."""
    return open_partitions()[zlib.crc32(subject.encode()) % OPEN_SHARDS]


def due_key(at: datetime) -> str:
    """The sort key of what is due at a time."""
    return f"{to_millis(at):014d}"
