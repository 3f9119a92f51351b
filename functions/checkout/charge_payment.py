"""ChargePayment: authorises the order's total on the customer's card. Nothing is charged yet.

The intent is created unconfirmed and its id stored while the order is PENDING; only then is it
confirmed. So whatever the provider may ever authorise can be found, and cancelled, by its id.
"""

from dataclasses import dataclass
from typing import Final

from contracts.errors import PaymentDeclined
from contracts.tasks import TaskInput
from functions.checkout.task import database, find, task_handler
from functions.checkout.wiring import payment_gateway
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import OrderWrites
from functions.payments.gateway import (
    CardDeclined,
    GatewayAmbiguous,
    GatewayRefused,
    IntentStatus,
    PaymentGateway,
    PaymentIntent,
)
from functions.payments.ledger import LedgerChanged, LedgerWrites, Payment, PaymentState
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import AmbiguousError
from functions.shared.logs import count
from functions.shared.settings import setting

CREATE_KEYS: Final = 3
"""Idempotency keys under which an attempt tries to create the intent."""


@dataclass(frozen=True, slots=True)
class ChargePayment:
    """The task. Raises PaymentDeclined, OrderClosed, or a technical error to be retried."""

    database: Database
    orders: OrderWrites
    ledger: LedgerWrites
    gateway: PaymentGateway
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Authorises the payment of the order, once."""
        order, payment = find(self.database, self.orders.table, task.order_id)
        order.require(OrderStatus.PENDING)
        retried = payment is not None
        if payment is None:
            payment, intent = self._open(order)
        elif payment.state is PaymentState.DECLINED:
            raise PaymentDeclined(payment.code)
        elif payment.state is not PaymentState.CREATED:
            return
        else:
            intent = self.gateway.retrieve_intent(payment.intent_id)
        if intent.status is IntentStatus.REQUIRES_CONFIRMATION:
            intent = self._confirm(payment, retried=retried)
        self._record(payment, intent)

    def _open(self, order: Order) -> tuple[Payment, PaymentIntent]:
        """Creates the intent and notes its id.

        It may be there already, of an order of this id that was lost with its table: then it is
        taken up as it stands. One that was given back is not, nor one of another amount, which the
        provider refuses to create anew: a second payment beside it could charge the customer twice.
        """
        try:
            intent = self._create(order)
        except GatewayRefused as refusal:  # such as a payment method that does not exist
            raise _refused(refusal.code) from refusal
        if self._was_given_back(intent):
            raise _refused("payment_given_back")
        pending = self.orders.require(order.order_id, OrderStatus.PENDING)
        opened = self.ledger.open(order.order_id, intent.id, order.total, order.currency)
        self.database.transact([pending, opened])
        created = PaymentState.CREATED
        return Payment(order.order_id, intent.id, created, order.total, order.currency), intent

    def _was_given_back(self, intent: PaymentIntent) -> bool:
        if intent.status is IntentStatus.SUCCEEDED:
            return any(refund.status.living for refund in self.gateway.list_refunds(intent.id))
        return intent.status is IntentStatus.CANCELED

    def _create(self, order: Order) -> PaymentIntent:
        """Creates the intent. The provider keeps a server error under its key and repeats it: the
        next key gets past it, and an intent that nobody stores is never confirmed."""
        for number in range(1, CREATE_KEYS):
            try:
                return self._create_once(order, number)
            except GatewayAmbiguous as failure:
                if not failure.answered:
                    raise
        return self._create_once(order, CREATE_KEYS)

    def _create_once(self, order: Order, number: int) -> PaymentIntent:
        return self.gateway.create_intent(
            order.order_id,
            order.total,
            order.currency.lower(),
            order.payment_method,
            number=number,
        )

    def _confirm(self, payment: Payment, *, retried: bool) -> PaymentIntent:
        """Confirms under the first key, or the next one: the provider repeats a stored failure."""
        number = 1
        if retried:
            counted = self.database.write(self.ledger.count_attempt(payment.order_id, "confirm"))
            number += counted["confirmRetries"]
        try:
            return self.gateway.confirm_intent(
                payment.intent_id, idempotency_key=f"{payment.order_id}:confirm:{number}"
            )
        except CardDeclined as declined:
            raise self._declined(payment, declined.code) from declined

    def _record(self, payment: Payment, intent: PaymentIntent) -> None:
        if intent.status is IntentStatus.PROCESSING:
            raise AmbiguousError(f"intent {intent.id} is being processed")
        if intent.status not in (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED):
            raise self._declined(payment, intent.decline_code or intent.status)
        at = self.now()
        stamp = self.orders.stamp(payment.order_id, "ChargePayment", at, OrderStatus.PENDING)
        try:
            self.database.transact([stamp, *self.ledger.authorize(payment, at)])
        except LedgerChanged:
            return  # a twin of this attempt has recorded it
        count("PaymentAttempts")

    def _declined(self, payment: Payment, code: str) -> PaymentDeclined:
        self.database.write(self.ledger.decline(payment, code))
        return _refused(code)


def _refused(code: str) -> PaymentDeclined:
    count("PaymentAttempts")
    count("PaymentsDeclined")
    return PaymentDeclined(code)


def _build() -> ChargePayment:
    table = setting("ORDERS_TABLE")
    return ChargePayment(
        database(), OrderWrites(table), LedgerWrites(table), payment_gateway(), utc_now
    )


handler = task_handler(_build)
