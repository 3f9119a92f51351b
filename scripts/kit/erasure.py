"""Everything that the shop keeps of one customer: found by queries, erased by conditional writes.

Each step can be repeated: what was erased before is erased still. The user pool's entry goes last,
so that a run that was killed can be started again by the same name.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from contracts.retention import BOOKS_NEED_ADDRESSES
from functions.carts.erasure import erase_cart_events
from functions.catalog.erasure import Authored, erase_review, reviews_by
from functions.orders.domain import Order, OrderStatus
from functions.orders.erasure import (
    customer_erased,
    customer_partition,
    erase_order,
    erase_refund,
    needed_for,
)
from functions.orders.refunds import OrderRefund, read_refunds
from functions.orders.store import from_item as order_from
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import DynamoDatabase, Rows
from functions.shared.writes import Write
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.progress import Tell

TOGETHER: Final = 100
"""Orders of one BatchGetItem."""


class NoSuchCustomer(Exception):
    """Neither the user pool nor a table knows of the customer."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer.

    Attributes:
        subject: by which the tables know them.
        username: of their entry in the user pool; None: there is none (any more).
    """

    subject: str
    username: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """An order, its refunds, and what becomes of it.

    Attributes:
        needed_for: what the order still has to come to.
        on_the_books: until when its address is kept for them, UTC; None: it is not.
    """

    order: Order
    refunds: tuple[OrderRefund, ...]
    needed_for: str | None
    on_the_books: datetime | None

    @property
    def erased(self) -> bool:
        """Whether nothing is left to be erased of it."""
        return self.order.address is None and not self.worded

    @property
    def worded(self) -> tuple[OrderRefund, ...]:
        """Its refunds with words of an operator."""
        return tuple(refund for refund in self.refunds if refund.fingerprint)


@dataclass(frozen=True, slots=True)
class Belongings:
    """What is kept of a customer."""

    orders: tuple[Kept, ...]
    reviews: tuple[Authored, ...]
    cart_events: tuple[Write, ...]

    @property
    def needed(self) -> tuple[Kept, ...]:
        """Orders that must come to an end first."""
        return tuple(kept for kept in self.orders if kept.needed_for)

    @property
    def on_the_books(self) -> tuple[Kept, ...]:
        """Orders that keep their address for now."""
        return tuple(kept for kept in self.orders if kept.on_the_books and not kept.erased)

    @property
    def orders_to_erase(self) -> tuple[Kept, ...]:
        """Orders with something of the customer in them that may go."""
        return tuple(
            kept
            for kept in self.orders
            if not kept.erased and not kept.on_the_books and not kept.needed_for
        )

    @property
    def reviews_to_erase(self) -> tuple[Authored, ...]:
        """Reviews that still have their text."""
        return tuple(review for review in self.reviews if not review.erased)


class Erasure:
    """Erases customers of a stage.

    Args:
        show: told how far it is.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        clients: Clients,
        show: Tell = lambda _: None,
        now: Clock = utc_now,
    ) -> None:
        self._orders = endpoints.tables["orders"]
        self._catalog = endpoints.tables["catalog"]
        self._pool = endpoints.user_pool
        self._cognito = clients.cognito
        self._database = DynamoDatabase(lambda: clients.dynamodb)
        self._show = show
        self._now = now

    def find(self, name: str) -> Person:
        """The customer of a user name, an e-mail address or a subject.

        Raises:
            NoSuchCustomer: of that name; a subject is taken though the user pool has forgotten it.
        """
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._pool, Username=name)
        except self._cognito.exceptions.UserNotFoundException:
            if not _is_subject(name):
                raise NoSuchCustomer(name) from None
            return Person(name, None)
        attributes = {each["Name"]: each.get("Value", "") for each in user["UserAttributes"]}
        return Person(attributes["sub"], user["Username"])

    def look(self, person: Person) -> Belongings:
        """What is kept of the customer.

        Raises:
            NoSuchCustomer: nothing is, nor was it ever.
        """
        found = Belongings(
            tuple(self._kept(order) for order in self._orders_of(person.subject)),
            tuple(reviews_by(self._database, self._catalog, person.subject)),
            tuple(erase_cart_events(self._database, self._orders, person.subject)),
        )
        known = person.username or found != Belongings((), (), ())
        if not known and not self._erased_before(person):
            raise NoSuchCustomer(person.subject)
        return found

    def shut_out(self, person: Person) -> None:
        """No new tokens: those that were given out before live on for their hour."""
        if person.username:
            user = {"UserPoolId": self._pool, "Username": person.username}
            with suppress(self._cognito.exceptions.UserNotFoundException):
                self._cognito.admin_disable_user(**user)
                self._cognito.admin_user_global_sign_out(**user)

    def erase(self, person: Person, found: Belongings) -> None:
        """Erases what was found, and the user pool's entry at last.

        Raises:
            StillNeeded: an order is needed again since it was looked at.
        """
        steps = list(self._steps(person, found))
        for number, writes in enumerate(steps, start=1):
            self._database.transact(writes)
            self._show(f"erased {number} of {len(steps)}")
        if person.username:
            with suppress(self._cognito.exceptions.UserNotFoundException):
                self._cognito.admin_delete_user(UserPoolId=self._pool, Username=person.username)

    def _steps(self, person: Person, found: Belongings) -> Iterator[list[Write]]:
        for kept in found.orders_to_erase:
            yield [erase_refund(self._orders, refund) for refund in kept.worded] + [
                erase_order(self._orders, kept.order.order_id)
            ]
        for review in found.reviews_to_erase:
            yield erase_review(self._catalog, review)
        for write in found.cart_events:
            yield [write]
        yield [customer_erased(self._orders, person.subject, self._now())]

    def _orders_of(self, subject: str) -> Iterator[Order]:
        after = None
        while True:
            page = self._database.query_index(
                self._orders, "GSI1", f"USER#{subject}", TOGETHER, after
            )
            found = self._database.read({self._orders: list(page.keys)})[self._orders]
            yield from (order_from(found[key]) for key in page.keys if key in found)
            self._show("looking for orders")
            after = page.next_key
            if after is None:
                return

    def _kept(self, order: Order) -> Kept:
        refunds = read_refunds(self._database, self._orders, order)
        until = order.created_at + BOOKS_NEED_ADDRESSES
        accepted = order.status is not OrderStatus.REJECTED
        return Kept(
            order,
            tuple(refunds),
            needed_for(order, refunds),
            until if accepted and until > self._now() else None,
        )

    def _erased_before(self, person: Person) -> bool:
        rows = Rows(self._orders, customer_partition(person.subject))
        return bool(self._database.query(rows, limit=1).items)


def _is_subject(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
