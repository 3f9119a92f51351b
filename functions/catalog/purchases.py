"""Who has bought what: told by the orders' events, so that a review can be marked as a buyer's.

| PK | SK | item |
|---|---|---|
| `BUYER#<customerId>` | `PRODUCT#<productId>#ORDER#<orderId>` | whether the purchase stands |

A buyer's partition, not the product's: every order of a product that sells well would write to it.

Events come in any order and more than once. A cancelled purchase is written whatever is there, one
that stands only where nothing is: so the end is the same, without reading anything.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from contracts.catalog_items import product_pk
from contracts.events.orders import EventLine, OrderCancelled, OrderConfirmed
from functions.shared import clients
from functions.shared.deliveries import delivery, detail_type, handle_each
from functions.shared.dynamodb import Database, DynamoDatabase, Rows
from functions.shared.settings import setting
from functions.shared.writes import Item, Key, Write, absent


class Purchase(StrEnum):
    """Whether a purchase counts."""

    STANDS = "STANDS"
    CANCELLED = "CANCELLED"


class _Known(Exception):
    """The purchase was told of before."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """Who has bought what.

    Args:
        table: the catalog table's name.
    """

    database: Database
    table: str

    def confirmed(self, event: OrderConfirmed) -> None:
        """The customer has bought the order's products, unless it is cancelled already."""
        for key in purchase_keys(event.customer_id, event.order_id, _products(event.lines)):
            with suppress(_Known):
                self.database.write(
                    Write(
                        table=self.table,
                        key=key,
                        kind="put",
                        item=_item(Purchase.STANDS),
                        condition=absent(),
                        refused=lambda _: _Known(),
                    )
                )

    def cancelled(self, event: OrderCancelled) -> None:
        """The order counts no more, nor will it."""
        for key in purchase_keys(event.customer_id, event.order_id, _products(event.lines)):
            self.database.write(Write(self.table, key, "put", item=_item(Purchase.CANCELLED)))

    def has_bought(self, customer_id: str, product_id: str) -> bool:
        """Whether a purchase of the product stands."""
        rows = Rows(self.table, _partition(customer_id), f"{product_pk(product_id)}#")
        return any(item["state"] == Purchase.STANDS for item in self.database.query(rows).items)


def _partition(customer_id: str) -> str:
    return f"BUYER#{customer_id}"


def purchase_keys(customer_id: str, order_id: str, products: Iterable[str]) -> list[Key]:
    """The keys of an order's purchases, one for each product."""
    return [
        Key(_partition(customer_id), f"{product_pk(product_id)}#ORDER#{order_id}")
        for product_id in sorted(set(products))
    ]


def _products(lines: Iterable[EventLine]) -> list[str]:
    return [line.product_id for line in lines]


def _item(state: Purchase) -> Item:
    return {"state": str(state)}


@cache
def _purchases() -> Purchases:
    return Purchases(DynamoDatabase(clients.dynamodb), setting("CATALOG_TABLE"))


def _note(body: str) -> None:
    if detail_type(body) == OrderCancelled.event_type():
        _purchases().cancelled(delivery(body, OrderCancelled).detail.data)
    else:
        _purchases().confirmed(delivery(body, OrderConfirmed).detail.data)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of OrderConfirmed and OrderCancelled."""
    return handle_each(event, _note, "purchase not noted")
