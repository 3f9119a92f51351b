"""StartMessageMoveTask and ListMessageMoveTasks: a dead-letter queue is emptied into another queue.

AWS ("Learn how to configure a dead-letter queue redrive", API reference of both): what a queue's
RedrivePolicy names as its dead-letter queue can be the source; without a destination a message goes
to the queue that it came from; a moved message counts as new. MiniStack 1.5.33 knows neither
action. Delete when it does. (Here a task moves everything that is visible at once, so it is
COMPLETED when it is first looked at, and cannot be cancelled.)
"""

import json
import time
from typing import Any

from ministack.services import sqs

from scripts.local.fixes.anchors import require

Request = dict[str, Any]

_tasks: dict[str, list[dict[str, Any]]] = {}
"""By the source's ARN, the newest first."""


def start(request: Request, _url: str) -> dict[str, str]:
    """Answer a StartMessageMoveTask request."""
    source_arn, target_arn = request.get("SourceArn", ""), request.get("DestinationArn")
    source = _queue(source_arn)
    if source_arn not in _dead_letter_queues():
        raise sqs._Err("InvalidParameterValue", "Source queue must be a dead-letter queue.")
    target = _queue(target_arn) if target_arn else None
    now = time.time()
    waiting = [message for message in source["messages"] if message["visible_at"] <= now]
    for message in waiting:
        goal = target or _queue(message["sys"].get("DeadLetterQueueSourceArn", ""))
        source["messages"].remove(message)
        goal["messages"].append(_as_new(message, goal, now))
    sqs.esm_wake.set()
    task = {
        "Status": "COMPLETED",
        "SourceArn": source_arn,
        "ApproximateNumberOfMessagesMoved": len(waiting),
        "ApproximateNumberOfMessagesToMove": len(waiting),
        "StartedTimestamp": int(now * 1000),
        **({"DestinationArn": target_arn} if target_arn else {}),
    }
    _tasks.setdefault(source_arn, []).insert(0, task)
    return {"TaskHandle": sqs.new_uuid()}


def listed(request: Request, _url: str) -> dict[str, Any]:
    """Answer a ListMessageMoveTasks request."""
    arn = request.get("SourceArn", "")
    _queue(arn)
    return {"Results": _tasks.get(arn, [])[: int(request.get("MaxResults", 1))]}


def _queue(arn: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", f"There is no queue {arn}.")
    return queue


def _dead_letter_queues() -> set[str]:
    policies = (queue["attributes"].get("RedrivePolicy") for queue in sqs._queues.values())
    return {json.loads(policy).get("deadLetterTargetArn", "") for policy in policies if policy}


def _as_new(message: dict[str, Any], goal: dict[str, Any], now: float) -> dict[str, Any]:
    sent = {**message["sys"], "SentTimestamp": str(int(now * 1000))}
    sent.pop("DeadLetterQueueSourceArn", None)
    return {
        **message,
        "id": sqs.new_uuid(),
        "sys": sent,
        "sent_at": now,
        "visible_at": now + int(goal["attributes"].get("DelaySeconds", "0")),
        "receive_count": 0,
        "first_receive_at": None,
        "receipt_handle": None,
    }


def apply() -> None:
    """Add the actions."""
    require(sqs, "_HANDLERS", "_Err", "_queue_by_arn", "_queues", "new_uuid", "esm_wake")
    sqs._HANDLERS.update({"StartMessageMoveTask": start, "ListMessageMoveTasks": listed})
