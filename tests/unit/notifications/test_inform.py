"""Customers are told once of what happened to them, and never of what is long past."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from contracts.events.carts import CartAbandoned, CartLine
from contracts.events.envelope import DomainEvent, Envelope
from contracts.events.orders import OrderCancelled, OrderPlaced, OrderRefunded, OrderRejected
from functions.notifications.inform import NEWS_FOR, TOLD, InformCustomer
from functions.notifications.mailer import NotSent, Undeliverable
from functions.notifications.news import news_of
from functions.notifications.post import Post
from functions.shared.writes import Key
from tests.support.deliveries import NOON
from tests.support.memory import MemoryDatabase
from tests.support.shop import Mailbox

REJECTED = OrderRejected(order_id="order-1", customer_id="customer-1", reason="OutOfStock")
ABANDONED = CartAbandoned(
    customer_id="customer-1", lines=(CartLine(product_id="m", variant_id="r", quantity=2),)
)
EVENTS: dict[str, DomainEvent] = {
    "OrderRejected": REJECTED,
    "OrderCancelled": OrderCancelled(
        order_id="order-1", customer_id="customer-1", reason="CancelledByCustomer"
    ),
    "OrderRefunded": OrderRefunded(
        order_id="order-1",
        customer_id="customer-1",
        refund_id="refund-1",
        amount=1250,
        currency="EUR",
        lines=(),
    ),
    "CartAbandoned": ABANDONED,
}

Tell = Callable[[DomainEvent], None]


class Desk:
    """Informs customers; `after` is how long after the event it does."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.mailbox = Mailbox()
        self.after = timedelta(minutes=1)

    def tell(self, event: DomainEvent, version: int = 1) -> None:
        """Handles an event of noon."""
        post = Post(self.mailbox, self.mailbox)
        inform = InformCustomer(self.database, "orders", post, lambda: NOON + self.after)
        envelope = Envelope.wrap(
            event,
            aggregate_id="aggregate",
            aggregate_version=version,
            correlation_id="correlation",
            occurred_at=NOON,
        )
        inform(event, envelope.metadata)

    def states(self) -> list[str]:
        """What became of all mails."""
        return [item["state"] for item in self.database.tables["orders"].values()]


@pytest.fixture
def desk() -> Desk:
    """Nobody was told anything yet."""
    return Desk()


def test_every_event_that_is_told_has_an_example() -> None:
    assert set(EVENTS) == set(TOLD)


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_a_customer_is_told_once(desk: Desk, event: DomainEvent) -> None:
    for _ in range(3):
        desk.tell(event)
    ((address, message),) = desk.mailbox.sent
    assert address == "ada@example.com"
    assert message == news_of(event)
    assert desk.states() == ["SENT"]


def test_two_events_of_one_order_are_two_mails(desk: Desk) -> None:
    desk.tell(EVENTS["OrderRefunded"], version=1)
    desk.tell(EVENTS["OrderRefunded"], version=2)
    assert len(desk.mailbox.sent) == 2


def test_the_claim_stands_with_what_it_is_about(desk: Desk) -> None:
    desk.tell(REJECTED)
    desk.tell(ABANDONED)
    partitions = [key.PK for key in desk.database.tables["orders"]]
    assert partitions == ["ORDER#order-1", "CART#customer-1"]


@pytest.mark.parametrize(("late", "sent"), [(timedelta(0), 1), (timedelta(seconds=1), 0)])
def test_what_is_old_is_recorded_and_not_sent(desk: Desk, late: timedelta, sent: int) -> None:
    desk.after = NEWS_FOR + late
    desk.tell(REJECTED)
    desk.tell(REJECTED)
    assert len(desk.mailbox.sent) == sent
    assert desk.states() == ["SENT" if sent else "OUTDATED"]


def test_what_was_recorded_as_old_stays_unsent(desk: Desk) -> None:
    desk.after = NEWS_FOR * 2
    desk.tell(REJECTED)
    desk.after = timedelta(minutes=1)
    desk.tell(REJECTED)
    assert desk.mailbox.sent == []


def test_a_throttled_mail_gives_its_claim_back(desk: Desk) -> None:
    desk.mailbox.refusal = NotSent("TooManyRequestsException")
    with pytest.raises(NotSent):
        desk.tell(REJECTED)
    assert desk.states() == []
    desk.tell(REJECTED)
    assert desk.states() == ["SENT"]


def test_a_lost_answer_leaves_it_unknown_and_is_not_repeated(desk: Desk) -> None:
    desk.mailbox.refusal = TimeoutError()
    with pytest.raises(TimeoutError):
        desk.tell(REJECTED)
    desk.tell(REJECTED)
    assert desk.states() == ["UNKNOWN"]
    assert desk.mailbox.sent == []


def test_without_an_address_nothing_can_be_sent(desk: Desk) -> None:
    desk.mailbox.addresses.clear()
    desk.tell(REJECTED)
    assert desk.states() == ["UNDELIVERABLE"]


def test_a_refused_address_is_not_tried_again(desk: Desk) -> None:
    desk.mailbox.refusal = Undeliverable("MessageRejected")
    desk.tell(REJECTED)
    desk.tell(REJECTED)
    assert desk.states() == ["UNDELIVERABLE"]


def test_the_key_of_a_mail_names_its_event(desk: Desk) -> None:
    desk.tell(REJECTED)
    (key,) = desk.database.tables["orders"]
    assert key == Key("ORDER#order-1", key.SK)
    assert key.SK.startswith("EMAIL#OrderRejected#")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        (REJECTED, "sold out"),
        (REJECTED.model_copy(update={"reason": "PaymentDeclined"}), "declined"),
        (REJECTED.model_copy(update={"reason": "TechnicalFailure"}), "The fault is ours."),
        (EVENTS["OrderRefunded"], "12.50 EUR"),
        (ABANDONED, "2 things are"),
    ],
)
def test_a_message_says_what_happened_in_both_forms(event: DomainEvent, says: str) -> None:
    message = news_of(event)
    assert says in message.text
    assert says in message.html
    assert "TechnicalFailure" not in message.text


def test_html_is_escaped() -> None:
    order = REJECTED.model_copy(update={"order_id": "<b>"})
    assert "<b>" not in news_of(order).html


def test_other_events_are_not_told() -> None:
    placed = OrderPlaced(order_id="o", customer_id="c", lines=(), total=1, currency="EUR")
    with pytest.raises(TypeError, match="OrderPlaced"):
        news_of(placed)
