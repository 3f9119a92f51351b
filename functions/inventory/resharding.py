"""Stock on more shards, or on fewer, while orders run.

A hot SKU on one shard sells as fast as one item can be written. An operator says on how many its
stock stands; then units are moved, from one shard to others in one transaction at a time, each on
the condition that the giver still has them. So every moment between is a valid state: a move that
was refused, killed or done twice at once leaves no unit lost or doubled, and the same command
again goes on.

No shard is ever taken away. Orders try the first shards first, and all that ever were before they
say that a SKU is sold out: what comes back late to a shard that was merged away is still sold.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from boto3.dynamodb.conditions import Attr

from contracts.inventory_api import MAX_SHARDS
from functions.inventory.domain import Layout, evened
from functions.inventory.items import layout_of, same_shards, sku_key, stock_key
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites, ShardShort
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended, TechnicalError
from functions.shared.writes import Item, Write

_ATTEMPTS: Final = 5


class UnknownSku(TechnicalError):
    """Nobody sells this SKU, or nothing was ever received of it."""


class Rearranged(Exception):
    """The SKU's layout is not what it was."""


@dataclass(frozen=True, slots=True)
class Resharding:
    """Changes on how many shards a SKU's stock stands."""

    database: Database
    stock: Stock
    inventory: InventoryWrites

    def announce(self, sku: str, shards: int) -> Layout:
        """Opens the shards and says that orders are to try these first. Moves nothing yet.

        Args:
            shards: 1 to MAX_SHARDS.

        Raises:
            UnknownSku: there is no stock of it.
            ValueError: a number of shards out of bounds.
            Contended: others change the same SKU's layout all the time.
        """
        if not 1 <= shards <= MAX_SHARDS:
            raise ValueError(f"A SKU has 1 to {MAX_SHARDS} shards, not {shards}.")
        for _ in range(_ATTEMPTS):
            item = self._item(sku)
            layout = layout_of(item)
            if layout.shards == shards:
                return layout
            try:
                self.database.transact(self._rearrange(sku, item, shards))
            except Rearranged:
                continue
        raise Contended(f"the layout of {sku} is being changed by others")

    def move(self, sku: str) -> int:
        """Makes one transfer, of those that the layout asks for now.

        Returns:
            How many units were to be moved before it; 0: all is where it belongs. The transfer
            may have been refused, because orders were faster: the next call looks again.

        Raises:
            UnknownSku: there is no stock of it.
        """
        shards = layout_of(self._item(sku)).shards
        transfers = evened(sku, self.stock.glance([sku], fresh=True)[sku], shards)
        if not transfers:
            return 0
        with suppress(ShardShort, Contended):  # orders were faster: nothing was moved
            self.database.transact(self.inventory.transfer(transfers[0]))
        return sum(transfer.units for transfer in transfers)

    def _item(self, sku: str) -> Item:
        key = sku_key(sku)
        found = self.database.read({self.stock.table: [key]})[self.stock.table]
        if key not in found:
            raise UnknownSku(f"nothing was ever received of {sku}")
        return found[key]

    def _rearrange(self, sku: str, item: Item, shards: int) -> list[Write]:
        """Adding 0 makes the item of an added shard, and changes nothing of one that is there."""
        table, before = self.stock.table, layout_of(item)
        widest = max(shards, before.widest)
        layout = Write(
            table=table,
            key=sku_key(sku),
            kind="update",
            changes={"shards": shards, "widest": widest},
            condition=Attr("shards").eq(before.shards) & same_shards(item),
            refused=_rearranged,
        )
        opened = [
            Write(table, stock_key(sku, shard), "update", increments=_NOTHING)
            for shard in range(before.widest, widest)
        ]
        return [layout, *opened]


_NOTHING: Final = {"available": 0, "received": 0}


def _rearranged(_: Item | None) -> Exception:
    return Rearranged()
