"""ConfirmOrder: locks the order, captures the payment, confirms the order.

The lock is the saga's pivot. Before it the saga goes back, after it only forward; only a capture
that the provider definitely refuses, as the ledger then says, leads back.
"""

from dataclasses import dataclass

from contracts.errors import CaptureDeclined, OrderClosed
from contracts.tasks import TaskInput
from functions.checkout.task import database, find, find_order, task_handler
from functions.checkout.wiring import payment_gateway
from functions.inventory.store import InventoryWrites
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import OrderWrites
from functions.payments.gateway import CardDeclined, GatewayRefused, IntentStatus, PaymentGateway
from functions.payments.ledger import LedgerWrites, Payment, PaymentState, require_payment
from functions.shared.clock import Clock, milliseconds_between, utc_now
from functions.shared.dynamodb import Database
from functions.shared.errors import AmbiguousError
from functions.shared.logs import count, measure
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class ConfirmOrder:
    """The task. Raises CaptureDeclined, ReservationExpired, OrderClosed, or a technical error."""

    database: Database
    orders: OrderWrites
    inventory: InventoryWrites
    ledger: LedgerWrites
    gateway: PaymentGateway
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Confirms the order, once."""
        order, found = find(self.database, self.orders.table, task.order_id)
        if order.status is OrderStatus.CONFIRMED:
            return
        order.require(OrderStatus.PENDING, OrderStatus.CONFIRMING)
        payment = require_payment(found, task.order_id)
        if payment.state is PaymentState.CAPTURE_DECLINED:
            raise CaptureDeclined(payment.code)
        self._capture(payment, retried=not self._lock(order))
        self._confirm(order, payment)

    def _lock(self, order: Order) -> bool:
        """Takes the order and its reservation. False if an earlier attempt had taken them."""
        if order.status is OrderStatus.CONFIRMING:
            return False
        lock = self.orders.lock(order)
        try:
            self.database.transact([lock, self.inventory.commit(order.order_id)])
        except OrderClosed:
            current = find_order(self.database, self.orders.table, order.order_id)
            current.require(OrderStatus.CONFIRMING, OrderStatus.CONFIRMED)
            return False
        return True

    def _capture(self, payment: Payment, *, retried: bool) -> None:
        number = 1
        if retried:
            intent = self.gateway.retrieve_intent(payment.intent_id)
            if intent.status is IntentStatus.SUCCEEDED:
                return
            counted = self.database.write(self.ledger.count_attempt(payment.order_id, "capture"))
            number += counted["captureRetries"]
        try:
            self.gateway.capture_intent(
                payment.intent_id, idempotency_key=f"{payment.order_id}:capture:{number}"
            )
        except (CardDeclined, GatewayRefused) as refusal:
            self._judge(payment, refusal)

    def _judge(self, payment: Payment, refusal: CardDeclined | GatewayRefused) -> None:
        """A refusal is final only if the intent can never be captured any more."""
        intent = self.gateway.retrieve_intent(payment.intent_id)
        if intent.status is IntentStatus.SUCCEEDED:
            return
        if intent.status in (IntentStatus.REQUIRES_CAPTURE, IntentStatus.PROCESSING):
            raise AmbiguousError(f"capture of {intent.id}: {refusal.code}") from refusal
        confirming = self.orders.require(payment.order_id, OrderStatus.CONFIRMING)
        declined = self.ledger.decline_capture(payment, refusal.code)
        self.database.transact([confirming, declined])
        count("CapturesDeclined")
        raise CaptureDeclined(refusal.code) from refusal

    def _confirm(self, order: Order, payment: Payment) -> None:
        at = self.now()
        confirmed = self.orders.confirm(order, at)
        try:
            self.database.transact([*confirmed, self.ledger.capture(payment)])
        except OrderClosed:
            current = find_order(self.database, self.orders.table, order.order_id)
            current.require(OrderStatus.CONFIRMED)  # a twin of this attempt has confirmed it
            return
        measure("ConfirmationTime", milliseconds_between(order.created_at, at))


def _build() -> ConfirmOrder:
    table = setting("ORDERS_TABLE")
    return ConfirmOrder(
        database(),
        OrderWrites(table),
        InventoryWrites(setting("INVENTORY_TABLE")),
        LedgerWrites(table),
        payment_gateway(),
        utc_now,
    )


handler = task_handler(_build)
