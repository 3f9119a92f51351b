"""WatchStock: says when a SKU is sold out, when it has units again, and before, when it runs low.

The table's stream brings it every shard that came to zero or to the mark of `LOW_STOCK`, or left
it, and nothing else; so an order pays nothing for it. Whether the SKU as a whole has crossed is
judged here, and written with its event in one transaction that proves it: the shards are checked in
the very transaction, so a judge who was slow is refused and looks again.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts.events.envelope import DomainEvent
from contracts.events.inventory import LOW_STOCK, AvailabilityChanged, StockRanLow
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

    def __call__(self, sku: str) -> list[DomainEvent]:
        """Publishes what the SKU has crossed since it was last told of.

        Returns:
            The news, AvailabilityChanged or StockRanLow; none where there are none.

        Raises:
            Contended: its stock moves faster than it can be judged.
        """
        news: list[DomainEvent] = []
        for mark in (_SOLD_OUT, _LOW):
            news += self._judge(sku, mark)
        return news

    def _judge(self, sku: str, mark: "_Mark") -> list[DomainEvent]:
        for _ in range(_ATTEMPTS):
            key = sku_key(sku)
            item = self.database.read({self.stock.table: [key]})[self.stock.table].get(key)
            levels = self.stock.glance([sku], fresh=True)[sku]
            if item is None or item.get(mark.attribute) is mark.above(levels):
                return []
            known = mark.attribute in item
            event = mark.news(sku, levels) if known or mark.tells_first else None
            try:
                self.database.transact(self._change(sku, item, levels, mark, event))
            except Moved:
                continue
            return [event] if event else []
        raise Contended(f"the stock of {sku} moves faster than it can be judged")

    def _change(
        self,
        sku: str,
        item: Item,
        levels: Mapping[int, int],
        mark: "_Mark",
        event: DomainEvent | None,
    ) -> list[Write]:
        key, version = sku_key(sku), item.get(mark.version, 0) + 1
        told = Attr(mark.version)
        change = Write(
            table=self.stock.table,
            key=key,
            kind="update",
            changes={mark.attribute: mark.above(levels), mark.version: version},
            condition=(told.eq(version - 1) if version > 1 else told.not_exists())
            & same_shards(item),
            refused=_moved,
        )
        writes = [change, *self._proof(sku, levels, mark.units)]
        if event is not None:
            writes.append(
                outbox(
                    self.stock.table,
                    key.PK,
                    event,
                    aggregate_id=f"{mark.aggregate}-{sku}",
                    aggregate_version=version,
                    correlation_id=sku,
                    occurred_at=self.now(),
                    occasion=str(version),
                )
            )
        return writes

    def _proof(self, sku: str, levels: Mapping[int, int], units: int) -> Iterable[Write]:
        """Any one shard above a mark proves that the SKU is; all at it or below, that it is not."""
        above = [shard for shard, level in levels.items() if level > units]
        condition = Attr("available").gte(units + 1) if above else Attr("available").lte(units)
        for shard in above[:1] or levels:
            key = stock_key(sku, shard)
            yield Write(self.stock.table, key, "check", condition=condition, refused=_moved)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A number of units that no shard of a SKU exceeds, or some does.

    Attributes:
        attribute: of the SKU's item: whether some does, as it was last told.
        version: of the SKU's item: grows with each crossing.
        aggregate: whose version it is.
        news: what is told of a crossing.
        tells_first: also of the first judgement, which crosses nothing.
    """

    units: int
    attribute: str
    version: str
    aggregate: str
    news: Callable[[str, Mapping[int, int]], DomainEvent | None]
    tells_first: bool

    def above(self, levels: Mapping[int, int]) -> bool:
        """Whether some shard exceeds it."""
        return any(level > self.units for level in levels.values())


def _availability(sku: str, levels: Mapping[int, int]) -> DomainEvent:
    return AvailabilityChanged(sku=sku, in_stock=any(levels.values()))


def _level(sku: str, levels: Mapping[int, int]) -> DomainEvent | None:
    """Nothing of a SKU that is filled up, or sold out, which is told."""
    available = sum(levels.values())
    if not available or _LOW.above(levels):
        return None
    return StockRanLow(sku=sku, available=available)


_SOLD_OUT: Final = _Mark(
    0, "inStock", "availabilityVersion", "sku", _availability, tells_first=True
)
_LOW: Final = _Mark(LOW_STOCK, "wellStocked", "levelVersion", "level", _level, tells_first=False)


def _moved(_: Item | None) -> Exception:
    return Moved()


@cache
def _watch_stock() -> WatchStock:
    database = DynamoDatabase(clients.dynamodb)
    return WatchStock(database, Stock(database, setting("INVENTORY_TABLE")), utc_now)


def handler(event: Mapping[str, Any], _context: object) -> None:
    """Judges the SKUs of a batch of the stream. Any failure brings the batch again: that a SKU is
    judged twice does no harm.
    """
    for sku in sorted({_sku_of(record) for record in event["Records"]}):
        for news in _watch_stock()(sku):
            logger.info("told", sku=sku, event_type=news.event_type())


def _sku_of(record: Mapping[str, Any]) -> str:
    partition: str = record["dynamodb"]["Keys"]["PK"]["S"]
    return partition.removeprefix("STOCK#").rpartition("#")[0]
