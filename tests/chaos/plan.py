"""What customers and operators are going to do, drawn from a seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from scripts.dev.seed_catalog import EXAMPLE_ORDER, StockedVariant, products

Drawn = TypeVar("Drawn", bound=str)

SCARCE: Final = 20
"""A variant of which there are fewer units is sold out before the orders end."""
PLENTY: Final = 60
NOBODY: Final = 5
"""Variants of which there are so few are what other tests order."""
CARDS: Final = {
    "pm_card_visa": 85,
    "pm_card_chargeDeclined": 5,
    "pm_card_chargeDeclinedInsufficientFunds": 5,
    "pm_card_authenticationRequired": 5,
}


class Fate(StrEnum):
    """What somebody does about an order once it is accepted."""

    KEPT = "kept"
    CANCELLED = "cancelled by its customer"
    STOPPED = "its execution stopped by an operator"
    RESUMED = "its execution stopped and redriven by an operator"
    REFUNDED = "a unit of its first line refunded by an operator"


FATES: Final = {
    Fate.KEPT: 68,
    Fate.CANCELLED: 12,
    Fate.STOPPED: 5,
    Fate.RESUMED: 5,
    Fate.REFUNDED: 10,
}


@dataclass(frozen=True)
class Planned:
    """One order to be placed.

    Attributes:
        key: its idempotency key.
        twice: two requests with this key and body are sent at once.
        patient: an unanswered request is repeated until it is answered.
        after: seconds from its acceptance until its fate strikes.
    """

    key: str
    body: Mapping[str, Any]
    twice: bool
    patient: bool
    fate: Fate
    after: float


def plan(seed: int, orders: int) -> list[Planned]:
    """So many orders; the same for the same seed."""
    rng = random.Random(seed)
    variants = [variant for product in products() for variant in product.variants]
    scarce = sorted((v for v in variants if NOBODY < v.units < SCARCE), key=lambda v: v.units)
    plenty = [v for v in variants if v.units >= PLENTY]
    few = scarce[: 1 + orders // 100]
    return [
        Planned(
            key=f"chaos-{seed}-{number}",
            body=_body(rng, few, plenty),
            twice=rng.random() < 0.1,
            patient=rng.random() < 0.9,
            fate=drawn(rng, FATES),
            after=rng.random() ** 2 * 2,
        )
        for number in range(orders)
    ]


def _body(
    rng: random.Random, scarce: Sequence[StockedVariant], plenty: Sequence[StockedVariant]
) -> dict[str, Any]:
    lines = [_line(variant, rng.randint(1, 2)) for variant in rng.sample(plenty, rng.randint(1, 3))]
    if rng.random() < 0.2:
        lines.append(_line(rng.choice(scarce), rng.randint(2, 4)))
    return {**EXAMPLE_ORDER, "items": lines, "paymentMethodId": drawn(rng, CARDS)}


def _line(variant: StockedVariant, quantity: int) -> dict[str, Any]:
    item = variant.item
    return {"productId": item.product_id, "variantId": item.variant_id, "quantity": quantity}


def drawn(rng: random.Random, weights: Mapping[Drawn, int]) -> Drawn:
    """One of the keys, each as often as its weight says."""
    return rng.choices(list(weights), list(weights.values()))[0]
