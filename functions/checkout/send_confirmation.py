"""SendConfirmation: mails the confirmation and ends the saga."""

from dataclasses import dataclass

from contracts.errors import OrderClosed
from contracts.tasks import TaskInput
from functions.checkout.task import database, find_order, task_handler
from functions.notifications.claims import ORDER, EmailClaimed, EmailState, EmailWrites, MailId
from functions.notifications.confirmation import TEMPLATE, MailLine, confirmation
from functions.notifications.mailer import SesMailer, UserPoolAddressBook
from functions.notifications.message import Message
from functions.notifications.post import Post
from functions.orders.domain import Order, OrderStatus
from functions.orders.store import OrderWrites
from functions.shared import clients
from functions.shared.clock import Clock, milliseconds_between, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import measure
from functions.shared.settings import setting


@dataclass(frozen=True, slots=True)
class SendConfirmation:
    """The task. Raises technical errors only; an order cancelled meanwhile gets no mail."""

    database: Database
    orders: OrderWrites
    emails: EmailWrites
    post: Post
    now: Clock

    def __call__(self, task: TaskInput) -> None:
        """Sends the confirmation, once."""
        order = find_order(self.database, self.orders.table, task.order_id)
        if order.status is not OrderStatus.CONFIRMED or not order.saga_open:
            return
        claim = _ConfirmationClaim(self.database, self.orders, self.emails, order, self.now)
        self.post.send(claim, _message(order))


@dataclass(frozen=True, slots=True)
class _ConfirmationClaim:
    """`Claim` of an order's confirmation: settling it ends the saga."""

    database: Database
    orders: OrderWrites
    emails: EmailWrites
    order: Order
    now: Clock

    @property
    def mail(self) -> MailId:
        """See `Claim.mail`."""
        order = self.order
        return MailId(ORDER, order.order_id, self.emails.template, order.customer_id)

    def take(self) -> bool:
        """See `Claim.take`."""
        try:
            self.database.write(self.emails.claim(self.order.order_id))
        except EmailClaimed:
            return False
        return True

    def give_back(self) -> None:
        """See `Claim.give_back`."""
        self.database.write(self.emails.unclaim(self.order.order_id))

    def settle(self, state: EmailState, message_id: str | None) -> bool:
        """See `Claim.settle`."""
        order_id = self.order.order_id
        at = self.now()
        ended = self.orders.end(order_id, "SendConfirmation", at, OrderStatus.CONFIRMED)
        settled = self.emails.settle(order_id, state, message_id)
        try:
            self.database.transact([settled, ended])
        except EmailClaimed:
            return False
        except OrderClosed:
            self.database.write(settled)  # cancelled meanwhile: another machine ends the saga
        if state is EmailState.SENT:
            confirmed_at = self.order.steps["ConfirmOrder"]
            measure("EmailTime", milliseconds_between(confirmed_at, at))
        return True


def _message(order: Order) -> Message:
    lines = [MailLine(line.name, line.quantity, line.total) for line in order.lines]
    recipient = order.address["name"] if order.address else "there"
    return confirmation(order.order_id, recipient, lines, order.total, order.currency)


def _build() -> SendConfirmation:
    table = setting("ORDERS_TABLE")
    return SendConfirmation(
        database(),
        OrderWrites(table),
        EmailWrites(table, TEMPLATE),
        Post(
            UserPoolAddressBook(clients.user_pools, setting("USER_POOL_ID")),
            SesMailer(clients.email, setting("SENDER_ADDRESS")),
        ),
        utc_now,
    )


handler = task_handler(_build)
