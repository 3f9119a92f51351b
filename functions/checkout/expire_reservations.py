"""ExpireReservations, every minute: gives back what is held past its time, never what is sold.

Not a TTL: that is best effort, days late, and deletes the proof.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from functions.checkout.task import database
from functions.inventory.domain import ReservationState
from functions.inventory.items import hold_partitions
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites, ReservationExists
from functions.shared.clock import Clock, to_millis, utc_now
from functions.shared.dynamodb import Database
from functions.shared.logs import about, count, logger
from functions.shared.settings import setting

PER_PARTITION: Final = 25


@dataclass(frozen=True, slots=True)
class ExpireReservations:
    """Releases expired holds. An order that is confirmed later finds its reservation gone."""

    database: Database
    stock: Stock
    inventory: InventoryWrites
    now: Clock

    def __call__(self) -> int:
        """One run; returns how many holds were released."""
        until = f"{to_millis(self.now()):014d}"
        released = 0
        for partition in hold_partitions():
            due = self.database.due(self.stock.table, "GSI1", partition, until, PER_PARTITION)
            released += sum(self._expired(key.PK.removeprefix("RESERVATION#")) for key in due)
        return released

    def _expired(self, order_id: str) -> bool:
        at = self.now()
        reservation = self.stock.reservation(order_id)
        if reservation is None or reservation.state is not ReservationState.HELD:
            return False  # the index lags behind
        if reservation.expires_at > at:
            return False
        try:
            self.database.transact(self.inventory.expire(reservation, at))
        except ReservationExists:
            return False  # confirmed or released meanwhile
        about(order_id)
        count("ReservationsExpired")
        return True


@cache
def _expire_reservations() -> ExpireReservations:
    kept, table = database(), setting("INVENTORY_TABLE")
    return ExpireReservations(kept, Stock(kept, table), InventoryWrites(table), utc_now)


def handler(_event: dict[str, Any], _context: Any) -> dict[str, int]:
    """One run of the schedule."""
    released = _expire_reservations()()
    about(None)
    logger.info("expired", released=released)
    return {"released": released}
