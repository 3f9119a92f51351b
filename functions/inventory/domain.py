"""Stock and reservations: what an order takes from which shard."""

import random
from collections.abc import Iterable, Mapping, Sequence
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


MAX_PORTIONS: Final = 96
"""Portions of one reservation: a transaction takes 100 actions, and the one that gives units of a
refund back writes four items besides them."""

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
class Layout:
    """How a SKU's stock stands on shards.

    Attributes:
        shards: shards 0 to `shards` - 1 are the ones that orders try first.
        widest: the most shards it ever had. Units may still come back to those that were merged
            away, so whoever adds up the stock adds up all of these.
    """

    shards: int
    widest: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Units that go from one shard of a SKU to others, in one transaction."""

    sku: str
    giver: int
    takers: Mapping[int, int]
    """Shard → units."""

    @property
    def units(self) -> int:
        """All that the giver gives."""
        return sum(self.takers.values())


@dataclass(frozen=True, slots=True)
class Reservation:
    """Units that an order has taken.

    Attributes:
        portions: what is taken while it is live, and what was given back when it was released.
        expires_at: UTC; counts while it is HELD.
        kept: what its release did not give back: refunds of a part had taken it back, to be put on
            the shelf by their own saga, or never.
        returns: how often refunds have put units back on the shelf.
    """

    order_id: str
    state: ReservationState
    portions: tuple[Portion, ...]
    expires_at: datetime
    kept: tuple[Portion, ...] = ()
    returns: int = 0

    @property
    def taken(self) -> tuple[Portion, ...]:
        """What is not on the shelf because of it."""
        return (*self.portions, *self.kept) if self.state in LIVE else self.kept

    def by_sku(self) -> dict[str, int]:
        """SKU → units that it has or gave back when it was released, over all shards."""
        return units_of((*self.portions, *self.kept))

    def taken_by_sku(self) -> dict[str, int]:
        """SKU → units that are not on the shelf because of it, over all shards."""
        return units_of(self.taken)


def demand_of(lines: Iterable[tuple[str, int]]) -> dict[str, int]:
    """SKU → units of all lines of it."""
    demand: dict[str, int] = {}
    for sku, quantity in lines:
        demand[sku] = demand.get(sku, 0) + quantity
    return demand


def units_of(portions: Iterable[Portion]) -> dict[str, int]:
    """SKU → units, over all shards."""
    return demand_of((portion.sku, portion.quantity) for portion in portions)


def divide(
    portions: Iterable[Portion], units: Mapping[str, int]
) -> tuple[tuple[Portion, ...], tuple[Portion, ...]]:
    """Takes units of each SKU out of portions: what was taken, and what is left.

    Raises:
        ValueError: there are fewer units of a SKU.
    """
    wanted = dict(units)
    taken: list[Portion] = []
    left: list[Portion] = []
    for portion in portions:
        part = min(portion.quantity, wanted.get(portion.sku, 0))
        if part:
            taken.append(Portion(portion.sku, portion.shard, part))
            wanted[portion.sku] -= part
        if portion.quantity > part:
            left.append(Portion(portion.sku, portion.shard, portion.quantity - part))
    if any(wanted.values()):
        raise ValueError(f"fewer units than {units}")
    return tuple(taken), tuple(left)


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
    """Takes each SKU from one shard that serves it alone, else from as few as do, fullest first.

    Among shards that serve it alone chance decides, a fuller one more likely, so that buyers do
    not all meet at the same shard.

    Args:
        demand: SKU → units wanted.
        levels: SKU → shard → units available.

    Raises:
        OutOfStock: naming every SKU whose shards together have too few. Only to be believed if
            the levels are all of one moment.
    """
    short = [sku for sku, wanted in demand.items() if sum(levels[sku].values()) < wanted]
    if short:
        raise OutOfStock(" ".join(sorted(short)))
    portions: list[Portion] = []
    for sku, wanted in demand.items():
        portions += _take(sku, wanted, levels[sku], rng)
    return tuple(portions)


def _take(
    sku: str, wanted: int, levels: Mapping[int, int], rng: random.Random
) -> Iterable[Portion]:
    able = {shard: available for shard, available in levels.items() if available >= wanted}
    if able:
        (shard,) = rng.choices(list(able), weights=list(able.values()))
        return [Portion(sku, shard, wanted)]
    portions: list[Portion] = []
    for shard, available in sorted(levels.items(), key=lambda level: -level[1]):
        if taken := min(wanted, max(0, available)):
            portions.append(Portion(sku, shard, taken))
            wanted -= taken
    return portions


def gathered(portions: Sequence[Portion]) -> tuple[list[Transfer], tuple[Portion, ...]]:
    """The transfers that bring each SKU's portions to one shard, and the portions then.

    For a reservation of more than MAX_PORTIONS, which no single transaction can make.
    """
    by_sku: dict[str, list[Portion]] = {}
    for portion in portions:
        by_sku.setdefault(portion.sku, []).append(portion)
    transfers = [
        Transfer(sku, scattered.shard, {first.shard: scattered.quantity})
        for sku, (first, *others) in by_sku.items()
        for scattered in others
    ]
    together = (
        Portion(sku, parts[0].shard, sum(part.quantity for part in parts))
        for sku, parts in by_sku.items()
    )
    return transfers, tuple(together)


def evened(sku: str, levels: Mapping[int, int], shards: int) -> list[Transfer]:
    """The transfers after which the first `shards` shards have equal shares and no other has any.

    None while that is nearly so: orders take at random, and stock that is chased after each of
    them would never come to rest.

    Args:
        levels: shard → units available.
    """
    retired = any(units for shard, units in levels.items() if shard >= shards)
    share, rest = divmod(sum(levels.values()), shards)
    if not retired and all(levels[shard] >= share // 2 for shard in range(shards)):
        return []
    goals = {shard: share + (shard < rest) for shard in range(shards)}
    surplus = {shard: units - goals.get(shard, 0) for shard, units in levels.items()}
    lacking = {shard: -units for shard, units in surplus.items() if units < 0}
    transfers = []
    for giver, units in sorted(surplus.items(), key=lambda entry: (entry[0] < shards, -entry[1])):
        if units > 0:
            transfers.append(Transfer(sku, giver, _shared_out(units, lacking)))
    return transfers


def _shared_out(units: int, lacking: dict[int, int]) -> dict[int, int]:
    """Gives units to those that lack some, and notes what they lack then."""
    takers: dict[int, int] = {}
    for shard in list(lacking):
        if not units:
            break
        takers[shard] = min(units, lacking[shard])
        units -= takers[shard]
        lacking[shard] -= takers[shard]
        if not lacking[shard]:
            del lacking[shard]
    return takers
