"""Events of the payments service. Their aggregate is the payment of an order."""

from typing import ClassVar

from contracts.events.envelope import DomainEvent
from contracts.money import Currency, MinorUnits


class _PaymentEvent(DomainEvent):
    SOURCE: ClassVar[str] = "commerce.payments"

    order_id: str
    amount: MinorUnits
    currency: Currency


class PaymentAuthorized(_PaymentEvent):
    """The card was authorised for `amount`; nothing has been charged."""


class PaymentVoided(_PaymentEvent):
    """The authorisation of `amount` was cancelled; nothing was charged."""


class PaymentRefunded(_PaymentEvent):
    """`amount` of what had been charged was paid back."""
