"""SendConfirmation: mails the confirmation and ends the saga."""

from dataclasses import dataclass

from contracts.errors import OrderClosed
from contracts.tasks import TaskInput
from functions.checkout.task import database, find_order, task_handler
from functions.notifications.claims import EmailClaimed, EmailState, EmailWrites
from functions.notifications.confirmation import TEMPLATE, MailLine, confirmation
from functions.notifications.mailer import (
    AddressBook,
    Mailer,
    NotSent,
    SesMailer,
    Undeliverable,
    UserPoolAddressBook,
)
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import OrderWrites
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import count
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class SendConfirmation:
    """The task. Raises technical errors only; an order cancelled meanwhile gets no mail."""

    database: Database
    orders: OrderWrites
    emails: EmailWrites
    addresses: AddressBook
    mailer: Mailer
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Sends the confirmation, once."""
        order = find_order(self.database, self.orders.table, task.order_id)
        if order.status is not OrderStatus.CONFIRMED or not order.saga_open:
            return
        address = self.addresses.address_of(order.customer_id)
        try:
            self.database.write(self.emails.claim(order.order_id))
        except EmailClaimed:
            self._settle(order, EmailState.UNKNOWN, None)
            return
        if address is None:
            self._settle(order, EmailState.UNDELIVERABLE, None)
        else:
            self._send(order, address)

    def _send(self, order: Order, address: str) -> None:
        lines = [MailLine(line.name, line.quantity, line.total) for line in order.lines]
        message = confirmation(
            order.order_id, order.address["name"], lines, order.total, order.currency
        )
        try:
            message_id = self.mailer.send(address, message)
        except Undeliverable:
            self._settle(order, EmailState.UNDELIVERABLE, None)
        except NotSent:
            self.database.write(self.emails.unclaim(order.order_id))
            raise
        else:
            self._settle(order, EmailState.SENT, message_id)

    def _settle(self, order: Order, state: EmailState, message_id: str | None) -> None:
        """Notes what became of the mail and ends the saga, unless another attempt has."""
        ended = self.orders.end(
            order.order_id, "SendConfirmation", self.now(), OrderStatus.CONFIRMED
        )
        settled = self.emails.settle(order.order_id, state, message_id)
        try:
            self.database.transact([settled, ended])
        except EmailClaimed:
            return
        except OrderClosed:
            self.database.write(settled)  # cancelled meanwhile: another machine ends the saga
        count("EmailsSettled", state=str(state))


def _build() -> SendConfirmation:
    table = setting("ORDERS_TABLE")
    return SendConfirmation(
        database(),
        OrderWrites(table),
        EmailWrites(table, TEMPLATE),
        UserPoolAddressBook(clients.user_pools, setting("USER_POOL_ID")),
        SesMailer(clients.email, setting("SENDER_ADDRESS")),
        utc_now,
    )


handler = task_handler(_build)
