"""Stock and reservations: what an order takes from which shard."""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from contracts.errors import OutOfStock


class ReservationState(StrEnum):
    """The states of a reservation. What is HELD expires; what is COMMITTED is sold."""

    HELD = "HELD"
    COMMITTED = "COMMITTED"
    RELEASED = "RELEASED"


LIVE: Final = frozenset({ReservationState.HELD, ReservationState.COMMITTED})

TRANSITIONS: Final[Mapping[ReservationState, frozenset[ReservationState]]] = {
    ReservationState.HELD: frozenset({ReservationState.COMMITTED, ReservationState.RELEASED}),
    ReservationState.COMMITTED: frozenset({ReservationState.RELEASED}),
    ReservationState.RELEASED: frozenset(),
}
"""Every allowed move. COMMITTED → RELEASED only for a closed order, never by expiry."""

VERSIONS: Final[Mapping[ReservationState, int]] = {
    ReservationState.HELD: 1,
    ReservationState.COMMITTED: 2,
    ReservationState.RELEASED: 3,
}
"""The aggregate version of the event by which a reservation reached a state."""


@dataclass(frozen=True, slots=True)
class Portion:
    """Units taken from one shard of a SKU's stock."""

    sku: str
    shard: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units that an order has taken. `expires_at` (UTC) counts while it is HELD."""

    order_id: str
    state: ReservationState
    portions: tuple[Portion, ...]
    expires_at: datetime

    def by_sku(self) -> dict[str, int]:
        """SKU → units, over all shards."""
        return demand_of((p.sku, p.quantity) for p in self.portions)


def demand_of(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """SKU → units of all lines of it."""
    demand: dict[str, int] = {}
    for sku, quantity in lines:
        demand[sku] = demand.get(sku, 0) + quantity
    return demand


def guess(
    demand: Mapping[str, int], shards: Mapping[str, int], rng: random.Random
) -> tuple[Portion, ...]:
    """Takes each SKU from one shard at random: right without a read while stock is plenty."""
    return tuple(
        Portion(sku, rng.randrange(shards[sku]), quantity) for sku, quantity in demand.items()
    )


def allocate(
    demand: Mapping[str, int], levels: Mapping[str, Mapping[int, int]], rng: random.Random
) -> tuple[Portion, ...]:
    """Takes each SKU from as few shards as serve it, the fullest first.

    Args:
        demand: SKU → units wanted.
        levels: SKU → shard → units available, all read at one moment.

    Raises:
        OutOfStock: naming every SKU whose shards together have too few.
    """
    short = [sku for sku, wanted in demand.items() if sum(levels[sku].values()) < wanted]
    if short:
        raise OutOfStock(" ".join(sorted(short)))
    portions: list[Portion] = []
    for sku, wanted in demand.items():
        shards = list(levels[sku].items())
        rng.shuffle(shards)
        left = wanted
        for shard, available in sorted(shards, key=lambda level: -level[1]):
            taken = min(left, available)
            if taken:
                portions.append(Portion(sku, shard, taken))
                left -= taken
    return tuple(portions)
