"""RefundPayment: sees to it that a closed order costs its customer nothing, and ends the saga.

The intent is cancelled by its stored id; after that the provider refuses every late confirm or
capture. What was captured is refunded. Without a stored id nothing was or can be authorised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.tasks import TaskInput
from functions.checkout.task import database, find, task_handler
from functions.checkout.wiring import payment_gateway
from functions.orders.domain import CLOSED
from functions.orders.store import OrderWrites
from functions.payments.gateway import IntentStatus, PaymentGateway, PaymentIntent
from functions.payments.ledger import LedgerChanged, LedgerWrites, Payment, PaymentState
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import AmbiguousError, Inconsistent
from functions.shared.settings import setting
from functions.shared.writes import Write

SETTLED = frozenset({PaymentState.VOIDED, PaymentState.REFUNDED})


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """The task. Raises technical errors only."""

    database: Database
    orders: OrderWrites
    ledger: LedgerWrites
    gateway: PaymentGateway
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Voids or refunds the order's payment, once."""
        order, payment = find(self.database, self.orders.table, task.order_id)
        if order.status not in CLOSED:
            raise Inconsistent(f"order {order.order_id} is {order.status} and to be refunded")
        settled: Sequence[Write] = ()
        if payment is not None and payment.state not in SETTLED:
            settled = self._settle(payment)
        ended = self.orders.end(order.order_id, "RefundPayment", self.now(), *CLOSED)
        try:
            self.database.transact([*settled, ended])
        except LedgerChanged:
            self.database.write(ended)  # a twin of this attempt has settled the payment

    def _settle(self, payment: Payment) -> list[Write]:
        intent = self.gateway.retrieve_intent(payment.intent_id)
        if intent.status is IntentStatus.SUCCEEDED:
            return self._refund(payment, intent)
        if intent.status is IntentStatus.PROCESSING:
            raise AmbiguousError(f"intent {intent.id} is being processed")
        if intent.status is not IntentStatus.CANCELED:
            counted = self.database.write(self.ledger.count_attempt(payment.order_id, "cancel"))
            number = counted["cancelRetries"]
            self.gateway.cancel_intent(
                payment.intent_id, idempotency_key=f"{payment.order_id}:cancel:{number}"
            )
        return self.ledger.void(payment, self.now())

    def _refund(self, payment: Payment, intent: PaymentIntent) -> list[Write]:
        """Refunds what no refund at the provider covers yet: a refund can happen twice."""
        refunds = self.gateway.list_refunds(intent.id)
        refunded = sum(refund.amount for refund in refunds if refund.status.living)
        if refunded < intent.amount_received:
            # A new key each time, for the provider repeats a stored failure. What a late twin
            # asks for beyond the captured amount, the provider refuses.
            counted = self.database.write(self.ledger.count_attempt(payment.order_id, "refund"))
            self.gateway.refund_intent(
                intent.id,
                intent.amount_received - refunded,
                idempotency_key=f"{payment.order_id}:refund:{counted['refundRetries']}",
                reference=payment.order_id,
            )
        return self.ledger.refund(payment, intent.amount_received, self.now())


def _build() -> RefundPayment:
    table = setting("ORDERS_TABLE")
    return RefundPayment(
        database(), OrderWrites(table), LedgerWrites(table), payment_gateway(), utc_now
    )


handler = task_handler(_build)
