"""RejectOrder: the semantic lock of the way back. From here every late forward step is refused."""

import json
from dataclasses import dataclass

from contracts.errors import BUSINESS_ERRORS
from contracts.tasks import Failure, TaskInput
from functions.checkout.task import database, find_order, task_handler
from functions.orders.domain import CLOSED, OrderStatus, Rejection
from functions.orders.store import OrderWrites
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import Inconsistent
from functions.shared.logs import count
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class RejectOrder:
    """The task. Raises technical errors only.

    An order that is locked for confirmation comes here only after a capture that was definitely
    declined: of ConfirmOrder the machine catches nothing else that leaves it locked.
    """

    database: Database
    orders: OrderWrites
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Rejects the order, once. One that is closed already stays as it is."""
        order = find_order(self.database, self.orders.table, task.order_id)
        if order.status in CLOSED:
            return
        rejection = rejection_of(task.failure)
        if order.status is OrderStatus.CONFIRMED:
            raise Inconsistent(f"order {order.order_id} is CONFIRMED and to be rejected")
        self.database.transact(self.orders.reject(order, rejection, self.now(), since=order.status))
        count("OrdersRejected", reason=rejection.reason)


def rejection_of(failure: Failure | None) -> Rejection:
    """The reason to keep with the order: a business error by name, all else as technical."""
    names = {name for errors in BUSINESS_ERRORS.values() for name in errors}
    if failure is None or failure.error not in names:
        return Rejection("TechnicalFailure")
    try:
        detail = json.loads(failure.cause).get("errorMessage")
    except ValueError:
        detail = None
    return Rejection(failure.error, detail)


def _build() -> RejectOrder:
    return RejectOrder(database(), OrderWrites(setting("ORDERS_TABLE")), utc_now)


handler = task_handler(_build)
