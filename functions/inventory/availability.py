"""WatchStock: says when a SKU is sold out, and when it has units again.

The table's stream brings it every shard that came to zero or left it, and nothing else; so an
order pays nothing for it. Whether the SKU as a whole has crossed is judged here, and written with
its event in one transaction that proves it: the shards are checked in the very transaction, so a
judge who was slow is refused and looks again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts.events.inventory import AvailabilityChanged
from functions.inventory.items import same_shards, sku_key, stock_key
from functions.inventory.stock import Stock
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.errors import Contended
from functions.shared.logs import logger
from functions.shared.outbox import outbox
from functions.shared.settings import setting
from functions.shared.writes import Item, Write

_ATTEMPTS: Final = 5


class Moved(Exception):
    """The stock is not any more as it was judged."""


@dataclass(frozen=True, slots=True)
class WatchStock:
    """Judges whether SKUs are sold out."""

    database: Database
    stock: Stock
    now: Clock

    def __call__(self, sku: str) -> bool | None:
        """Publishes AvailabilityChanged if the SKU has crossed since it was last told of.

        Returns:
            Whether it has units, if that is news; else None.

        Raises:
            Contended: its stock moves faster than it can be judged.
        """
        for _ in range(_ATTEMPTS):
            key = sku_key(sku)
            item = self.database.read({self.stock.table: [key]})[self.stock.table].get(key)
            levels = self.stock.glance([sku], fresh=True)[sku]
            in_stock = any(levels.values())
            if item is None or item.get("inStock") is in_stock:
                return None
            try:
                self.database.transact(self._change(sku, item, levels))
            except Moved:
                continue
            return in_stock
        raise Contended(f"the stock of {sku} moves faster than it can be judged")

    def _change(self, sku: str, item: Item, levels: Mapping[int, int]) -> list[Write]:
        key, version = sku_key(sku), item.get("availabilityVersion", 0) + 1
        in_stock = any(levels.values())
        told = Attr("availabilityVersion")
        change = Write(
            table=self.stock.table,
            key=key,
            kind="update",
            changes={"inStock": in_stock, "availabilityVersion": version},
            condition=(told.eq(version - 1) if version > 1 else told.not_exists())
            & same_shards(item),
            refused=_moved,
        )
        event = outbox(
            self.stock.table,
            key.PK,
            AvailabilityChanged(sku=sku, in_stock=in_stock),
            aggregate_id=f"sku-{sku}",
            aggregate_version=version,
            correlation_id=sku,
            occurred_at=self.now(),
            occasion=str(version),
        )
        return [change, *self._proof(sku, levels), event]

    def _proof(self, sku: str, levels: Mapping[int, int]) -> Iterable[Write]:
        """Any one shard with units proves that there are some; all without, that there are none."""
        filled = [shard for shard, units in levels.items() if units]
        condition = Attr("available").gte(1) if filled else Attr("available").eq(0)
        for shard in filled[:1] or levels:
            key = stock_key(sku, shard)
            yield Write(self.stock.table, key, "check", condition=condition, refused=_moved)


def _moved(_: Item | None) -> Exception:
    return Moved()


_watch: list[WatchStock] = []


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Judges the SKUs of a batch of the stream. Any failure brings the batch again: that a SKU is
    judged twice does no harm.
    """
    if not _watch:
        database = DynamoDatabase(clients.dynamodb)
        _watch.append(WatchStock(database, Stock(database, setting("INVENTORY_TABLE")), utc_now))
    for sku in sorted({_sku_of(record) for record in event["Records"]}):
        in_stock = _watch[0](sku)
        if in_stock is not None:
            logger.info("availability changed", sku=sku, in_stock=in_stock)


def _sku_of(record: Mapping[str, Any]) -> str:
    partition: str = record["dynamodb"]["Keys"]["PK"]["S"]
    return partition.removeprefix("STOCK#").rpartition("#")[0]
