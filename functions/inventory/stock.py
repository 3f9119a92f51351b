"""Reads of the inventory: what stands on which shard of a SKU."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from functions.inventory.domain import Layout, Reservation
from functions.inventory.items import from_item, layout_of, reservation_key, sku_key, stock_key
from functions.shared.dynamodb import Database
from functions.shared.writes import Item, Key

SHARDS_KEPT_SECONDS: Final = 30.0
"""How long a function remembers how many shards a SKU has."""
_TOGETHER: Final = 100


@dataclass(frozen=True, slots=True)
class Shelf:
    """The stock of a SKU: units left by shard, and units ever received."""

    layout: Layout
    available: Mapping[int, int]
    received: int


class Stock:
    """Reads of the inventory.

    Args:
        table: the inventory table's name.
        monotonic: seconds, for the memory of shard counts.
    """

    def __init__(
        self,
        database: Database,
        table: str,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self.table = table
        self._monotonic = monotonic
        self._remembered: dict[str, tuple[Layout, float]] = {}

    def layouts(self, skus: Iterable[str], *, fresh: bool = False) -> dict[str, Layout]:
        """SKU → how its stock stands on shards, by default as remembered."""
        now = self._monotonic()
        wanted = list(skus)
        unknown = [sku for sku in wanted if fresh or self._age(sku, now) > SHARDS_KEPT_SECONDS]
        if unknown:
            found = self._database.read({self.table: [sku_key(sku) for sku in unknown]})
            for sku in unknown:
                self._remember(sku, found[self.table].get(sku_key(sku)), now)
        return {sku: self._remembered[sku][0] for sku in wanted}

    def shards(self, skus: Iterable[str]) -> dict[str, int]:
        """SKU → number of shards to try first, as remembered."""
        return {sku: layout.shards for sku, layout in self.layouts(skus).items()}

    def glance(self, skus: Iterable[str], *, fresh: bool = False) -> dict[str, dict[int, int]]:
        """SKU → shard → units available, each as it was at some moment.

        Nobody's transaction stands in the way of such a read. But a unit that is moved meanwhile
        may be missed, so what it finds is where to take from, never that there is nothing.
        """
        keys = _stock_keys(self.layouts(skus, fresh=fresh))
        levels: dict[str, dict[int, int]] = {}
        for some in _chunks(list(keys)):
            found = self._database.read({self.table: some})[self.table]
            for key in some:
                sku, shard = keys[key]
                levels.setdefault(sku, {})[shard] = _available(found.get(key))
        return levels

    def levels(self, skus: Iterable[str]) -> dict[str, dict[int, int]]:
        """SKU → shard → units available, all shards of a SKU as they were at one moment.

        The SKU's own item is read with them: a shard that was opened since it was last looked at
        is not overlooked.
        """
        levels: dict[str, dict[int, int]] = {}
        pending = self.layouts(skus)
        while pending:
            widened: dict[str, Layout] = {}
            for group in _grouped(pending):
                keys = _stock_keys(group)
                found = self._database.read_together(
                    self.table, [*keys, *(sku_key(sku) for sku in group)]
                )
                for sku, assumed in group.items():
                    layout = self._remember(sku, found.get(sku_key(sku)), self._monotonic())
                    if layout.widest > assumed.widest:
                        widened[sku] = layout
                for key, (sku, shard) in keys.items():
                    levels.setdefault(sku, {})[shard] = _available(found.get(key))
            pending = widened
        return levels

    def _age(self, sku: str, now: float) -> float:
        return now - self._remembered[sku][1] if sku in self._remembered else float("inf")

    def _remember(self, sku: str, item: Item | None, now: float) -> Layout:
        self._remembered[sku] = (layout_of(item), now)
        return self._remembered[sku][0]

    def shelf(self, sku: str) -> Shelf | None:
        """The stock of a SKU, shard by shard, or None if it was never received."""
        key = sku_key(sku)
        item = self._database.read({self.table: [key]})[self.table].get(key)
        if item is None:
            return None
        layout = layout_of(item)
        keys = _stock_keys({sku: layout})
        shards = self._database.read({self.table: list(keys)})[self.table]
        return Shelf(
            layout=layout,
            available={shard: _available(shards.get(key)) for key, (_, shard) in keys.items()},
            received=sum(item["received"] for item in shards.values()),
        )

    def reservation(self, order_id: str) -> Reservation | None:
        """The order's reservation, if it ever had one."""
        key = reservation_key(order_id)
        item = self._database.read({self.table: [key]})[self.table].get(key)
        return from_item(item) if item else None


def _stock_keys(layouts: Mapping[str, Layout]) -> dict[Key, tuple[str, int]]:
    """The key of every shard that may hold units, and whose it is."""
    return {
        stock_key(sku, shard): (sku, shard)
        for sku, layout in layouts.items()
        for shard in range(layout.widest)
    }


def _available(item: Item | None) -> int:
    return item["available"] if item else 0


def _chunks(keys: Sequence[Key]) -> Iterable[Sequence[Key]]:
    return (keys[start : start + _TOGETHER] for start in range(0, len(keys), _TOGETHER))


def _grouped(layouts: Mapping[str, Layout]) -> Iterable[dict[str, Layout]]:
    """SKUs in groups whose shards fit one transaction, each with the SKU's own item."""
    group: dict[str, Layout] = {}
    size = 0
    for sku, layout in layouts.items():
        if group and size + layout.widest + 1 > _TOGETHER:
            yield group
            group, size = {}, 0
        group[sku] = layout
        size += layout.widest + 1
    if group:
        yield group
