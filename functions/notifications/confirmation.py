"""The order confirmation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.money import written
from functions.notifications.message import Message, Table, compose

TEMPLATE: Final = "order-confirmation"


@dataclass(frozen=True, slots=True)
class MailLine:
    """One line of the order; `total` in minor units."""

    name: str
    quantity: int
    total: int


def confirmation(
    order_id: str, recipient: str, lines: Sequence[MailLine], total: int, currency: str
) -> Message:
    """The confirmation of an order to the person it is sent to; `total` in minor units."""
    rows = [(f"{x.quantity} × {x.name}", written(x.total, currency)) for x in lines]
    return compose(
        f"Your order {order_id} is confirmed",
        f"Hello {recipient},",
        f"thank you for your order {order_id}. It is confirmed:",
        Table(rows, ("Total", written(total, currency))),
    )
