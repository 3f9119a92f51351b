"""What is stored of an order and of stock, as an operator reads it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.inventory.domain import Reservation
from functions.inventory.items import from_item as reservation_from
from functions.inventory.items import reservation_key
from functions.inventory.stock import Stock
from functions.orders.domain import Order
from functions.orders.refunds import OrderRefund
from functions.orders.refunds import from_item as refund_from
from functions.orders.store import from_item as order_from
from functions.orders.store import order_key, partition
from functions.payments.ledger import Payment, ledger_key
from functions.payments.ledger import from_item as payment_from
from functions.shared.dynamodb import DynamoDatabase, from_attributes
from functions.shared.writes import Item
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints


@dataclass(frozen=True)
class OrderRecord:
    """Everything that the tables hold of one order.

    Attributes:
        mails: the claims of its e-mails, by template.
        events: types of the events that it and its reservation have written, the oldest first.
        refunds: of parts, the oldest first.
    """

    order: Order
    payment: Payment | None
    reservation: Reservation | None
    mails: Mapping[str, Item]
    events: tuple[str, ...]
    refunds: tuple[OrderRefund, ...] = ()


@dataclass(frozen=True)
class StockLevel:
    """Units of one SKU over all shards."""

    available: int
    received: int


class Records:
    """Reads of the tables of a stage."""

    def __init__(self, endpoints: Endpoints, clients: Clients) -> None:
        self._orders = endpoints.tables["orders"]
        self._inventory = endpoints.tables["inventory"]
        self._client = clients.dynamodb
        self._database = DynamoDatabase(lambda: self._client)

    def order(self, order_id: str) -> OrderRecord | None:
        """The order with its payment, reservation, mails and events; None if there is none."""
        found = {item["SK"]: item for item in self._partition(self._orders, partition(order_id))}
        main = found.get(order_key(order_id).SK)
        if main is None:
            return None
        payment = found.get(ledger_key(order_id).SK)
        held = {
            item["SK"]: item
            for item in self._partition(self._inventory, reservation_key(order_id).PK)
        }
        reservation = held.get(reservation_key(order_id).SK)
        return OrderRecord(
            order=order_from(main),
            payment=payment_from(payment) if payment else None,
            reservation=reservation_from(reservation) if reservation else None,
            mails={
                key.removeprefix("EMAIL#"): item
                for key, item in found.items()
                if key.startswith("EMAIL#")
            },
            events=events_of([*found.values(), *held.values()]),
            refunds=tuple(
                sorted(
                    (refund_from(item) for key, item in found.items() if key.startswith("REFUND#")),
                    key=lambda refund: refund.created_at,
                )
            ),
        )

    def stock(self, skus: Iterable[str]) -> dict[str, StockLevel]:
        """SKU → units; a SKU that was never received has none."""
        return {sku: self._stock(sku) for sku in sorted(set(skus))}

    def _stock(self, sku: str) -> StockLevel:
        shelf = Stock(self._database, self._inventory).shelf(sku)
        if shelf is None:
            return StockLevel(available=0, received=0)
        return StockLevel(available=sum(shelf.available.values()), received=shelf.received)

    def _partition(self, table: str, key: str) -> Iterable[Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="PK = :key",
            ExpressionAttributeValues={":key": {"S": key}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from (from_attributes(item) for item in page["Items"])


def events_of(items: Iterable[Item]) -> tuple[str, ...]:
    """The events among the items, by when they occurred."""
    events = [item for item in items if item["SK"].startswith("EVENT#")]
    return tuple(item["SK"].removeprefix("EVENT#") for item in sorted(events, key=_occurred))


def _occurred(event: Item) -> datetime:
    return datetime.fromisoformat(json.loads(event["detail"])["metadata"]["occurredAt"])
