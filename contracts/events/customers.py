"""Events of customers. Their aggregate is the customer, known by their subject in the user pool."""

from typing import ClassVar

from contracts.events.envelope import DomainEvent

SOURCE = "commerce.customers"


class CustomerErased(DomainEvent):
    """A customer is to be forgotten: who keeps something of them in another store removes it.

    The aggregate's version is the millisecond (since the epoch) of the erasure, which may be run
    again.
    """

    SOURCE: ClassVar[str] = SOURCE

    customer_id: str
