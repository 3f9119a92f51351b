"""A queue's messages are gathered into one batch, for as long as the event source says at most.

AWS ("Using Lambda with Amazon SQS": polling and batching): with MaximumBatchingWindowInSeconds
Lambda waits until the batch is full or the window is over. MiniStack 1.5.33 ignores the setting and
delivers what it finds at once: under load, batches of one or two. Here a batch waits for as long as
messages keep coming, within the window: whoever waits for a single event has it without delay.
Delete when it keeps to the window.
"""

import time
from dataclasses import dataclass
from typing import Any

from ministack.services import lambda_svc, sqs

from scripts.local.fixes.anchors import before, edit, require

_QUIET_SECONDS = 0.1


@dataclass
class _Gathering:
    since: float
    grown: float
    """When the number of messages last changed, by the monotonic clock."""
    messages: int = 0


_gathering: dict[str, _Gathering] = {}


def is_gathering(source: dict[str, Any], queue: dict[str, Any]) -> bool:
    """Whether a batch of this queue is still to be waited for."""
    window = float(source.get("MaximumBatchingWindowInSeconds") or 0)
    delayed = int(queue["attributes"].get("DelaySeconds") or 0)  # it has waited long enough
    if not window or delayed:
        return False
    due, now = _visible(queue), time.monotonic()
    key = source["UUID"]
    if not due:
        _gathering.pop(key, None)
        return False
    batch = _gathering.setdefault(key, _Gathering(now, now))
    if batch.messages != due:
        batch.messages, batch.grown = due, now
    full = due >= source.get("BatchSize", 10)
    if full or now - batch.grown >= _QUIET_SECONDS or now - batch.since >= window:
        del _gathering[key]
        return False
    return True


def gather_a_moment() -> bool:
    """Rests, unless there is nothing to gather; in crowds that spares most looks at the queues."""
    if not _gathering:
        return False
    time.sleep(_QUIET_SECONDS / 2)
    return True


def _visible(queue: dict[str, Any]) -> int:
    now = time.time()
    return sum(message.get("visible_at", 0.0) <= now for message in queue["messages"])


def apply() -> None:
    """Leave a queue alone while its batch gathers, and have the poller up when it is complete."""
    require(sqs, "_receive_messages_for_esm")
    lambda_svc._is_gathering = is_gathering
    lambda_svc._gather_a_moment = gather_a_moment
    edit(
        lambda_svc,
        "_poll_sqs",
        before(
            '            batch_size = esm.get("BatchSize", 10)\n',
            "            if _is_gathering(esm, queue):",
            "                continue",
        ),
    )
    edit(
        lambda_svc,
        "_poll_loop",
        before(
            "            if idle_wake:\n",
            "            if _gather_a_moment():",
            "                continue",
        ),
    )
