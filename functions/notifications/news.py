"""What customers are told besides the confirmation: one message for each kind of event."""

from typing import Final

from contracts.events.carts import CartAbandoned
from contracts.events.envelope import DomainEvent
from contracts.events.orders import OrderCancelled, OrderRefunded, OrderRejected
from contracts.money import written
from functions.notifications.message import Message, compose

_REASONS: Final = {
    "PaymentDeclined": "The payment was declined.",
    "CaptureDeclined": "The payment was declined.",
    "OutOfStock": "Something in it was sold out before we could set it aside for you.",
    "ReservationExpired": "It took too long, and we could no longer hold the goods for you.",
}
_OTHERWISE: Final = "The fault is ours."
_NOT_CHARGED: Final = (
    "You pay nothing for it. An amount that your bank shows as reserved is set free, one that it"
    " shows as paid comes back, within a few days."
)


def news_of(event: DomainEvent) -> Message:
    """The message that tells a customer of an event.

    Raises:
        TypeError: it is an event that customers are not told of.
    """
    match event:
        case OrderRejected():
            return _message(
                f"Your order {event.order_id} could not be completed",
                f"we are sorry: your order {event.order_id} could not be completed.",
                _REASONS.get(event.reason, _OTHERWISE),
                _NOT_CHARGED,
            )
        case OrderCancelled():
            return _message(
                f"Your order {event.order_id} is cancelled",
                f"your order {event.order_id} is cancelled.",
                "What you have paid for it is on its way back to you.",
            )
        case OrderRefunded():
            paid = written(event.amount, event.currency)
            return _message(
                f"{paid} of your order {event.order_id} is paid back",
                f"we have paid back {paid} of your order {event.order_id}.",
                "Your bank shows it within a few days.",
            )
        case CartAbandoned():
            units = sum(line.quantity for line in event.lines)
            things = "one thing is" if units == 1 else f"{units} things are"
            return _message(
                "Your cart is waiting for you",
                f"{things} still in your cart. It is kept for a week after you last used it.",
            )
    raise TypeError(f"customers are not told of {event.event_type()}")


def _message(subject: str, *sentences: str) -> Message:
    return compose(subject, "Hello,", *sentences)
