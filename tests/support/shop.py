"""The checkout on stores in memory: tasks to call one by one, and what to look at afterwards."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from contracts.tasks import Failure, TaskInput
from functions.catalog.store import sku_key as catalog_sku_key
from functions.checkout.charge_payment import ChargePayment
from functions.checkout.confirm_order import ConfirmOrder
from functions.checkout.issue_refund import IssueRefund
from functions.checkout.refund_payment import RefundPayment
from functions.checkout.reject_order import RejectOrder
from functions.checkout.release_inventory import ReleaseInventory
from functions.checkout.reserve_inventory import ReserveInventory
from functions.checkout.restock_inventory import RestockInventory
from functions.checkout.send_confirmation import SendConfirmation
from functions.checkout.task import find
from functions.inventory.domain import Reservation
from functions.inventory.items import sku_key, stock_key
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailWrites, email_key
from functions.notifications.confirmation import TEMPLATE
from functions.notifications.mailer import NotSent, Undeliverable
from functions.notifications.message import Message
from functions.notifications.post import Post
from functions.orders.domain import Order, OrderLine, OrderStatus, total_of
from functions.orders.store import OrderWrites
from functions.payments.gateway import PaymentGateway
from functions.payments.ledger import LedgerWrites, Payment
from functions.shared.clock import Clock
from functions.shared.dynamodb import Database
from functions.shared.writes import Item
from tests.support.fake_gateway import FakeGateway
from tests.support.memory import MemoryDatabase

ORDERS, INVENTORY, CATALOG = "orders", "inventory", "catalog"
START = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOLD = timedelta(minutes=30)
ADDRESS = {
    "name": "Ada Example",
    "line1": "1 Test Street",
    "city": "Berlin",
    "postal_code": "10115",
    "country": "DE",
}


@dataclass
class Mailbox:
    """`Mailer` and `AddressBook` in memory. `refusal` is raised by the next send."""

    sent: list[tuple[str, Message]] = field(default_factory=list)
    tags: list[Mapping[str, str]] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=lambda: {"customer-1": "ada@example.com"})
    refusal: NotSent | Undeliverable | TimeoutError | None = None

    def send(self, address: str, message: Message, tags: Mapping[str, str]) -> str:
        """See `Mailer`."""
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            raise refusal
        self.sent.append((address, message))
        self.tags.append(tags)
        return f"message-{len(self.sent)}"

    def address_of(self, customer_id: str) -> str | None:
        """See `AddressBook`."""
        return self.addresses.get(customer_id)

    def give_up(self, customer_id: str, address: str) -> bool:
        """See `AddressBook`."""
        present = self.addresses.get(customer_id, "")
        if present.lower() != address.lower():
            return False
        del self.addresses[customer_id]
        return True


def new_order(
    order_id: str, at: datetime, *lines: tuple[str, int], card: str = "pm_card_visa"
) -> Order:
    """An order of (SKU, quantity) lines at 10.00 EUR a unit, not stored yet."""
    bought = tuple(
        OrderLine(sku.lower(), "one", sku, f"The {sku}", quantity, 1000) for sku, quantity in lines
    )
    return Order(
        order_id=order_id,
        customer_id="customer-1",
        status=OrderStatus.PENDING,
        lines=bought,
        address=ADDRESS,
        payment_method=card,
        total=total_of(bought),
        currency="EUR",
        fingerprint="f",
        created_at=at,
        steps={},
        saga_open=True,
    )


STATES: Final = {
    "charge": "ChargePayment",
    "reserve": "ReserveInventory",
    "confirm": "ConfirmOrder",
    "send": "SendConfirmation",
    "reject": "RejectOrder",
    "release": "ReleaseInventory",
    "refund": "RefundPayment",
    "issue": "IssueRefund",
    "restock": "RestockInventory",
}
"""The saga's states, by the short name of the task in each."""


def saga_tasks(
    database: Database, gateway: PaymentGateway, mailbox: Mailbox, now: Clock
) -> dict[str, Callable[[TaskInput], None]]:
    """The tasks of the saga on any database, by their short names."""
    orders, ledger = OrderWrites(ORDERS), LedgerWrites(ORDERS)
    inventory, emails = InventoryWrites(INVENTORY), EmailWrites(ORDERS, TEMPLATE)
    stock = Stock(database, INVENTORY, monotonic=lambda: now().timestamp())
    rng = random.Random(7)
    return {
        "charge": ChargePayment(database, orders, ledger, gateway, now),
        "reserve": ReserveInventory(database, orders, stock, inventory, now, HOLD, rng),
        "confirm": ConfirmOrder(database, orders, inventory, ledger, gateway, now),
        "send": SendConfirmation(database, orders, emails, Post(mailbox, mailbox), now),
        "reject": RejectOrder(database, orders, now),
        "release": ReleaseInventory(database, orders, inventory, now),
        "refund": RefundPayment(database, orders, ledger, gateway, now),
        "issue": IssueRefund(database, ORDERS, gateway, now),
        "restock": RestockInventory(database, ORDERS, inventory, now),
    }


class Shop:
    """One shop: `charge(order_id)` and its like run a task; `order`, `payment`, … look."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.gateway = FakeGateway()
        self.mailbox = Mailbox()
        self.time = START
        self.orders = OrderWrites(ORDERS)
        self._tasks = saga_tasks(self.database, self.gateway, self.mailbox, self.now)

    def now(self) -> datetime:
        """Each look at the clock is a second later."""
        self.time += timedelta(seconds=1)
        return self.time

    def stock(self, sku: str, *shards: int) -> None:
        """Puts units on the shelf, split into shards."""
        self.database.put(INVENTORY, sku_key(sku), {"shards": len(shards)})
        for shard, units in enumerate(shards):
            item = {"available": units, "received": units}
            self.database.put(INVENTORY, stock_key(sku, shard), item)

    def sell(self, sku: str) -> None:
        """A variant in the catalog has the SKU; nothing has come in yet."""
        variant = {"productId": sku.lower(), "variantId": "one"}
        self.database.put(CATALOG, catalog_sku_key(sku), variant)

    def available(self, sku: str) -> int:
        """Units left of a SKU, over all its shards."""
        items = self.database.tables[INVENTORY].items()
        return sum(i["available"] for k, i in items if k.PK.startswith(f"STOCK#{sku}#"))

    def place(self, *lines: tuple[str, int], card: str = "pm_card_visa") -> str:
        """Places an order of (SKU, quantity) lines at 10.00 EUR a unit and returns its id."""
        order_id = f"order-{len(self.database.tables.get(ORDERS, {}))}"
        self.database.transact(
            self.orders.place(new_order(order_id, self.now(), *lines, card=card))
        )
        return order_id

    def run(self, task: str, order_id: str, failure: Failure | None = None) -> None:
        """Runs one attempt of a task."""
        self._tasks[task](TaskInput(orderId=order_id, failure=failure))

    def task(self, task: str) -> Callable[[TaskInput], None]:
        """A task, to be called with an input of its own."""
        return self._tasks[task]

    def run_all(self, order_id: str, *tasks: str) -> None:
        """Runs several tasks, each once."""
        for task in tasks:
            self.run(task, order_id)

    def order(self, order_id: str) -> Order:
        """The order as it is."""
        return find(self.database, ORDERS, order_id).order

    def payment(self, order_id: str) -> Payment | None:
        """Its ledger as it is."""
        return find(self.database, ORDERS, order_id).payment

    def reservation(self, order_id: str) -> Reservation | None:
        """Its reservation as it is."""
        return Stock(self.database, INVENTORY).reservation(order_id)

    def email(self, order_id: str) -> Item | None:
        """The claim on its confirmation."""
        return self.database.item(ORDERS, email_key(order_id, TEMPLATE))

    def events(self, order_id: str) -> set[str]:
        """The types of the events in its outboxes."""
        items = [key for table in self.database.tables.values() for key in table]
        return {
            key.SK.removeprefix("EVENT#")
            for key in items
            if key.PK.endswith(f"#{order_id}") and key.SK.startswith("EVENT#")
        }
