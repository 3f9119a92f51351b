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
from functions.notifications.claims import (
    CART,
    ORDER,
    EmailClaimed,
    EmailState,
    EmailWrites,
    MailId,
)
from functions.notifications.mailer import SesMailer, UserPoolAddressBook
from functions.notifications.news import news_of
from functions.notifications.post import Post
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.deliveries import Malformed, delivery, detail_type, handle_each
from functions.shared.dynamodb import Database, DynamoDatabase
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
    post: Post
    now: Clock

    def __call__(self, event: DomainEvent, metadata: EventMetadata) -> None:
        """Sends the mail, or records that it comes too late to be sent.

        Raises:
            NotSent: it was not sent, and its claim is given back.
        """
        claim = self._claim_of(event, metadata)
        if self.now() - metadata.occurred_at > NEWS_FOR:
            claim.outdate()
        else:
            self.post.send(claim, news_of(event))

    def _claim_of(self, event: DomainEvent, metadata: EventMetadata) -> "_NewsClaim":
        template = f"{event.event_type()}#{metadata.event_id}"
        match event:
            case CartAbandoned(customer_id=customer_id):
                mail = MailId(CART, customer_id, template, customer_id)
            case OrderRejected() | OrderCancelled() | OrderRefunded():
                mail = MailId(ORDER, event.order_id, template, event.customer_id)
            case _:
                raise TypeError(f"customers are not told of {event.event_type()}")
        return _NewsClaim(self.database, self.table, mail)


@dataclass(frozen=True, slots=True)
class _NewsClaim:
    """`Claim` in an item of its own."""

    database: Database
    table: str
    mail: MailId

    def take(self) -> bool:
        """See `Claim.take`."""
        return self._first(self._writes.claim(self.mail.subject_id))

    def give_back(self) -> None:
        """See `Claim.give_back`."""
        self.database.write(self._writes.unclaim(self.mail.subject_id))

    def settle(self, state: EmailState, message_id: str | None) -> bool:
        """See `Claim.settle`."""
        return self._first(self._writes.settle(self.mail.subject_id, state, message_id))

    def outdate(self) -> None:
        """Notes that the mail comes too late to be sent, unless it was claimed before."""
        self._first(self._writes.outdated(self.mail.subject_id))

    @property
    def _writes(self) -> EmailWrites:
        return EmailWrites.of(self.table, self.mail)

    def _first(self, write: Write) -> bool:
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
        Post(
            UserPoolAddressBook(clients.user_pools, setting("USER_POOL_ID")),
            SesMailer(clients.email, setting("SENDER_ADDRESS")),
        ),
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
