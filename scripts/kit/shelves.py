"""The stock of every SKU beside what live reservations have taken of it, in one pass.

A scan is no snapshot: while orders run, what it adds up may be of different moments. So a SKU that
does not add up is counted again, between two reads of its shards that must be the same, until the
same difference has been seen twice, or none.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from functions.checkout.invariants import Breach, Shelf, shelf_breaches
from functions.inventory.items import from_item, stock_key
from functions.orders.store import order_key
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Item
from scripts.kit.accounts import scan
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints

PASSES: Final = 6
"""How often a SKU that does not add up is counted again at most."""


@dataclass
class Tally:
    """What one pass adds up for a SKU. `available` is by shard; memory grows with SKUs alone."""

    available: dict[int, int] = field(default_factory=dict)
    received: int = 0
    taken: int = 0

    @property
    def difference(self) -> int:
        """Units too many (or, below zero, too few)."""
        return sum(self.available.values()) + self.taken - self.received

    def breaches(self, sku: str) -> list[Breach]:
        """What is wrong with it."""
        levels = tuple(self.available[shard] for shard in sorted(self.available))
        return shelf_breaches(Shelf(sku, levels, self.received), self.taken)


@dataclass(frozen=True)
class Count:
    """What a whole count has found.

    Attributes:
        breaches: SKU → what is wrong with it.
        moving: SKUs that never stood still while they were counted.
        orphans: orders that live reservations name, and that do not exist.
    """

    skus: int
    breaches: Mapping[str, list[Breach]]
    moving: tuple[str, ...]
    orphans: tuple[str, ...]


Exists = Callable[[Collection[str]], set[str]]
"""Those of some orders that exist."""


class Shelves:
    """Counts the stock of a stage.

    Args:
        exists: says which orders there are.
        progress: told how many items were read.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        clients: Clients,
        exists: Exists,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._table = endpoints.tables["inventory"]
        self._client = clients.dynamodb
        self._database = DynamoDatabase(lambda: self._client)
        self._exists = exists
        self._progress = progress

    def count(self) -> Count:
        """Counts every SKU."""
        tallies, orphans = self._first_pass()
        suspects = {
            sku: tally for sku, tally in tallies.items() if tally.difference or tally.breaches(sku)
        }
        breaches, moving = self._confirm(suspects)
        return Count(len(tallies), breaches, moving, orphans)

    def _first_pass(self) -> tuple[dict[str, Tally], tuple[str, ...]]:
        tallies: dict[str, Tally] = {}
        orphans: list[str] = []
        holders: list[str] = []
        for number, item in enumerate(scan(self._client, self._table), start=1):
            holder = add(tallies, item)
            if holder is not None:
                holders.append(holder)
            if len(holders) == 100:
                orphans += sorted(set(holders) - self._exists(holders))
                holders = []
            self._progress(number)
        if holders:
            orphans += sorted(set(holders) - self._exists(holders))
        return tallies, tuple(orphans)

    def _confirm(
        self, suspects: dict[str, Tally]
    ) -> tuple[dict[str, list[Breach]], tuple[str, ...]]:
        """Counts suspects again: a difference counts when two quiet passes agree on it."""
        seen: dict[str, int] = {}
        breaches: dict[str, list[Breach]] = {}
        for _ in range(PASSES):
            if not suspects:
                break
            quiet = self._quiet_pass(suspects)
            for sku, tally in quiet.items():
                found = tally.breaches(sku)
                if not found:
                    del suspects[sku]
                elif seen.get(sku) == tally.difference:
                    breaches[sku] = found
                    del suspects[sku]
                else:
                    seen[sku] = tally.difference
        return breaches, tuple(sorted(suspects))

    def _quiet_pass(self, suspects: Mapping[str, Tally]) -> dict[str, Tally]:
        """Those of the suspects whose stock stood still, counted anew."""
        before = {sku: self._levels(sku, tally) for sku, tally in suspects.items()}
        tallies = {sku: Tally() for sku in suspects}
        for item in scan(self._client, self._table):
            add(tallies, item, known_only=True)
        return {
            sku: tally
            for sku, tally in tallies.items()
            if before[sku] == (tally.available, tally.received) == self._levels(sku, tally)
        }

    def _levels(self, sku: str, tally: Tally) -> tuple[dict[int, int], int]:
        keys = {stock_key(sku, shard): shard for shard in tally.available}
        if not keys:
            return {}, 0
        found = self._database.read({self._table: list(keys)})[self._table]
        levels = {keys[key]: item["available"] for key, item in found.items()}
        return levels, sum(item["received"] for item in found.values())


def add(tallies: dict[str, Tally], item: Item, *, known_only: bool = False) -> str | None:
    """Adds an item of the inventory to what is added up; returns the order of a live reservation.

    Args:
        known_only: SKUs that are not in `tallies` are left out.
    """
    kind, _, rest = str(item["PK"]).partition("#")
    if kind == "STOCK":
        sku, _, shard = rest.rpartition("#")
        if not known_only or sku in tallies:
            tally = tallies.setdefault(sku, Tally())
            tally.available[int(shard)] = item["available"]
            tally.received += item["received"]
        return None
    if kind != "RESERVATION":
        return None
    reservation = from_item(item)
    if not reservation.taken:
        return None
    for sku, quantity in reservation.taken_by_sku().items():
        if not known_only or sku in tallies:
            tallies.setdefault(sku, Tally()).taken += quantity
    return reservation.order_id


def existing(endpoints: Endpoints, clients: Clients) -> Exists:
    """Asks the orders table, at most 100 orders a call."""
    table = endpoints.tables["orders"]
    database = DynamoDatabase(lambda: clients.dynamodb)

    def ask(orders: Collection[str]) -> set[str]:
        keys = [order_key(one) for one in set(orders)]
        return {key.PK.removeprefix("ORDER#") for key in database.read({table: keys})[table]}

    return ask
