"""The invariants can fail: sound orders pass, and everything that may be wrong is named."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from functions.inventory.domain import Portion, Reservation, ReservationState
from functions.notifications.claims import EmailState
from functions.orders.domain import OrderStatus
from functions.payments.ledger import Payment, PaymentState
from tests.support.invariants import Account, Charge, Shelf, breaches
from tests.support.shop import new_order

NOW: Final = datetime(2026, 1, 5, tzinfo=UTC)
PENDING, CONFIRMING, CONFIRMED = (
    OrderStatus.PENDING,
    OrderStatus.CONFIRMING,
    OrderStatus.CONFIRMED,
)
REJECTED, CANCELLED = OrderStatus.REJECTED, OrderStatus.CANCELLED

CHARGE: Final = Charge("pi_1", "succeeded", authorised=0, captured=2000, refunded=0)
VOID: Final = Charge("pi_1", "canceled", authorised=0, captured=0, refunded=0)
HELD: Final = Charge("pi_1", "requires_capture", authorised=2000, captured=0, refunded=0)


def _account(status: OrderStatus, **more: Any) -> Account:
    saga_open = more.pop("saga_open", False)
    order = replace(new_order("o", NOW, ("S", 2)), status=status, saga_open=saga_open)
    payment = more.pop("payment", None)
    state = more.pop("reservation", None)
    return Account(
        order,
        payment=Payment("o", "pi_1", payment, 2000, "EUR") if payment else None,
        reservation=Reservation("o", state, (Portion("S", 0, 2),), NOW) if state else None,
        **more,
    )


CONFIRMED_ORDER: Final = _account(
    CONFIRMED,
    payment=PaymentState.CAPTURED,
    reservation=ReservationState.COMMITTED,
    charges=(CHARGE,),
    email=EmailState.SENT,
    mails=1,
    events=frozenset({"OrderPlaced", "PaymentAuthorized", "InventoryReserved", "OrderConfirmed"}),
    statuses=(PENDING, CONFIRMING, CONFIRMED),
)
REJECTED_ORDER: Final = _account(
    REJECTED,
    payment=PaymentState.VOIDED,
    reservation=ReservationState.RELEASED,
    charges=(VOID,),
    events=frozenset(
        {
            "OrderPlaced",
            "PaymentAuthorized",
            "InventoryReserved",
            "OrderRejected",
            "InventoryReleased",
            "PaymentVoided",
        }
    ),
    statuses=(PENDING, REJECTED),
)
CANCELLED_ORDER: Final = _account(
    CANCELLED,
    payment=PaymentState.REFUNDED,
    reservation=ReservationState.RELEASED,
    charges=(replace(CHARGE, refunded=2000),),
    email=EmailState.SENT,
    mails=1,
    events=CONFIRMED_ORDER.events | {"InventoryReleased", "PaymentRefunded"},
    statuses=(PENDING, CONFIRMING, CONFIRMED, CANCELLED),
)
PENDING_ORDER: Final = _account(
    PENDING,
    saga_open=True,
    payment=PaymentState.AUTHORIZED,
    reservation=ReservationState.HELD,
    charges=(HELD,),
    events=frozenset({"OrderPlaced", "PaymentAuthorized", "InventoryReserved"}),
    statuses=(PENDING,),
)
SOUND: Final = {
    "confirmed": (CONFIRMED_ORDER, 3),
    "rejected": (REJECTED_ORDER, 5),
    "cancelled": (CANCELLED_ORDER, 5),
    "pending": (PENDING_ORDER, 3),
}


def _reservation(account: Account, state: ReservationState, quantity: int = 2) -> Account:
    portions = (Portion("S", 0, quantity),)
    return replace(account, reservation=Reservation("o", state, portions, NOW))


def _payment(account: Account, **changes: Any) -> Account:
    assert account.payment is not None
    return replace(account, payment=replace(account.payment, **changes))


def _order(account: Account, **changes: Any) -> Account:
    return replace(account, order=replace(account.order, **changes))


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_order_has_no_breach(name: str) -> None:
    account, available = SOUND[name]
    assert breaches([account], [Shelf("S", (available,), 5)]) == []


def _broken() -> dict[str, tuple[Account, str]]:
    confirmed, rejected, cancelled, pending = (account for account, _ in SOUND.values())
    second = replace(HELD, id="pi_2")
    return {
        "two authorisations": (
            replace(pending, charges=(HELD, second)),
            "2 live authorisations",
        ),
        "an authorisation that nobody can find": (
            replace(pending, charges=(second,)),
            "an authorisation whose id is not in the ledger",
        ),
        "charged while pending": (
            replace(pending, charges=(CHARGE,)),
            "captured, though not locked for confirmation",
        ),
        "charged though rejected": (
            replace(rejected, charges=(replace(CHARGE, refunded=2000),)),
            "captured, though not locked for confirmation",
        ),
        "rejected with money": (replace(rejected, charges=(CHARGE,)), "its customer is 2000 short"),
        "rejected with an authorisation": (
            replace(rejected, charges=(HELD,)),
            "money is still held on the card",
        ),
        "rejected, yet a late confirm would work": (
            replace(rejected, charges=(replace(VOID, status="requires_confirmation"),)),
            "its intent can still be confirmed",
        ),
        "refunded twice": (
            replace(cancelled, charges=(replace(CHARGE, refunded=4000),)),
            "more refunded than captured",
        ),
        "confirmed without money": (
            replace(confirmed, charges=(HELD,)),
            "captured - refunded is 0, not the total of 2000",
        ),
        "confirmed and refunded": (
            replace(confirmed, charges=(replace(CHARGE, refunded=500),)),
            "captured - refunded is 1500",
        ),
        "confirmed without ledger": (replace(confirmed, payment=None), "no ledger"),
        "ledger of an unknown intent": (
            replace(pending, charges=()),
            "the ledger's intent is unknown to the provider",
        ),
        "ledger of another amount": (_payment(pending, amount=1), "the ledger's amount is 1"),
        "ledger says voided, provider captured": (
            replace(rejected, charges=(CHARGE,)),
            "the ledger is VOIDED, captured and refunded are (2000, 0)",
        ),
        "confirmed, ledger says authorised": (
            _payment(confirmed, state=PaymentState.AUTHORIZED),
            "the ledger is AUTHORIZED",
        ),
        "rejected, ledger never settled": (
            _payment(rejected, state=PaymentState.AUTHORIZED),
            "the saga has ended and the ledger is AUTHORIZED",
        ),
        "confirmed with a released hold": (
            _reservation(confirmed, ReservationState.RELEASED),
            "its reservation is RELEASED",
        ),
        "sold while pending": (
            _reservation(pending, ReservationState.COMMITTED),
            "its reservation is COMMITTED",
        ),
        "rejected with a hold": (
            _reservation(rejected, ReservationState.HELD),
            "the saga has ended and the reservation is HELD",
        ),
        "a hold of other units": (
            _reservation(pending, ReservationState.HELD, 1),
            "the reservation is of {'S': 1}, the order of {'S': 2}",
        ),
        "a forbidden move": (
            replace(confirmed, statuses=(PENDING, CONFIRMED)),
            "it went from PENDING to CONFIRMED",
        ),
        "raised from the dead": (
            replace(confirmed, statuses=(PENDING, REJECTED, CONFIRMED)),
            "it went from REJECTED to CONFIRMED",
        ),
        "changed by nobody": (replace(confirmed, statuses=(PENDING,)), "it was last seen PENDING"),
        "turned back for no reason": (
            replace(rejected, statuses=(PENDING, CONFIRMING, REJECTED)),
            "it went back from CONFIRMING, though no capture was declined",
        ),
        "ended without an end": (_order(pending, saga_open=False), "its saga has ended"),
        "an event was lost": (
            replace(confirmed, events=confirmed.events - {"OrderConfirmed"}),
            "OrderConfirmed was not published",
        ),
        "an event of what did not happen": (
            replace(rejected, events=rejected.events | {"OrderConfirmed"}),
            "OrderConfirmed was published",
        ),
        "mailed twice": (replace(confirmed, mails=2), "2 confirmations were mailed"),
        "mailed though rejected": (replace(rejected, mails=1), "a confirmation was mailed"),
        "marked as sent, but never mailed": (
            replace(confirmed, mails=0),
            "a confirmation is marked as SENT, but was not mailed",
        ),
        "marked as undeliverable, but mailed": (
            replace(confirmed, email=EmailState.UNDELIVERABLE),
            "a confirmation is marked as UNDELIVERABLE, but was mailed",
        ),
        "mailed without a claim": (replace(confirmed, email=None), "mailed without a claim"),
        "a claim left behind": (
            replace(confirmed, email=EmailState.CLAIMED),
            "the saga has ended and its confirmation is CLAIMED",
        ),
    }


@pytest.mark.parametrize("name", _broken())
def test_what_is_wrong_with_an_order_is_named(name: str) -> None:
    account, words = _broken()[name]
    assert any(words in breach for breach in breaches([account], []))


@pytest.mark.parametrize(
    ("shards", "received", "words"),
    [
        ((4,), 5, "(4,) left and 2 taken of 5"),
        ((2,), 5, "(2,) left and 2 taken of 5"),
        ((-1, 4), 5, "a shard is below zero"),
    ],
)
def test_stock_that_is_not_conserved_is_named(
    shards: tuple[int, ...], received: int, words: str
) -> None:
    assert any(
        words in breach for breach in breaches([PENDING_ORDER], [Shelf("S", shards, received)])
    )
