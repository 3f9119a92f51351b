"""ReportAbandonedCarts, on a schedule: publishes CartAbandoned once for carts that lie idle.

The event goes by the outbox of the orders table, as an item that is named after the customer and
the cart's last change: a run that is killed before it takes the cart from the index writes the
same item again, which publishes nothing. A cart that is changed meanwhile stays in the index and
is idle again later.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Any, Final

from contracts.events.carts import CartAbandoned, CartLine
from functions.carts.client import redis
from functions.carts.domain import IdleCart, IdleCarts
from functions.carts.erasure import cart_partition
from functions.carts.store import RedisCarts
from functions.shared import clients
from functions.shared.clock import Clock, from_millis, utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.logs import count, logger
from functions.shared.outbox import outbox
from functions.shared.settings import setting
from functions.shared.writes import Write

PER_BUCKET: Final = 20
"""Carts of one bucket a run: the rest waits for the next."""


@dataclass(frozen=True, slots=True)
class ReportAbandonedCarts:
    """Reports idle carts.

    Args:
        table: of the outbox.
        idle_for: since the last change.
    """

    carts: IdleCarts
    database: Database
    table: str
    idle_for: timedelta
    now: Clock

    def __call__(self) -> int:
        """One run. Returns how many carts were reported."""
        reported = 0
        for cart in self.carts.idle(self.now() - self.idle_for, PER_BUCKET):
            if cart.items:  # else it has expired: the index alone still knows it
                self.database.write(self._event(cart))
                reported += 1
            self.carts.forget(cart)
        if reported:
            count("CartsAbandoned", reported)
        return reported

    def _event(self, cart: IdleCart) -> Write:
        lines = tuple(
            CartLine(product_id=item.product_id, variant_id=item.variant_id, quantity=quantity)
            for item, quantity in cart.items.items()
        )
        return outbox(
            self.table,
            cart_partition(cart.customer_id),
            CartAbandoned(customer_id=cart.customer_id, lines=lines),
            aggregate_id=cart.customer_id,
            aggregate_version=cart.changed_at,
            correlation_id=cart.customer_id,
            occurred_at=from_millis(cart.changed_at),
            occasion=str(cart.changed_at),
        )


@cache
def _report() -> ReportAbandonedCarts:
    return ReportAbandonedCarts(
        RedisCarts(redis, utc_now),
        DynamoDatabase(clients.dynamodb),
        setting("ORDERS_TABLE"),
        timedelta(seconds=int(setting("CART_IDLE_SECONDS"))),
        utc_now,
    )


def handler(_event: dict[str, Any], _context: Any) -> int:
    """One run."""
    reported = _report()()
    logger.info("abandoned carts", reported=reported)
    return reported
