"""The order confirmation as text and HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

TEMPLATE: Final = "order-confirmation"


@dataclass(frozen=True, slots=True)
class MailLine:
    """One line of the order; `total` in minor units."""

    name: str
    quantity: int
    total: int


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail in both forms."""

    subject: str
    text: str
    html: str


def confirmation(
    order_id: str, recipient: str, lines: Sequence[MailLine], total: int, currency: str
) -> Message:
    """The confirmation of an order to the person it is sent to; `total` in minor units."""
    rows = [(f"{x.quantity} × {x.name}", price(x.total, currency)) for x in lines]
    width = max(len(name) for name, _ in rows)
    listing = "\n".join(f"  {name:<{width}}  {price:>12}" for name, price in rows)
    text = (
        f"Hello {recipient},\n\n"
        f"thank you for your order {order_id}. It is confirmed:\n\n"
        f"{listing}\n\n"
        f"Total: {price(total, currency)}\n"
    )
    cells = "".join(
        f"<tr><td>{escape(name)}</td><td align='right'>{price}</td></tr>" for name, price in rows
    )
    html = (
        f"<p>Hello {escape(recipient)},</p>"
        f"<p>thank you for your order <b>{escape(order_id)}</b>. It is confirmed:</p>"
        f"<table>{cells}"
        f"<tr><th align='left'>Total</th><th align='right'>{price(total, currency)}</th></tr>"
        "</table>"
    )
    return Message(subject=f"Your order {order_id} is confirmed", text=text, html=html)


_NO_DECIMALS: Final = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "XPF"})
"""Currencies without minor unit (ISO 4217, table A.1), of those the payment provider takes."""


def price(amount: int, currency: str) -> str:
    """An amount in minor units as people write it."""
    if currency in _NO_DECIMALS:
        return f"{amount} {currency}"
    return f"{amount // 100}.{amount % 100:02d} {currency}"
