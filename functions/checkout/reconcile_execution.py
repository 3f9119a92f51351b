"""ReconcileExecution: settles the order of an execution that ended FAILED, TIMED_OUT or ABORTED.

The event only says where to look. Source: "Step Functions Execution Status Change" in "Automating
Step Functions event delivery with EventBridge"; such events are delivered best effort.
"""

import json
from typing import Any

from functions.checkout.executions import order_of
from functions.checkout.settle_order import SettleOrder
from functions.checkout.sweep_orders import settle_order
from functions.shared.deliveries import handle_each
from functions.shared.logs import logger

_settle: list[SettleOrder] = []


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of the queue; an order that could not be settled comes again, at last to the DLQ."""
    if not _settle:
        _settle.append(settle_order())
    return handle_each(event, _settled, "not settled")


def _settled(body: str) -> None:
    detail = json.loads(body)["detail"]
    order_id = order_of(detail["name"])
    outcome = _settle[0](order_id)
    logger.info("settled", order_id=order_id, status=detail["status"], outcome=outcome)
