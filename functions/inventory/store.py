"""Items of the inventory table, and the writes by which stock is reserved and given back."""

import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from boto3.dynamodb.conditions import Attr, ConditionBase

from contracts.errors import ReservationExpired
from contracts.events.inventory import (
    InventoryReleased,
    InventoryReserved,
    InventoryRestocked,
    StockLine,
)
from functions.inventory.domain import (
    TRANSITIONS,
    VERSIONS,
    Layout,
    Portion,
    Reservation,
    ReservationState,
    Transfer,
    divide,
    units_of,
)
from functions.shared.clock import from_millis, to_millis
from functions.shared.dynamodb import Database
from functions.shared.errors import Inconsistent
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent

EXPIRY_SHARDS: Final = 16
"""Partitions of the index of holds: one takes 1,000 writes a second."""
SHARDS_KEPT_SECONDS: Final = 30.0
"""How long a function remembers how many shards a SKU has."""
_TOGETHER: Final = 100
METADATA: Final = "METADATA"
RESTOCKED_VERSION: Final = 3
"""The aggregate version of InventoryRestocked: a refund restocks after it was paid (2)."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The stock of a SKU: units left by shard, and units ever received."""

    layout: Layout
    available: Mapping[int, int]
    received: int


class ShardShort(Exception):
    """A shard has fewer units than were to be taken from it."""


class ReservationExists(Exception):
    """The order had been served before. `reservation` is what is stored."""

    def __init__(self, reservation: Reservation) -> None:
        super().__init__(f"reservation of {reservation.order_id} is {reservation.state}")
        self.reservation = reservation


def partition(order_id: str) -> str:
    """The partition of an order's reservation."""
    return f"RESERVATION#{order_id}"


def reservation_key(order_id: str) -> Key:
    """The key of an order's reservation."""
    return Key(partition(order_id), METADATA)


def stock_key(sku: str, shard: int) -> Key:
    """The key of one shard of a SKU's stock."""
    return Key(f"STOCK#{sku}#{shard}", METADATA)


def sku_key(sku: str) -> Key:
    """The key of the item that says into how many shards a SKU's stock is split."""
    return Key(f"SKU#{sku}", METADATA)


def hold_partitions() -> list[str]:
    """All partitions of the index of holds, by when they expire."""
    return [f"HOLDS#{shard:02d}" for shard in range(EXPIRY_SHARDS)]


def layout_of(item: Item | None) -> Layout:
    """What the SKU's item says. A SKU without one has one shard, which may not exist."""
    if item is None:
        return Layout(1, 1)
    shards: int = item["shards"]
    return Layout(shards, item.get("widest", shards))


def same_shards(item: Item) -> ConditionBase:
    """No shard was opened since the SKU's item was read."""
    widest = Attr("widest")
    return widest.eq(item["widest"]) if "widest" in item else widest.not_exists()


def from_item(item: Item) -> Reservation:
    """The stored reservation."""
    return Reservation(
        order_id=item["PK"].removeprefix("RESERVATION#"),
        state=ReservationState(item["state"]),
        portions=_portions(item["portions"]),
        expires_at=from_millis(item["expiresAt"]),
        kept=_portions(item.get("kept", ())),
        returns=item.get("returns", 0),
    )


def _portions(stored: Iterable[Item]) -> tuple[Portion, ...]:
    return tuple(Portion(p["sku"], p["shard"], p["quantity"]) for p in stored)


def _stored(portions: Iterable[Portion]) -> list[Item]:
    return [{"sku": p.sku, "shard": p.shard, "quantity": p.quantity} for p in portions]


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


class InventoryWrites:
    """What may be done to the inventory, as writes for a transaction.

    Args:
        table: the inventory table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def hold(
        self, order_id: str, portions: Sequence[Portion], at: datetime, expires_at: datetime
    ) -> tuple[Write, list[Write]]:
        """Holds units for an order.

        Returns:
            The reservation (refused with ReservationExists), which is judged before everything
            else, and the rest: the stock (refused with ShardShort) and the event.
        """
        reservation = Reservation(order_id, ReservationState.HELD, tuple(portions), expires_at)
        put = Write(
            table=self.table,
            key=reservation_key(order_id),
            kind="put",
            item=_to_item(reservation),
            condition=absent(),
            refused=_exists,
        )
        reserved = InventoryReserved(order_id=order_id, lines=_stock_lines(reservation.portions))
        event = self._event(reservation, reserved, ReservationState.HELD, at)
        return put, [*(self._take(portion) for portion in portions), event]

    def commit(self, order_id: str) -> Write:
        """What was held is sold. Refused with ReservationExpired."""
        return Write(
            table=self.table,
            key=reservation_key(order_id),
            kind="update",
            changes={"state": str(ReservationState.COMMITTED)},
            removals=("GSI1PK", "GSI1SK"),
            condition=moved_from("state", *sources(TRANSITIONS, ReservationState.COMMITTED)),
            refused=_expired,
        )

    def release(
        self, reservation: Reservation, at: datetime, wanted: Mapping[str, int] | None = None
    ) -> list[Write]:
        """Gives the units back, once. Refused with ReservationExists.

        Args:
            reservation: as it was read; refused as well if a refund has restocked meanwhile.
            wanted: SKU → units to give back; the rest is kept for refunds. By default all.
        """
        allowed = sources(TRANSITIONS, ReservationState.RELEASED)
        return self._give_back_all(reservation, at, *allowed, wanted=wanted)

    def restock(
        self, reservation: Reservation, refund_id: str, units: Mapping[str, int], at: datetime
    ) -> list[Write]:
        """Puts units that a refund took back on the shelf. Refused with ReservationExists.

        Args:
            reservation: as it was read; refused if it has changed since.
            units: SKU → units, all of which it still has.
        """
        released = reservation.state is ReservationState.RELEASED
        source = reservation.kept if released else reservation.portions
        back, left = divide(source, units)
        event = InventoryRestocked(
            order_id=reservation.order_id, refund_id=refund_id, lines=_stock_lines(back)
        )
        move = Write(
            table=self.table,
            key=reservation_key(reservation.order_id),
            kind="update",
            changes={"kept" if released else "portions": _stored(left)},
            increments={"returns": 1},
            condition=moved_from("state", reservation.state) & _still(reservation),
            refused=_exists,
        )
        told = outbox(
            self.table,
            partition(reservation.order_id),
            event,
            aggregate_id=f"refund-{refund_id}",
            aggregate_version=RESTOCKED_VERSION,
            correlation_id=reservation.order_id,
            occurred_at=at,
            occasion=refund_id,
        )
        return [move, *(self._give_back(portion) for portion in back), told]

    def expire(self, reservation: Reservation, at: datetime) -> list[Write]:
        """Gives held units back, never sold ones. Refused with ReservationExists."""
        return self._give_back_all(reservation, at, ReservationState.HELD)

    def transfer(self, transfer: Transfer) -> list[Write]:
        """Moves units between shards. Refused with ShardShort, if the giver has too few by now."""
        takers = transfer.takers.items()
        return [
            self._take(Portion(transfer.sku, transfer.giver, transfer.units)),
            *(self._give_back(Portion(transfer.sku, shard, units)) for shard, units in takers),
        ]

    def _give_back_all(
        self,
        reservation: Reservation,
        at: datetime,
        *since: ReservationState,
        wanted: Mapping[str, int] | None = None,
    ) -> list[Write]:
        back, kept = reservation.portions, tuple[Portion, ...]()
        changes: dict[str, Any] = {"state": str(ReservationState.RELEASED)}
        if wanted is not None:
            back, kept = divide(reservation.portions, wanted)
            changes |= {"portions": _stored(back), "kept": _stored(kept)}
        move = Write(
            table=self.table,
            key=reservation_key(reservation.order_id),
            kind="update",
            changes=changes,
            removals=("GSI1PK", "GSI1SK"),
            condition=moved_from("state", *since) & _still(reservation),
            refused=_exists,
        )
        released = InventoryReleased(order_id=reservation.order_id, lines=_stock_lines(back))
        event = self._event(reservation, released, ReservationState.RELEASED, at)
        return [move, *(self._give_back(portion) for portion in back), event]

    def _take(self, portion: Portion) -> Write:
        return Write(
            table=self.table,
            key=stock_key(portion.sku, portion.shard),
            kind="update",
            increments={"available": -portion.quantity},
            condition=Attr("available").gte(portion.quantity),
            refused=lambda _: ShardShort(f"{portion.sku}, shard {portion.shard}"),
        )

    def _give_back(self, portion: Portion) -> Write:
        return Write(
            table=self.table,
            key=stock_key(portion.sku, portion.shard),
            kind="update",
            increments={"available": portion.quantity},
            condition=Attr("available").exists(),
            refused=lambda _: Inconsistent(f"no stock item {portion.sku}#{portion.shard}"),
        )

    def _event(
        self,
        reservation: Reservation,
        event: InventoryReserved | InventoryReleased,
        reached: ReservationState,
        at: datetime,
    ) -> Write:
        return outbox(
            self.table,
            partition(reservation.order_id),
            event,
            aggregate_id=f"reservation-{reservation.order_id}",
            aggregate_version=VERSIONS[reached],
            correlation_id=reservation.order_id,
            occurred_at=at,
        )


def _to_item(reservation: Reservation) -> Item:
    expires = to_millis(reservation.expires_at)
    shard = zlib.crc32(reservation.order_id.encode()) % EXPIRY_SHARDS
    return {
        "state": str(reservation.state),
        "portions": _stored(reservation.portions),
        "expiresAt": expires,
        "GSI1PK": hold_partitions()[shard],
        "GSI1SK": f"{expires:014d}",
    }


def _still(reservation: Reservation) -> ConditionBase:
    """No refund has restocked units of it since it was read."""
    seen = Attr("returns")
    return seen.eq(reservation.returns) if reservation.returns else seen.not_exists()


def _stock_lines(portions: Iterable[Portion]) -> tuple[StockLine, ...]:
    units = units_of(portions).items()
    return tuple(StockLine(sku=sku, quantity=quantity) for sku, quantity in units)


def _exists(item: Item | None) -> Exception:
    if item is None:
        return Inconsistent("there is no such reservation")
    return ReservationExists(from_item(item))


def _expired(item: Item | None) -> Exception:
    state = item["state"] if item else "absent"
    return ReservationExpired(f"the reservation is {state}")
