"""Messages that were being handled at a stop, or a crash, are handled by the next start.

AWS: queues and the machines that receive from them do not stop together; a message whose receiver
dies comes back after its visibility timeout, and others are received meanwhile. Here both stop at
once, so nobody is left who could still delete what was received: MiniStack 1.5.33 hides it all the
same, for up to five minutes of the next start. Delete when it makes them visible as it loads them.
Messages that are delayed were never received, and wait for their time.
"""

import time
from typing import Any

from ministack.services import sqs

from scripts.local.fixes.anchors import require, wrap


def _return_to_queues(now: float) -> None:
    for _, queue in sqs._queues.all_items():
        for message in queue["messages"]:
            if message.get("receipt_handle") is not None:
                message["visible_at"] = min(message["visible_at"], now)


def apply() -> None:
    """Make what was received visible as soon as queues are loaded."""
    require(sqs, "_queues")
    load = sqs.load_persisted_state

    def load_with_nothing_in_flight(state: dict[str, Any]) -> None:
        load(state)
        _return_to_queues(time.time())

    wrap(sqs, "load_persisted_state", load_with_nothing_in_flight)
