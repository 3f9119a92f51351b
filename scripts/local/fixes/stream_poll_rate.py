"""A table's stream is read four times a second.

AWS ("Process DynamoDB records with Lambda": polling and batching streams): Lambda polls a shard for
records at a base rate of four times per second, so what is written meanwhile comes in one batch.
MiniStack 1.5.33 reads at once and again as soon as the function has answered: under load nearly
every record is an invocation of its own. Delete when it keeps to the rate.
"""

import time
from typing import Any

from ministack.services import lambda_svc

from scripts.local.fixes.anchors import before, edit

_BETWEEN_READS_SECONDS = 0.25

_next_reads: dict[str, float] = {}
_waiting: set[str] = set()


def is_read_later(source: dict[str, Any]) -> bool:
    """Whether a stream with new records has to wait for its next read; if not, this is one."""
    key, now = source["UUID"], time.monotonic()
    if now < _next_reads.get(key, 0.0):
        _waiting.add(key)
        return True
    _waiting.discard(key)
    _next_reads[key] = now + _BETWEEN_READS_SECONDS
    return False


def pause(idle_seconds: float) -> float:
    """How long the poller may rest, in seconds, if nothing wakes it: no read is missed."""
    due = min((_next_reads[key] for key in _waiting), default=None)
    return idle_seconds if due is None else max(0.0, min(idle_seconds, due - time.monotonic()))


def apply() -> None:
    """Keep each event source of a stream to the rate, and have the poller up when one is due."""
    lambda_svc._stream_is_read_later = is_read_later
    lambda_svc._poll_pause = pause
    edit(
        lambda_svc,
        "_poll_dynamodb_streams",
        before(
            '            batch_size = esm.get("BatchSize", 100)\n',
            "            if pos < end and _stream_is_read_later(esm):",
            "                continue",
        ),
    )
    edit(
        lambda_svc,
        "_poll_loop",
        (
            "_esm_wake.wait(1 if _esms.has_any() else 5)",
            "_esm_wake.wait(_poll_pause(1 if _esms.has_any() else 5))",
        ),
    )
