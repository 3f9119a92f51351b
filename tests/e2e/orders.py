"""Orders of the end-to-end tests."""

import time
import uuid
from collections.abc import Mapping
from typing import Any

from scripts.dev.seed_catalog import EXAMPLE_ORDER, products
from scripts.kit.customer import Answer, Customer

PATIENCE = 120.0
"""Seconds for one saga: many times what it takes, cold functions included."""
EVENTS_PATIENCE = 60.0
POLL = 0.1
"""Seconds between two looks at a saga: the server asks for more than a warm one takes."""


def new_key() -> str:
    """An idempotency key that nobody has used."""
    return str(uuid.uuid4())


def body(**changes: Any) -> dict[str, Any]:
    """A valid order with some fields changed."""
    return {**EXAMPLE_ORDER, **changes}


def line(**changes: Any) -> dict[str, Any]:
    """A valid order whose first line is changed."""
    return body(items=[{**EXAMPLE_ORDER["items"][0], **changes}])


def address(**changes: Any) -> dict[str, Any]:
    """A valid order whose address is changed; a field set to None is left out."""
    changed = {**EXAMPLE_ORDER["shippingAddress"], **changes}
    return body(shippingAddress={k: v for k, v in changed.items() if v is not None})


def without(field: str) -> dict[str, Any]:
    """A valid order without one of its fields."""
    return {name: value for name, value in EXAMPLE_ORDER.items() if name != field}


def many_skus(count: int) -> dict[str, Any]:
    """An order of as many distinct variants."""
    variants = [one.item for product in products() for one in product.variants][:count]
    assert len(variants) == count
    return body(
        items=[
            {"productId": one.product_id, "variantId": one.variant_id, "quantity": 1}
            for one in variants
        ]
    )


def place(customer: Customer, order: Mapping[str, Any], key: str | None = None) -> str:
    """Place an order that must be accepted; returns its id."""
    answer = customer.place(order, key or new_key())
    assert answer.status == 202, answer
    return str(answer.body["orderId"])


def watch(customer: Customer, order_id: str) -> Answer:
    """Wait for an order's saga; returns the last answer about it."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = customer.get(f"/orders/{order_id}/execution")
        assert answer.status == 200, answer
        if answer.body["status"] != "RUNNING":
            return answer
        assert time.monotonic() < deadline, answer
        time.sleep(POLL)


def placed_and_ended(customer: Customer, order: Mapping[str, Any]) -> tuple[str, Answer]:
    """Place an order and wait for its saga; returns its id and the last answer about it."""
    order_id = place(customer, order)
    return order_id, watch(customer, order_id)
