"""Derived ids: the same command or event has the same id however often it comes."""

import re
from typing import Final
from uuid import UUID, uuid5

_ORDERS: Final = UUID("5bd6ef3c-8a0c-4a63-9a3c-6e2f0f8d1f11")
_RECEIPTS: Final = UUID("8f1f5b0e-5c0a-4a3c-9d54-0d1c9d1f7a21")
_REFUNDS: Final = UUID("8c1e1f0e-3b0a-4b7e-9d51-6a2f0b6f7c35")
_EVENTS: Final = UUID("0d0a3bfa-6a3c-4d3a-8a55-2f8a7f6f4b92")
_REVIEWS: Final = UUID("b1f2a9f6-5f0f-4c55-9d0e-3f4f6f5a7c21")

SKU_PATTERN: Final = r"^[A-Z0-9][A-Z0-9-]{1,39}$"
SLUG_PATTERN: Final = r"^[a-z0-9][a-z0-9-]{0,63}$"
"""Product and variant ids: lower case words joined by hyphens."""


def is_order_id(text: str) -> bool:
    """Whether a text from outside has the form of an order's id, which is a refund's as well."""
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def order_id(customer_id: str, idempotency_key: str) -> str:
    """The id of the order that a customer places under an idempotency key."""
    return str(uuid5(_ORDERS, f"{customer_id}\n{idempotency_key}"))


def is_sku(text: str) -> bool:
    """Whether a text from outside has the form of a SKU."""
    return re.fullmatch(SKU_PATTERN, text) is not None


def receipt_id(sku: str, idempotency_key: str) -> str:
    """The id of the receipt of stock that an operator notes under an idempotency key."""
    return str(uuid5(_RECEIPTS, f"{sku}\n{idempotency_key}"))


def review_id(product_id: str, customer_id: str) -> str:
    """The id of a customer's review of a product; it does not tell who the customer is."""
    return str(uuid5(_REVIEWS, f"{product_id}\n{customer_id}"))


def refund_id(order_id: str, idempotency_key: str) -> str:
    """The id of the refund that is asked for of an order under an idempotency key."""
    return str(uuid5(_REFUNDS, f"{order_id}\n{idempotency_key}"))


def event_id(event_type: str, aggregate_id: str, aggregate_version: int) -> str:
    """The id of the event by which an aggregate reached a version."""
    return str(uuid5(_EVENTS, f"{event_type}\n{aggregate_id}\n{aggregate_version}"))
