"""The net catches something: without a guard of the code, the group named beside it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from functions.checkout.issue_refund import IssueRefund
from functions.checkout.payment_events import NotePaymentEvent
from functions.inventory.availability import WatchStock
from functions.inventory.items import stock_key
from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailWrites
from functions.orders.refunds import RefundWrites
from functions.orders.returns import ReturnWrites
from functions.orders.settlement import SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import OrderWrites
from functions.payments.ledger import LedgerWrites
from functions.shared.writes import Write
from tests.interleavings.explorer import Broken
from tests.interleavings.groups import PAIRS
from tests.interleavings.provider import Provider
from tests.interleavings.refund_groups import REFUNDS
from tests.support.unguarded import first, one, only

GROUPS: Final = {group.name: group for group in (*PAIRS, *REFUNDS)}


@dataclass(frozen=True)
class Guard:
    """A guard, how the code does without it, the group that then fails, and what it says."""

    name: str
    owner: type
    method: str
    without: Callable[[Any], Callable[..., Any]]
    group: str
    breach: str


def _never(_: Any) -> Callable[..., None]:
    return lambda *args, **kwargs: None


def _nothing_proved(_: Any) -> Callable[..., list[Write]]:
    return lambda *args: []


def _however_many(method: Any) -> Callable[..., Write]:
    return lambda *args: only(method(*args), 0)


def _on_any_shards(method: Any) -> Callable[..., list[Write]]:
    def without(*args: Any) -> list[Write]:
        change, *rest = method(*args)
        return [only(change, 0), *rest]

    return without


def _of_the_shards_that_it_knows(_: Any) -> Callable[..., dict[str, dict[int, int]]]:
    def without(stock: Stock, skus: Any) -> dict[str, dict[int, int]]:
        keys = {
            (sku, shard): stock_key(sku, shard)
            for sku, layout in stock.layouts(skus).items()
            for shard in range(layout.widest)
        }
        found = stock._database.read_together(stock.table, list(keys.values()))
        levels: dict[str, dict[int, int]] = {}
        for (sku, shard), key in keys.items():
            levels.setdefault(sku, {})[shard] = found[key]["available"] if key in found else 0
        return levels

    return without


GUARDS: Final = (
    Guard(
        "an intent's id is stored only while the order is PENDING",
        OrderWrites,
        "require",
        one,
        "late ChargePayment and the way back",
        "money is still held on the card",
    ),
    Guard(
        "an intent's id is stored once",
        LedgerWrites,
        "open",
        one,
        "ChargePayment and its twin, when the provider has forgotten its keys",
        "an authorisation whose id is not in the ledger",
    ),
    Guard(
        "what is settled is not declined afterwards",
        LedgerWrites,
        "decline",
        one,
        "late ChargePayment, declined, and the way back",
        "the ledger is DECLINED",
    ),
    Guard(
        "units are held only while the order is PENDING",
        OrderWrites,
        "stamp",
        one,
        "late ReserveInventory and the way back",
        "the saga has ended and the reservation is HELD",
    ),
    Guard(
        "units are held once",
        InventoryWrites,
        "hold",
        first,
        "ReserveInventory and its twin",
        "left and 2 taken of 5",
    ),
    Guard(
        "no unit is taken that is not there",
        InventoryWrites,
        "_take",
        one,
        "two buyers of the last units",
        "a shard is below zero",
    ),
    Guard(
        "only a PENDING order is locked",
        OrderWrites,
        "lock",
        one,
        "ConfirmOrder and cancel",
        "it went from CANCELLED to CONFIRMING",
    ),
    Guard(
        "the lock takes the hold",
        InventoryWrites,
        "commit",
        one,
        "ConfirmOrder and expiry",
        "left and 2 taken of 5",
    ),
    Guard(
        "what is sold does not expire",
        InventoryWrites,
        "expire",
        first,
        "ConfirmOrder and expiry",
        "its reservation is RELEASED",
    ),
    Guard(
        "a cancel takes no order that is being confirmed",
        SettlementWrites,
        "close",
        first,
        "ConfirmOrder and cancel",
        "it went from CONFIRMING to CANCELLED",
    ),
    Guard(
        "a cancelled order is not shipped",
        ShipOrder,
        "writes",
        first,
        "cancel of a confirmed order and ship",
        "was told that the order is shipped; it is CANCELLED",
    ),
    Guard(
        "a cancelled order is not rejected",
        OrderWrites,
        "reject",
        first,
        "RejectOrder and cancel",
        "it went from CANCELLED to REJECTED",
    ),
    Guard(
        "an amount is claimed only while there is room for it",
        LedgerWrites,
        "claim",
        one,
        "two refunds that together are too much",
        "was told that a refund is made; it is REFUSED",
    ),
    Guard(
        "of no line more is refunded than was sold",
        ReturnWrites,
        "take_back",
        _however_many,
        "two refunds of the same units, of an order that cost more",
        "more was returned than sold",
    ),
    Guard(
        "a part is refunded only of a CONFIRMED order",
        ReturnWrites,
        "take_back",
        one,
        "refund and a cancel that is carried out",
        "",
    ),
    Guard(
        "a part is refunded only before the order is shipped",
        ReturnWrites,
        "take_back",
        one,
        "refund and ship",
        "was shipped, and then a refund of a part was recorded",
    ),
    Guard(
        "a refund that the provider has made is not made again",
        IssueRefund,
        "_made",
        _never,
        "IssueRefund and its twin, when the provider keeps a server error",
        "captured - refunded is 0",
    ),
    Guard(
        "a refund that was recorded meanwhile is not taken for one that was lost",
        NotePaymentEvent,
        "_has_new_refunds",
        _never,
        "a refund that is made and an event of the provider",
        "captured - refunded is",
    ),
    Guard(
        "a refund restocks once",
        RefundWrites,
        "end",
        first,
        "RestockInventory and its twin",
        "fewer units than",
    ),
    Guard(
        "what a reservation still has is divided as it was read",
        InventoryWrites,
        "restock",
        first,
        "RestockInventory of two refunds",
        "the reservation is of",
    ),
    Guard(
        "sold out is said of all shards that there ever were",
        Stock,
        "levels",
        _of_the_shards_that_it_knows,
        "a buyer of the last units while they are split",
        "0 orders are CONFIRMED",
    ),
    Guard(
        "a layout on shards is changed as it was read",
        Resharding,
        "_rearrange",
        first,
        "two operators open shards, one of them more",
        "on shards that nobody looks at",
    ),
    Guard(
        "sold out is told only with every shard checked",
        WatchStock,
        "_proof",
        _nothing_proved,
        "sold out is judged while goods come in",
        "is told to be in stock or sold out",
    ),
    Guard(
        "sold out is told only of the shards that were judged",
        WatchStock,
        "_change",
        _on_any_shards,
        "sold out is judged while goods come in to a new shard",
        "is told to be in stock or sold out",
    ),
    Guard(
        "units are given back once",
        InventoryWrites,
        "release",
        first,
        "ReleaseInventory and its twin",
        "left and 0 taken of 5",
    ),
    Guard(
        "a closed order's intent is cancelled",
        Provider,
        "cancel_intent",
        _never,
        "ChargePayment and cancel",
        "money is still held on the card",
    ),
    Guard(
        "a mail is claimed before it is sent",
        EmailWrites,
        "claim",
        one,
        "SendConfirmation and its twin",
        "2 confirmations were mailed",
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_a_guard_a_promise_is_broken(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    method = getattr(guard.owner, guard.method)
    monkeypatch.setattr(guard.owner, guard.method, guard.without(method))
    with pytest.raises(Broken) as broken:
        GROUPS[guard.group].explore()
    assert guard.breach in str(broken.value)
