"""POST /orders/{orderId}/refunds: records an operator's refund of a part, and starts its saga.

One transaction records it: the refund, its amount claimed on the ledger, its lines counted on the
order, each on its condition. So two at once never exceed what was captured or sold, and none is
recorded of an order that is cancelled or shipped meanwhile. Starting RefundOrder afterwards may
fail; the sweeper makes up for it.
"""

from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.ids import is_order_id
from contracts.ids import refund_id as refund_id_of
from contracts.orders_api import RefundRequest
from functions.checkout.executions import Executions, NotStarted, StepFunctionsExecutions
from functions.checkout.refund_request import fingerprint_of, refund_of_request
from functions.checkout.task import database
from functions.orders import refunds
from functions.orders import store as orders
from functions.orders.domain import Order
from functions.orders.refunds import OrderRefund, RefundExists, RefundWrites
from functions.orders.returns import NotReturnable, ReturnWrites
from functions.orders.views import accepted_refund_view
from functions.payments import ledger
from functions.payments.ledger import LedgerChanged, LedgerWrites, Payment
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended
from functions.shared.http import caller_of, http_handler, idempotency_key, parse_body, respond
from functions.shared.logs import count, logger
from functions.shared.problems import Problem, not_found
from functions.shared.settings import setting

ATTEMPTS: Final = 5
"""How often a refund is judged anew because order or ledger moved meanwhile."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a request meets. A refund of its key may be there already."""

    order: Order
    payment: Payment | None
    refund: OrderRefund | None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """Records refunds.

    Args:
        table: the orders table's name.
    """

    database: Database
    table: str
    executions: Executions
    now: Clock

    def __call__(
        self, order_id: str, key: str, request: RefundRequest, operator: str
    ) -> OrderRefund:
        """The refund of this key, recorded now or before, with its saga started.

        Args:
            operator: who asks, by the subject of the user pool.

        Raises:
            Problem: 404 if there is no such order, 409 if it is not to be refunded, 422 for what
                cannot be refunded of it, or for another body under the same key.
        """
        refund = self._recorded(order_id, refund_id_of(order_id, key), request, operator)
        if refund.fingerprint != fingerprint_of(request):
            detail = "This Idempotency-Key was used with another body."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        if refund.saga_open and not refund.steps:
            self._start(refund)
        return refund

    def _recorded(
        self, order_id: str, refund_id: str, request: RefundRequest, operator: str
    ) -> OrderRefund:
        for _ in range(ATTEMPTS):
            found = self._find(order_id, refund_id)
            if found.refund is not None:
                return found.refund
            refund = refund_of_request(
                found.order, found.payment, request, refund_id, operator, self.now()
            )
            try:
                self._record(found, refund)
            except RefundExists as twin:
                return twin.refund
            except (LedgerChanged, NotReturnable):
                continue
            count("RefundsRequested")
            return refund
        raise Contended(f"order {order_id} is being refunded by others")

    def _find(self, order_id: str, refund_id: str) -> Found:
        if not is_order_id(order_id):
            raise not_found("order")
        order, paid = orders.order_key(order_id), ledger.ledger_key(order_id)
        refund = refunds.refund_key(order_id, refund_id)
        items = self.database.read({self.table: [order, paid, refund]})[self.table]
        if order not in items:
            raise not_found("order")
        return Found(
            orders.from_item(items[order]),
            ledger.from_item(items[paid]) if paid in items else None,
            refunds.from_item(items[refund]) if refund in items else None,
        )

    def _record(self, found: Found, refund: OrderRefund) -> None:
        payment = ledger.require_payment(found.payment, refund.order_id)
        put, event = RefundWrites(self.table).record(refund, found.order)
        returns = ReturnWrites(self.table).take_back(
            found.order, refund.refund_id, refund.returned(), refund.created_at
        )
        claim = LedgerWrites(self.table).claim(payment, refund.amount)
        self.database.transact([put, returns, claim, event])

    def _start(self, refund: OrderRefund) -> None:
        try:
            self.executions.start_refund(refund.order_id, refund.refund_id)
        except NotStarted as error:
            logger.warning("not started", refund_id=refund.refund_id, reason=str(error))


app = APIGatewayHttpResolver()


@cache
def _refund_order() -> RefundOrder:
    executions = StepFunctionsExecutions(
        clients.step_functions, refund_machine=setting("REFUND_ORDER_ARN")
    )
    return RefundOrder(database(), setting("ORDERS_TABLE"), executions, utc_now)


@app.post("/orders/<order_id>/refunds")
def post_refund(order_id: str) -> Response[Any]:
    """Records a refund: 202, and its location to poll."""
    key = idempotency_key(app)
    request = parse_body(app, RefundRequest)
    refund = _refund_order()(order_id, key, request, caller_of(app).customer_id)
    headers = {
        "Location": f"/orders/{order_id}/refunds/{refund.refund_id}",
        "Retry-After": "1",
        "Cache-Control": "no-store",
    }
    return respond(HTTPStatus.ACCEPTED, accepted_refund_view(refund), headers)


handler = http_handler(app)
