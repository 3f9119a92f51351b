"""InformCustomer: queue of events → one e-mail each.

Each mail is claimed before it is sent, by the event that it tells of: one that comes again, by the
queue or by a replay, finds the claim and sends nothing. What is older than `NEWS_FOR` is recorded
rather than sent: a rule that is added later, or a replay to it, must not mail the past.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

from contracts.events.carts import CartAbandoned
from contracts.events.envelope import DomainEvent, EventMetadata
from contracts.events.orders import OrderCancelled, OrderRefunded, OrderRejected
from functions.notifications.claims import CART, ORDER, EmailClaimed, EmailState, EmailWrites
from functions.notifications.mailer import (
    AddressBook,
    Mailer,
    NotSent,
    SesMailer,
    Undeliverable,
    UserPoolAddressBook,
)
from functions.notifications.news import news_of
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.deliveries import Malformed, delivery, detail_type, handle_each
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.logs import count
from functions.shared.settings import setting
from functions.shared.writes import Write

NEWS_FOR: Final = timedelta(days=3)

TOLD: Final[Mapping[str, type[DomainEvent]]] = {
    event.event_type(): event
    for event in (OrderRejected, OrderCancelled, OrderRefunded, CartAbandoned)
}
"""The events that customers are told of."""


@dataclass(frozen=True, slots=True)
class InformCustomer:
    """Tells a customer of an event, once."""

    database: Database
    table: str
    addresses: AddressBook
    mailer: Mailer
    now: Clock

    def __call__(self, event: DomainEvent, metadata: EventMetadata) -> None:
        """Claims, sends, marks.

        Raises:
            NotSent: it was not sent, and its claim is given back.
        """
        emails, about, customer_id = self._claim_of(event, metadata)
        if self.now() - metadata.occurred_at > NEWS_FOR:
            self._once(emails.outdated(about))
            return
        address = self.addresses.address_of(customer_id)
        if not self._once(emails.claim(about)):
            self._settle(emails, about, EmailState.UNKNOWN, None)
        elif address is None:
            self._settle(emails, about, EmailState.UNDELIVERABLE, None)
        else:
            self._send(emails, about, address, event)

    def _claim_of(
        self, event: DomainEvent, metadata: EventMetadata
    ) -> tuple[EmailWrites, str, str]:
        """The claim, whose id it is known by, and the customer."""
        template = f"{event.event_type()}#{metadata.event_id}"
        match event:
            case CartAbandoned(customer_id=customer_id):
                return EmailWrites(self.table, template, CART), customer_id, customer_id
            case OrderRejected() | OrderCancelled() | OrderRefunded():
                emails = EmailWrites(self.table, template, ORDER)
                return emails, event.order_id, event.customer_id
        raise TypeError(f"customers are not told of {event.event_type()}")

    def _send(self, emails: EmailWrites, about: str, address: str, event: DomainEvent) -> None:
        try:
            message_id = self.mailer.send(address, news_of(event))
        except Undeliverable:
            self._settle(emails, about, EmailState.UNDELIVERABLE, None)
        except NotSent:
            self.database.write(emails.unclaim(about))
            raise
        else:
            self._settle(emails, about, EmailState.SENT, message_id)

    def _settle(
        self, emails: EmailWrites, about: str, state: EmailState, message_id: str | None
    ) -> None:
        if self._once(emails.settle(about, state, message_id)):
            count("EmailsSettled", state=str(state))

    def _once(self, write: Write) -> bool:
        """Whether the write was the first of its kind."""
        try:
            self.database.write(write)
        except EmailClaimed:
            return False
        return True


@cache
def _inform() -> InformCustomer:
    return InformCustomer(
        DynamoDatabase(clients.dynamodb),
        setting("ORDERS_TABLE"),
        UserPoolAddressBook(clients.user_pools, setting("USER_POOL_ID")),
        SesMailer(clients.email, setting("SENDER_ADDRESS")),
        utc_now,
    )


def _informed(body: str) -> None:
    model = TOLD.get(detail_type(body))
    if model is None:
        raise Malformed("customers are not told of this event")
    told = delivery(body, model)
    _inform()(told.detail.data, told.detail.metadata)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A batch of the queue."""
    return handle_each(event, _informed, "not informed")
