"""The net catches something: without a guard of the code, the group named beside it fails."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailWrites
from functions.orders.settlement import SettlementWrites
from functions.orders.shipping import ShipOrder
from functions.orders.store import OrderWrites
from functions.payments.ledger import LedgerWrites
from tests.interleavings.explorer import Broken
from tests.interleavings.groups import PAIRS
from tests.interleavings.provider import Provider
from tests.interleavings.refund_groups import REFUNDS
from tests.support.unguarded import first, one

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
