"""One shop in memory that can be put back to its start, and its ports for each actor."""

import json
import pickle
import random
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from typing import Any, cast

from functions.checkout.cancel_order import CancelOrder
from functions.checkout.executions import Executions
from functions.checkout.expire_reservations import ExpireReservations
from functions.checkout.payment_events import NotePaymentEvent
from functions.checkout.refund_order import RefundOrder
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.checkout.task import find
from functions.inventory.availability import WatchStock
from functions.inventory.items import EXPIRY_SHARDS, hold_partitions, layout_of, sku_key, stock_key
from functions.inventory.receipts import ReceiveStock
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailState, email_key
from functions.notifications.confirmation import TEMPLATE
from functions.orders.domain import Order, OrderStatus
from functions.orders.open_sagas import open_partition
from functions.orders.refunds import OrderRefund, from_item, ids_of, is_refund
from functions.orders.settlement import SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import OrderWrites, order_key
from functions.payments.gateway import PaymentGateway
from functions.payments.ledger import LedgerWrites
from functions.shared.clock import Clock
from functions.shared.dynamodb import Database
from functions.shared.writes import Item, Key, Write
from tests.interleavings.provider import Provider
from tests.interleavings.scheduler import Tap
from tests.support.fake_executions import FakeExecutions
from tests.support.invariants import Account, Shelf
from tests.support.memory import MemoryDatabase
from tests.support.shop import (
    CATALOG,
    INVENTORY,
    ORDERS,
    START,
    STATES,
    Mailbox,
    new_order,
    saga_tasks,
)


class World:
    """The stores.

    Attributes:
        positions: execution → the state that it is in, "" when it has ended.
        failures: execution → the error that it has caught.
        statuses: order → the statuses that it was seen in, one after another.
        shipped: order → the refunds of it that were recorded when it was shipped.
        backwards: batches of reads begin with their last item.
    """

    def __init__(self, *, backwards: bool = False) -> None:
        self.database = MemoryDatabase()
        self.gateway = Provider()
        self.mailbox = Mailbox()
        self.executions = FakeExecutions()
        self.positions: dict[str, str] = {}
        self.failures: dict[str, dict[str, str]] = {}
        self.statuses: dict[str, list[OrderStatus]] = {}
        self.shipped: dict[str, tuple[str, ...]] = {}
        self.backwards = backwards

    def place(self, number: int, *lines: tuple[str, int], card: str = "pm_card_visa") -> str:
        """Places an order and starts its saga; returns its id."""
        order_id = f"00000000-0000-4000-8000-{number:012d}"
        order = new_order(order_id, START, *lines, card=card)
        self.database.transact(OrderWrites(ORDERS).place(order))
        self.executions.start_place(order_id)
        self.statuses[order_id] = [OrderStatus.PENDING]
        return order_id

    def stock(self, sku: str, *shards: int) -> None:
        """Puts units on the shelf, split into shards."""
        self.database.put(INVENTORY, sku_key(sku), {"shards": len(shards)})
        for shard, units in enumerate(shards):
            item = {"available": units, "received": units}
            self.database.put(INVENTORY, stock_key(sku, shard), item)

    def save(self) -> bytes:
        """Everything that is stored."""
        return pickle.dumps(self._kept())

    def load(self, saved: bytes) -> None:
        """Puts everything back as it was saved."""
        for thing, kept in zip(self._things(), pickle.loads(saved), strict=True):  # noqa: S301 - ours
            thing.clear()
            thing.update(kept)

    def __str__(self) -> str:
        """Everything that is stored, the same whenever it is the same."""
        return json.dumps([_plain(thing) for thing in self._things()], sort_keys=True, default=str)

    def look(self) -> None:
        """Notes the status of every order, and what shipping it met."""
        for order_id, seen in self.statuses.items():
            item = self.database.tables[ORDERS][order_key(order_id)]
            status = OrderStatus(item["status"])
            if seen[-1] is not status:
                seen.append(status)
            if "shippedAt" in item and order_id not in self.shipped:
                self.shipped[order_id] = self.order(order_id).refund_ids

    def order(self, order_id: str) -> Order:
        """The order as it is."""
        return find(self.database, ORDERS, order_id).order

    def account(self, order_id: str) -> Account:
        """Everything about an order."""
        order, payment = find(self.database, ORDERS, order_id)
        mail = self.database.item(ORDERS, email_key(order_id, TEMPLATE))
        keys = [key for table in (ORDERS, INVENTORY) for key in self.database.tables[table]]
        return Account(
            order=order,
            payment=payment,
            reservation=Stock(self.database, INVENTORY).reservation(order_id),
            charges=self.gateway.charges(order_id),
            email=EmailState(mail["state"]) if mail else None,
            mails=sum(order_id in message.subject for _, message in self.mailbox.sent),
            events=frozenset(_event_types(keys, order_id)),
            statuses=tuple(self.statuses[order_id]),
            refunds=tuple(self.refunds(order_id)),
        )

    def refunds(self, order_id: str) -> list[OrderRefund]:
        """The refunds of a part of an order."""
        keys = [key for key in self.database.tables[ORDERS] if is_refund(key)]
        items = [self.database.item(ORDERS, key) for key in keys if ids_of(key)[0] == order_id]
        return [from_item(item) for item in items if item is not None]

    def told_wrongly(self) -> list[str]:
        """SKUs of which the last that was told is not so: whether they are in stock."""
        items = self.database.tables[INVENTORY]
        return [
            shelf.sku
            for shelf in self.shelves()
            if items[sku_key(shelf.sku)].get("inStock") not in (None, any(shelf.available))
        ]

    def overlooked(self) -> list[str]:
        """SKUs with shards that no layout has."""
        items = self.database.tables[INVENTORY]
        return [
            shelf.sku
            for shelf in self.shelves()
            if len(shelf.available) > layout_of(items[sku_key(shelf.sku)]).widest
        ]

    def shelves(self) -> list[Shelf]:
        """The stock of every SKU."""
        items = self.database.tables[INVENTORY]
        shelves = []
        for key in [key for key in items if key.PK.startswith("SKU#")]:
            sku = key.PK.removeprefix("SKU#")
            shards = [v for k, v in items.items() if k.PK.startswith(f"STOCK#{sku}#")]
            received = sum(shard["received"] for shard in shards)
            shelves.append(Shelf(sku, tuple(s["available"] for s in shards), received))
        return shelves

    def partitions(self) -> set[str]:
        """The partitions of the indexes in which its orders and their holds may stand."""
        hashes = [zlib.crc32(order_id.encode()) for order_id in self.statuses]
        holds = {hold_partitions()[number % EXPIRY_SHARDS] for number in hashes}
        return holds | {open_partition(order_id) for order_id in self.statuses}

    def _kept(self) -> list[dict[Any, Any]]:
        return [dict(thing) for thing in self._things()]

    def _things(self) -> list[dict[Any, Any]]:
        return [
            self.database.tables,
            self.gateway.intents,
            self.gateway.cards,
            self.gateway.refunds,
            self.gateway.answers,
            self.gateway.refund_answers,
            self.mailbox.__dict__,
            self.executions.__dict__,
            self.positions,
            self.failures,
            self.statuses,
            self.shipped,
        ]


def _plain(thing: Any) -> Any:
    if isinstance(thing, dict):
        return {
            "/".join(key) if isinstance(key, Key) else str(key): _plain(value)
            for key, value in thing.items()
        }
    return thing


def _event_types(keys: Iterable[Key], order_id: str) -> Iterable[str]:
    for key in keys:
        if key.PK.endswith(f"#{order_id}") and key.SK.startswith("EVENT#"):
            yield key.SK.split("#")[1]


class Desk:
    """What one actor works with: the use cases over ports that all go through its tap.

    Args:
        late: how much later than `START` its clock is. It stands still.
    """

    def __init__(self, world: World, tap: Tap, late: timedelta = timedelta()) -> None:
        self._world = world
        self._tap = tap
        self._time = START + late
        self.database = cast("Database", _Stepped(world, tap, "database", world.database))
        self._gateway = cast("PaymentGateway", _Stepped(world, tap, "provider", world.gateway))
        self._mailbox = cast("Mailbox", _Stepped(world, tap, "mail", world.mailbox))
        self._executions = cast("Executions", _Stepped(world, tap, "start", world.executions))

    @property
    def now(self) -> Clock:
        """Its clock."""
        return lambda: self._time

    @cached_property
    def tasks(self) -> Mapping[str, Callable[[Any], None]]:
        """State → its task."""
        by_word = saga_tasks(self.database, self._gateway, self._mailbox, self.now)
        return {STATES[word]: task for word, task in by_word.items()}

    @cached_property
    def settle(self) -> SettleOrder:
        """What reconciler and sweeper do to an order."""
        settlements = SettlementWrites(ORDERS)
        return SettleOrder(self.database, settlements, self._executions, self.now)

    @cached_property
    def sweep(self) -> SweepOrders:
        """The sweeper."""
        settle_refund = SettleRefund(self.database, ORDERS, self._executions, self.now)
        return SweepOrders(self.database, ORDERS, self.settle, settle_refund, self.now)

    @cached_property
    def expire(self) -> ExpireReservations:
        """The expiry of holds."""
        stock = Stock(self.database, INVENTORY, monotonic=lambda: 0.0)
        return ExpireReservations(self.database, stock, InventoryWrites(INVENTORY), self.now)

    @cached_property
    def cancel(self) -> CancelOrder:
        """The API's cancel."""
        settlements = SettlementWrites(ORDERS)
        return CancelOrder(self.database, settlements, self._executions, self.now)

    @cached_property
    def refund(self) -> RefundOrder:
        """The API's refund of a part."""
        return RefundOrder(self.database, ORDERS, self._executions, self.now)

    @cached_property
    def ship(self) -> ShipOrder:
        """The API's ship."""
        return ShipOrder(self.database, ORDERS, self.now)

    @cached_property
    def reshard(self) -> Resharding:
        """The operator's change of shards."""
        stock = Stock(self.database, INVENTORY, monotonic=lambda: 0.0)
        return Resharding(self.database, stock, InventoryWrites(INVENTORY))

    @cached_property
    def watch(self) -> WatchStock:
        """The judge of whether a SKU is sold out."""
        stock = Stock(self.database, INVENTORY, monotonic=lambda: 0.0)
        return WatchStock(self.database, stock, self.now)

    @cached_property
    def receive(self) -> ReceiveStock:
        """The operator's receipt of goods."""
        stock = Stock(self.database, INVENTORY, monotonic=lambda: 0.0)
        return ReceiveStock(self.database, stock, CATALOG, self.now, random.Random(7))

    @cached_property
    def note(self) -> NotePaymentEvent:
        """What is done about an event of the provider."""
        settlements, ledger = SettlementWrites(ORDERS), LedgerWrites(ORDERS)
        return NotePaymentEvent(self.database, settlements, ledger, self._gateway, self.now)

    def provider(self, call: str, effect: Callable[[], Any]) -> None:
        """Does something to the provider that is nobody's call, such as a refund outside."""
        self._tap(call, effect)


class _Stepped:
    """A port of which every call is a step.

    A batch of reads is a step for each item: DynamoDB isolates no item of it from the others, and
    reads them in any order ("BatchGetItem", Amazon DynamoDB API Reference; "Isolation levels" of
    its transactions). A look into a part of an index where nothing ever stands is none: whoever
    goes first, it finds nothing, and there are 15 of them for one with an order in it.
    """

    def __init__(self, world: World, tap: Tap, name: str, port: object) -> None:
        self._world = world
        self._tap = tap
        self._name = name
        self._port = port
        self._partitions = world.partitions()

    def __getattr__(self, method: str) -> Callable[..., Any]:
        target = getattr(self._port, method)

        def call(*args: Any, **kwargs: Any) -> Any:
            if method == "due" and args[2] not in self._partitions:
                return []
            if method == "read":
                return self._read(*args)
            return self._step(f"{self._name}.{method}({_words(args)})", target, *args, **kwargs)

        return call

    def _read(self, keys: Mapping[str, Sequence[Key]]) -> dict[str, dict[Key, Item]]:
        found: dict[str, dict[Key, Item]] = {table: {} for table in keys}
        singles = [(table, key) for table, of_table in keys.items() for key in of_table]
        for table, key in reversed(singles) if self._world.backwards else singles:
            wanted = {table: [key]}
            words = f"{self._name}.read({key.PK}/{key.SK})"
            found[table].update(self._step(words, self._world.database.read, wanted)[table])
        return found

    def _step(self, words: str, target: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        def effect() -> Any:
            try:
                return target(*args, **kwargs)
            finally:
                self._world.look()

        return self._tap(words, effect)


def _words(args: tuple[Any, ...]) -> str:
    """What a call is about, short."""
    words: list[str] = []
    for arg in args:
        if isinstance(arg, Write):
            words.append(_write(arg))
        elif isinstance(arg, list | tuple) and arg and isinstance(arg[0], Write):
            words += [_write(write) for write in arg]
        elif isinstance(arg, str | int):
            words.append(str(arg))
    return ", ".join(words)


def _write(write: Write) -> str:
    state = write.changes.get("status") or write.changes.get("state") or write.item.get("state")
    moved = f" → {state}" if state else ""
    return f"{write.kind} {write.key.PK}/{write.key.SK}{moved}"
