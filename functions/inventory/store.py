"""The writes by which stock is reserved and given back."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
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
    Portion,
    Reservation,
    ReservationState,
    Transfer,
    divide,
    units_of,
)
from functions.inventory.items import (
    from_item,
    hold_partitions,
    partition,
    reservation_key,
    stock_key,
    stored,
)
from functions.shared.clock import to_millis
from functions.shared.errors import Inconsistent
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Write, absent

RESTOCKED_VERSION: Final = 3
"""The aggregate version of InventoryRestocked: a refund restocks after it was paid (2)."""


class ShardShort(Exception):
    """A shard has fewer units than were to be taken from it."""


class ReservationExists(Exception):
    """The order had been served before. `reservation` is what is stored."""

    def __init__(self, reservation: Reservation) -> None:
        super().__init__(f"reservation of {reservation.order_id} is {reservation.state}")
        self.reservation = reservation


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
            changes={"kept" if released else "portions": stored(left)},
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
            changes |= {"portions": stored(back), "kept": stored(kept)}
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
    partitions = hold_partitions()
    shard = zlib.crc32(reservation.order_id.encode()) % len(partitions)
    return {
        "state": str(reservation.state),
        "portions": stored(reservation.portions),
        "expiresAt": expires,
        "GSI1PK": partitions[shard],
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
