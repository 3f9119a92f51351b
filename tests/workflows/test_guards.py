"""Each guard of the saga is needed: with one of them taken out, a case breaks a promise.

The guards are taken out from here; production code has no switch for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import pytest

from functions.checkout.refund_payment import RefundPayment
from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailWrites
from functions.orders.store import OrderWrites
from functions.payments.stripe_gateway import StripeGateway
from functions.shared.writes import Write
from tests.support.moto_interruptions import Mode
from tests.support.moto_saga import MotoSaga
from tests.support.unguarded import first, one
from tests.workflows.interrupting import interrupt
from tests.workflows.paths import CONFIRMS, PATHS, REFUNDS, SOLD_OUT, Path, walk
from tests.workflows.test_interruptions import CANCELLED_MEANWHILE, GIVEN_UP, TO_THE_LOCK

Case = Callable[[MotoSaga], None]


@dataclass(frozen=True)
class Guard:
    """A guard, how the code does without it, the case that then fails, and what it says."""

    name: str
    owner: type
    method: str
    without: Callable[[Any], Callable[..., Any]]
    case: Case
    breach: str


def _never(_: Any) -> Callable[..., None]:
    return lambda *args, **kwargs: None


def _nothing_to_refund(_: Any) -> Callable[..., list[Write]]:
    return lambda self, payment, intent: self.ledger.refund(payment, payment.captured, self.now())


def _late(index: int) -> Case:
    path = GIVEN_UP[index]
    return lambda saga: interrupt(saga, path, path.states[-5], Mode.PAUSED_LONG, given_up=True)


def _path(path: Path) -> Case:
    return lambda saga: walk(saga, path)


EXPIRED: Final = next(path for path in PATHS if path.reason == "ReservationExpired")
LOSES: Final = Mode.LOSES_ANSWER

GUARDS: Final = (
    Guard(
        "an intent's id is stored only while the order is PENDING",
        OrderWrites,
        "require",
        one,
        _late(0),
        "money is still held on the card",
    ),
    Guard(
        "units are held only while the order is PENDING",
        OrderWrites,
        "stamp",
        one,
        _late(1),
        "the saga has ended and the reservation is HELD",
    ),
    Guard(
        "units are held once",
        InventoryWrites,
        "hold",
        first,
        lambda saga: interrupt(saga, CONFIRMS, "ReserveInventory", LOSES),
        "left and 2 taken of 5",
    ),
    Guard(
        "only a PENDING order is locked",
        OrderWrites,
        "lock",
        one,
        lambda saga: interrupt(
            saga, CANCELLED_MEANWHILE, "ConfirmOrder", Mode.PAUSED_SHORT, last=TO_THE_LOCK
        ),
        "('RejectOrder', 'Inconsistent')",
    ),
    Guard(
        "the lock takes the hold",
        InventoryWrites,
        "commit",
        one,
        _path(EXPIRED),
        "ConfirmOrder → SendConfirmation",
    ),
    Guard(
        "units are given back once",
        InventoryWrites,
        "release",
        first,
        lambda saga: interrupt(saga, REFUNDS, "ReleaseInventory", Mode.PAUSED_LONG),
        "left and 0 taken of 5",
    ),
    Guard(
        "a closed order's intent is cancelled",
        StripeGateway,
        "cancel_intent",
        _never,
        _path(SOLD_OUT),
        "money is still held on the card",
    ),
    Guard(
        "what was captured is refunded",
        RefundPayment,
        "_refund",
        _nothing_to_refund,
        _path(REFUNDS),
        "its customer is 2500 short",
    ),
    Guard(
        "a mail is claimed before it is sent",
        EmailWrites,
        "claim",
        one,
        lambda saga: interrupt(saga, CONFIRMS, "SendConfirmation", LOSES),
        "2 confirmations were mailed",
    ),
)


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_a_guard_a_promise_is_broken(
    saga: MotoSaga, guard: Guard, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.case(saga)
    saga.reset()
    monkeypatch.setattr(
        guard.owner, guard.method, guard.without(getattr(guard.owner, guard.method))
    )
    with pytest.raises(AssertionError) as broken:
        guard.case(saga)
    assert guard.breach in str(broken.value)
