"""What consumers keep, compared with what it is made from: agreement, and each way to differ."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.orders import EventLine, OrderCancelled, OrderConfirmed
from functions.catalog.purchases import Purchases
from functions.catalog.store import sku_key as catalog_key
from functions.inventory.items import sku_key
from functions.orders.domain import Order, OrderLine, OrderStatus
from functions.orders.store import order_key, to_item
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Key, Write
from scripts.kit import parity
from scripts.kit.endpoints import Endpoints
from tests.support.emulator import Emulator
from tests.support.stages import bare_stage
from tests.support.tables import create_table

CUSTOMER = "customer-1"


class Stage:
    """The tables that are compared."""

    def __init__(self, emulator: Emulator) -> None:
        name = f"commerce-{uuid4().hex[:8]}"
        tables = {table: f"{name}-{table}" for table in ("orders", "inventory", "catalog")}
        client = emulator.client("dynamodb")
        for table in tables.values():
            create_table(client, table)
        self.endpoints: Endpoints = bare_stage(emulator.url, name, tables)
        self.database = DynamoDatabase(lambda: client)
        self.purchases = Purchases(self.database, tables["catalog"])

    def put(self, table: str, key: Key, **item: Any) -> None:
        """Store an item."""
        self.database.write(Write(self.endpoints.tables[table], key, "put", item=item))

    def order(self, status: OrderStatus, *products: str) -> str:
        """An order of these products."""
        order_id = str(uuid4())
        lines = tuple(OrderLine(one, "red", one.upper(), one, 1, 100) for one in products)
        order = Order(
            order_id,
            CUSTOMER,
            status,
            lines,
            {},
            "pm",
            100,
            "EUR",
            "",
            datetime(2026, 3, 1, tzinfo=UTC),
            {},
            saga_open=False,
        )
        self.put("orders", order_key(order_id), **to_item(order))
        return order_id

    def compared(self, how: parity.Compare) -> dict[str, str]:
        """The differences."""
        return how(self.endpoints, self.endpoints.clients(), lambda _: None)


@pytest.fixture
def stage(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(parity, "PAUSE", 0.0)
    return Stage(emulator)


def lines(*products: str) -> tuple[EventLine, ...]:
    """An order's lines, as its events carry them."""
    return tuple(
        EventLine.model_construct(product_id=one, variant_id="red", quantity=1) for one in products
    )


def test_stock_agrees_where_the_newest_was_told(stage: Stage) -> None:
    for number in range(parity.TOGETHER + 5):
        stage.put("catalog", catalog_key(f"SKU-{number}"), inStock=True, told=3)
        stage.put("inventory", sku_key(f"SKU-{number}"), inStock=True, availabilityVersion=3)
    stage.put("catalog", catalog_key("NEVER-RECEIVED"), productId="mug", variantId="red")
    assert stage.compared(parity.stock) == {}
    stage.put("inventory", sku_key("SKU-104"), inStock=False, availabilityVersion=4)
    stage.put("catalog", catalog_key("SKU-7"), inStock=False, told=3)
    assert stage.compared(parity.stock) == {
        "SKU-104": "in stock True by version 3 in the catalog, False by 4 in the inventory",
        "SKU-7": "in stock False by version 3 in the catalog, True by 3 in the inventory",
    }


def test_purchases_agree_where_they_stand_for_confirmed_orders_alone(stage: Stage) -> None:
    confirmed = stage.order(OrderStatus.CONFIRMED, "mug", "bear")
    cancelled = stage.order(OrderStatus.CANCELLED, "mug")
    stage.order(OrderStatus.REJECTED, "mug")
    stage.order(OrderStatus.PENDING, "mug")
    assert stage.compared(parity.purchases) == {
        f"order {confirmed}, product mug": "CONFIRMED, does not stand",
        f"order {confirmed}, product bear": "CONFIRMED, does not stand",
    }
    for order_id, products in ((confirmed, lines("mug", "bear")), (cancelled, lines("mug"))):
        stage.purchases.confirmed(
            OrderConfirmed.model_construct(customer_id=CUSTOMER, order_id=order_id, lines=products)
        )
    assert stage.compared(parity.purchases) == {
        f"order {cancelled}, product mug": "CANCELLED, stands"
    }
    stage.purchases.cancelled(
        OrderCancelled.model_construct(customer_id=CUSTOMER, order_id=cancelled, lines=lines("mug"))
    )
    assert stage.compared(parity.purchases) == {}
