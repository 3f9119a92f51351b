"""Who has bought what: told by the orders' events, so that a review can be marked as a buyer's.

| PK | SK | item |
|---|---|---|
| `PURCHASE#<orderId>` | `METADATA` | the order's products, and whether the purchase stands |
| `BUYER#<customerId>` | `PRODUCT#<productId>` | how many purchases of the product stand |

A buyer's partition, not the product's: every order of a product that sells well would write to it.

Events come in any order and more than once. The purchase's item moves absent → STANDS → CANCELLED
or absent → CANCELLED, each once, and the buyer's count with it in one transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts.catalog_items import product_pk
from contracts.events.orders import OrderCancelled, OrderConfirmed
from functions.catalog.attempts import Pause, decided, pause
from functions.catalog.store import ProductMoved
from functions.shared import clients
from functions.shared.deliveries import delivery, detail_type, handle_each
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.settings import setting
from functions.shared.writes import Item, Key, Write, absent


class PurchaseState(StrEnum):
    """Whether a purchase counts."""

    STANDS = "STANDS"
    CANCELLED = "CANCELLED"


def purchase_key(order_id: str) -> Key:
    """The key of an order's purchase."""
    return Key(f"PURCHASE#{order_id}", "METADATA")


def buyer_key(product_id: str, customer_id: str) -> Key:
    """The key of a customer's purchases of a product."""
    return Key(f"BUYER#{customer_id}", product_pk(product_id))


def has_bought(item: Item | None) -> bool:
    """Whether a purchase stands, by the buyer's item."""
    return item is not None and item["purchases"] > 0


@dataclass(frozen=True, slots=True)
class Purchases:
    """Notes purchases.

    Args:
        table: the catalog table's name.
    """

    database: Database
    table: str
    pause: Pause = pause

    def confirmed(self, event: OrderConfirmed) -> None:
        """The customer has bought the products of the order, unless it is cancelled already."""
        decided(lambda: self._stand(event), self.pause)

    def cancelled(self, event: OrderCancelled) -> None:
        """The order counts no more, nor will it."""
        decided(lambda: self._cancel(event), self.pause)

    def _stand(self, event: OrderConfirmed) -> None:
        if self._stored(event.order_id) is not None:
            return
        products = sorted({line.product_id for line in event.lines})
        put = self._put(event.order_id, PurchaseState.STANDS, products)
        self.database.transact([put, *self._counted(products, event.customer_id, 1)])

    def _cancel(self, event: OrderCancelled) -> None:
        stored = self._stored(event.order_id)
        if stored is None:
            self.database.transact([self._put(event.order_id, PurchaseState.CANCELLED, [])])
        elif stored["state"] == PurchaseState.STANDS:
            cancel = Write(
                table=self.table,
                key=purchase_key(event.order_id),
                kind="update",
                changes={"state": str(PurchaseState.CANCELLED)},
                condition=Attr("state").eq(str(PurchaseState.STANDS)),
                refused=_moved,
            )
            counted = self._counted(stored["products"], event.customer_id, -1)
            self.database.transact([cancel, *counted])

    def _stored(self, order_id: str) -> Item | None:
        key = purchase_key(order_id)
        return self.database.read({self.table: [key]})[self.table].get(key)

    def _put(self, order_id: str, state: PurchaseState, products: list[str]) -> Write:
        return Write(
            table=self.table,
            key=purchase_key(order_id),
            kind="put",
            item={"state": str(state), "products": products},
            condition=absent(),
            refused=_moved,
        )

    def _counted(self, products: Iterable[str], customer_id: str, by: int) -> list[Write]:
        keys = [buyer_key(product_id, customer_id) for product_id in products]
        return [Write(self.table, key, "update", increments={"purchases": by}) for key in keys]


def _moved(_: Item | None) -> Exception:
    return ProductMoved()


_noting: Final[list[Purchases]] = []


def _purchases() -> Purchases:
    if not _noting:
        _noting.append(Purchases(DynamoDatabase(clients.dynamodb), setting("CATALOG_TABLE")))
    return _noting[0]


def _note(body: str) -> None:
    if detail_type(body) == OrderCancelled.event_type():
        _purchases().cancelled(delivery(body, OrderCancelled).detail.data)
    else:
        _purchases().confirmed(delivery(body, OrderConfirmed).detail.data)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of OrderConfirmed and OrderCancelled."""
    return handle_each(event, _note, "purchase not noted")
