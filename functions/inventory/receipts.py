"""Units that come in: each receipt once, whatever is sent twice."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from boto3.dynamodb.conditions import Attr

from contracts import catalog_items
from contracts.events.inventory import StockReceived
from contracts.ids import receipt_id
from functions.inventory.items import METADATA, layout_of, sku_key, stock_key
from functions.inventory.resharding import UnknownSku
from functions.inventory.stock import Stock
from functions.shared.clock import Clock, to_millis
from functions.shared.dynamodb import Database
from functions.shared.errors import Contended, Inconsistent
from functions.shared.outbox import outbox
from functions.shared.writes import Item, Key, Write, absent

_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Receipt:
    """Units of a SKU that came in under one idempotency key."""

    receipt_id: str
    sku: str
    quantity: int


class ReceiptExists(Exception):
    """It was noted before. `quantity` is what was noted."""

    def __init__(self, quantity: int) -> None:
        super().__init__("the receipt was noted before")
        self.quantity = quantity


class _SkuExists(Exception):
    """Another receipt was the SKU's first."""


@dataclass(frozen=True, slots=True)
class ReceiveStock:
    """Notes receipts. The first one of a SKU gives it its one shard.

    Attributes:
        catalog: the catalog's table, which knows the SKUs of which nothing has come in yet.
    """

    database: Database
    stock: Stock
    catalog: str
    now: Clock
    rng: random.Random = field(default_factory=random.SystemRandom)

    def __call__(self, sku: str, quantity: int, idempotency_key: str) -> Receipt:
        """The receipt of this key, noted now or before.

        Raises:
            UnknownSku: it is no variant's, and nothing was ever received of it.
            ReceiptExists: another quantity was noted under this key.
        """
        receipt = Receipt(receipt_id(sku, idempotency_key), sku, quantity)
        for _ in range(_ATTEMPTS):
            try:
                self.database.transact([self._note(receipt), *self._add(receipt)])
            except _SkuExists:
                continue
            except ReceiptExists as noted:
                if noted.quantity != quantity:
                    raise
            return receipt
        raise Contended(f"{sku} is neither there nor not")

    def _note(self, receipt: Receipt) -> Write:
        return Write(
            table=self.stock.table,
            key=Key(_partition(receipt), METADATA),
            kind="put",
            item={
                "sku": receipt.sku,
                "quantity": receipt.quantity,
                "receivedAt": to_millis(self.now()),
            },
            condition=absent(),
            refused=_noted,
        )

    def _add(self, receipt: Receipt) -> Sequence[Write]:
        table, sku, quantity = self.stock.table, receipt.sku, receipt.quantity
        item = self._sku(sku)
        shard = self.rng.randrange(layout_of(item).shards)
        added = Write(
            table=table,
            key=stock_key(sku, shard),
            kind="update",
            increments={"available": quantity, "received": quantity},
            condition=Attr("available").exists() if item else absent(),
            refused=lambda _: Inconsistent(f"{sku}, shard {shard}, contradicts the SKU's item"),
        )
        event = outbox(
            table,
            _partition(receipt),
            StockReceived(receipt_id=receipt.receipt_id, sku=sku, quantity=quantity),
            aggregate_id=f"receipt-{receipt.receipt_id}",
            aggregate_version=1,
            correlation_id=receipt.receipt_id,
            occurred_at=self.now(),
        )
        return [added, event] if item else [_first(table, sku), added, event]

    def _sku(self, sku: str) -> Item | None:
        """The SKU's item; None before its first receipt."""
        key, sold = sku_key(sku), Key(**catalog_items.sku_key(sku))
        found = self.database.read({self.stock.table: [key], self.catalog: [sold]})
        item = found[self.stock.table].get(key)
        if item is None and not catalog_items.names_variant(found[self.catalog].get(sold, {})):
            raise UnknownSku(f"nobody sells {sku}")
        return item


def _partition(receipt: Receipt) -> str:
    return f"RECEIPT#{receipt.receipt_id}"


def _first(table: str, sku: str) -> Write:
    return Write(
        table=table,
        key=sku_key(sku),
        kind="put",
        item={"shards": 1},
        condition=absent(),
        refused=lambda _: _SkuExists(),
    )


def _noted(item: Item | None) -> Exception:
    return ReceiptExists(item["quantity"]) if item else Inconsistent("there is no such receipt")
