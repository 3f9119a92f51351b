"""ReconcileExecution: settles the order or refund of an execution that was not to end so.

FAILED, TIMED_OUT or ABORTED.

The event only says where to look. Source: "Step Functions Execution Status Change" in "Automating
Step Functions event delivery with EventBridge"; such events are delivered best effort.
"""

import json
from functools import cache
from typing import Any

from functions.checkout.executions import order_of, refund_of_execution
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import settle_order, settle_refund
from functions.shared.deliveries import handle_each
from functions.shared.logs import logger


@cache
def _settlers() -> tuple[SettleOrder, SettleRefund]:
    return settle_order(), settle_refund()


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of the queue; an order that could not be settled comes again, at last to the DLQ."""
    return handle_each(event, _settled, "not settled")


def _settled(body: str) -> None:
    detail = json.loads(body)["detail"]
    name = detail["name"]
    settle, settle_part = _settlers()
    refund_id = refund_of_execution(name)
    if refund_id is None:
        outcome = settle(order_of(name))
    else:
        outcome = settle_part(json.loads(detail["input"])["orderId"], refund_id)
    logger.info("settled", execution=name, status=detail["status"], outcome=outcome)
