"""RefundPayment: sees to it that a closed order costs its customer nothing, and ends the saga.

The intent is cancelled by its stored id; after that the provider refuses every late confirm or
capture. What was captured is refunded, but for what refunds of a part have claimed: that is paid by
their own saga. What has been given back is the provider's word, also where the tables have lost
what they knew of it. Without a stored id nothing was or can be authorised.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.tasks import TaskInput
from functions.checkout.refunding import idempotency_key, is_kept, paid_back, promised
from functions.checkout.task import database, find, task_handler
from functions.checkout.wiring import payment_gateway
from functions.orders.domain import CLOSED, Order
from functions.orders.refunds import read_refunds
from functions.orders.store import OrderWrites
from functions.payments.gateway import GatewayError, IntentStatus, PaymentGateway, PaymentIntent
from functions.payments.ledger import LedgerChanged, LedgerWrites, Payment, PaymentState
from functions.payments.observations import strange
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import AmbiguousError, Contended, Inconsistent
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
            settled = self._settle(order, payment)
        ended = self.orders.end(order.order_id, "RefundPayment", self.now(), *CLOSED)
        try:
            self.database.transact([*settled, ended])
        except LedgerChanged as changed:
            if changed.payment is None or changed.payment.state not in SETTLED:
                raise Contended(f"a refund of order {order.order_id} was settled") from changed
            self.database.write(ended)  # a twin of this attempt has settled the payment

    def _settle(self, order: Order, payment: Payment) -> list[Write]:
        intent = self.gateway.retrieve_intent(payment.intent_id)
        if intent.status is IntentStatus.SUCCEEDED:
            return self._refund(order, payment, intent)
        if intent.status is IntentStatus.PROCESSING:
            raise AmbiguousError(f"intent {intent.id} is being processed")
        if intent.status is not IntentStatus.CANCELED:
            counted = self.database.write(self.ledger.count_attempt(payment.order_id, "cancel"))
            number = counted["cancelRetries"]
            self.gateway.cancel_intent(
                payment.intent_id, idempotency_key=f"{payment.order_id}:cancel:{number}"
            )
        return self.ledger.void(payment, self.now())

    def _refund(self, order: Order, payment: Payment, intent: PaymentIntent) -> list[Write]:
        """Refunds what nobody has refunded, claimed, or taken back by a dispute: once.

        The order is closed, so no refund is recorded any more: whatever the provider lists is one
        of those, or the order's own, or strange.
        """
        recorded = promised(read_refunds(self.database, self.orders.table, order))
        captured, refunds = intent.amount_received, self.gateway.list_refunds(intent.id)
        outside = sum(one.amount for one in strange(refunds, order.order_id, recorded))
        given = paid_back(refunds, order.order_id)
        rest = captured - payment.claimed - outside - payment.lost - given
        if rest > 0:
            order_id, failures = payment.order_id, payment.refund_retries
            key = idempotency_key(f"{order_id}:refund", refunds, order_id, failures)
            try:
                self.gateway.refund_intent(intent.id, rest, idempotency_key=key, reference=order_id)
            except GatewayError as error:
                if is_kept(error):
                    self.database.write(self.ledger.count_refund_retry(payment))
                raise
            given += rest
        return self.ledger.refund(payment, captured, outside, given, self.now())


def _build() -> RefundPayment:
    table = setting("ORDERS_TABLE")
    return RefundPayment(
        database(), OrderWrites(table), LedgerWrites(table), payment_gateway(), utc_now
    )


handler = task_handler(_build)
