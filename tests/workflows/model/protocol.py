"""What each task does to the world: one order, one unit of stock, one card.

A task is a row of effects, each of them atomic: a transaction, or a call of the payment provider.
An effect answers with the world after it and with where the attempt goes on: the number of the
next effect, DONE, or the name of an error.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

PENDING, CONFIRMING, CONFIRMED = "PENDING", "CONFIRMING", "CONFIRMED"
REJECTED, CANCELLED = "REJECTED", "CANCELLED"
CLOSED: Final = (REJECTED, CANCELLED)
HELD, COMMITTED, RELEASED = "HELD", "COMMITTED", "RELEASED"
LIVE: Final = (HELD, COMMITTED)
NONE = "none"
CREATED, AUTHORISED, CAPTURED = "created", "authorised", "captured"
CANCELED, REFUNDED = "canceled", "refunded"

DONE, AGAIN, REFUSED = "done", "again", "refused"
UNITS: Final = 2

GUARDS: Final = (
    "charge: id stored before the card is confirmed",
    "charge: id stored only while PENDING",
    "reserve: only while PENDING",
    "reserve: once",
    "confirm: lock takes only PENDING",
    "confirm: lock takes the hold",
    "confirm: technical failure goes forward",
    "expiry: only HELD",
    "release: once",
    "refund: cancels by id",
    "refund: refunds what was captured",
    "mail: claimed first",
    "close: reconciler never takes CONFIRMED",
    "close: recorded with its due time",
    "sweeper: settles what events missed",
)


class World(NamedTuple):
    """Everything that is stored anywhere.

    Attributes:
        intent: at the payment provider; `stored`: its id is in the ledger.
        refused: the ledger says that the capture was declined.
        ended: the saga has ended.
        charged: the card was ever charged.
    """

    order: str = PENDING
    intent: str = NONE
    stored: bool = False
    refused: bool = False
    hold: str = NONE
    stock: int = UNITS
    claimed: bool = False
    mails: int = 0
    ended: bool = False
    charged: bool = False


Next = int | str
Outcome = tuple[World, str, Next]
"""The world, what the attempt remembers, and where it goes on."""


class Protocol:
    """The tasks; `without` one of the guards, or with all of them."""

    def __init__(self, without: str | None = None) -> None:
        if without is not None and without not in GUARDS:
            raise ValueError(without)
        self._without = without
        self.tasks: dict[str, Callable[[int, World, str], Outcome]] = {
            "Charge": self._charge,
            "Reserve": self._reserve,
            "Confirm": self._confirm,
            "Send": self._send,
            "Reject": self._reject,
            "Release": self._release,
            "Refund": self._refund,
            "Close": self._close,
        }

    def guarded(self, guard: str) -> bool:
        """Whether the guard is in place."""
        return guard != self._without

    def _charge(self, line: int, w: World, memory: str) -> Outcome:
        first = self.guarded("charge: id stored before the card is confirmed")
        effect = ((0, 1, 2, 3) if first else (0, 2, 1, 3))[line]
        then: Next = line + 1 if line < 3 else DONE
        if effect == 0:  # creates the intent, unconfirmed
            if w.order != PENDING:
                return w, memory, "OrderClosed"
            return (w._replace(intent=CREATED) if w.intent == NONE else w), memory, then
        if effect == 1:  # stores its id
            if w.order != PENDING and self.guarded("charge: id stored only while PENDING"):
                return w, memory, "OrderClosed"
            return w._replace(stored=True), memory, then
        if effect == 2:  # confirms it: the provider refuses what is cancelled
            if w.intent == CANCELED:
                return w, memory, "PaymentDeclined"
            return (w._replace(intent=AUTHORISED) if w.intent == CREATED else w), memory, then
        return w, memory, DONE if w.order == PENDING else "OrderClosed"  # writes the ledger

    def _reserve(self, line: int, w: World, memory: str) -> Outcome:
        if w.order != PENDING and self.guarded("reserve: only while PENDING"):
            return w, memory, "OrderClosed"
        if w.hold != NONE and self.guarded("reserve: once"):
            return w, memory, DONE if w.hold in LIVE else "ReservationExpired"
        if w.stock < 1:
            return w, memory, "OutOfStock"
        return w._replace(hold=HELD, stock=w.stock - 1), memory, DONE

    def _confirm(self, line: int, w: World, memory: str) -> Outcome:
        if line == 0:
            return self._lock(w, memory)
        if line == 1:  # captures by id
            if w.intent == AUTHORISED:
                return w._replace(intent=CAPTURED, charged=True), memory, 2
            return w, memory, 2 if w.intent in (CAPTURED, REFUNDED) else 3
        if line == 2:
            if w.order not in (CONFIRMING, CONFIRMED):
                return w, memory, "OrderClosed"
            return w._replace(order=CONFIRMED), memory, DONE
        refused = w._replace(refused=True) if w.order == CONFIRMING else w
        return refused, memory, "CaptureDeclined"

    def _lock(self, w: World, memory: str) -> Outcome:
        """The saga's pivot."""
        if w.order == CONFIRMED:
            return w, memory, DONE
        if w.order == CONFIRMING:
            return w, memory, 1
        if w.order != PENDING and self.guarded("confirm: lock takes only PENDING"):
            return w, memory, "OrderClosed"
        if w.hold != HELD and self.guarded("confirm: lock takes the hold"):
            return w, memory, "ReservationExpired"
        hold = COMMITTED if w.hold == HELD else w.hold
        return w._replace(order=CONFIRMING, hold=hold), memory, 1

    def _send(self, line: int, w: World, memory: str) -> Outcome:
        if line == 0:
            if w.order != CONFIRMED:
                return w, memory, DONE  # cancelled meanwhile: another machine ends the saga
            if w.claimed and self.guarded("mail: claimed first"):
                return w._replace(ended=True), memory, DONE  # sent or unknown: raised
            return w._replace(claimed=True), memory, 1
        if line == 1:
            return w._replace(mails=w.mails + 1), memory, 2
        return (w._replace(ended=True) if w.order == CONFIRMED else w), memory, DONE

    def _reject(self, line: int, w: World, memory: str) -> Outcome:
        if w.order in CLOSED:
            return w, memory, DONE
        if w.order in (PENDING, CONFIRMING):  # CONFIRMING: only after CaptureDeclined
            return w._replace(order=REJECTED), memory, DONE
        return w, memory, AGAIN  # not reached: a technical error, for operators

    def _release(self, line: int, w: World, memory: str) -> Outcome:
        again = w.hold == RELEASED and not self.guarded("release: once")
        if w.hold in LIVE or again:
            return w._replace(hold=RELEASED, stock=w.stock + 1), memory, DONE
        return w, memory, DONE

    def _refund(self, line: int, w: World, memory: str) -> Outcome:
        if line == 0:  # reads the ledger, retrieves the intent by its id
            return w, w.intent, 1 if w.stored else 2
        if line == 2:
            return (w._replace(ended=True) if w.order in CLOSED else w), "", DONE
        # Acts on what it saw; a state error of the provider's makes the task try again.
        if memory in (CREATED, AUTHORISED):
            if w.intent in (CREATED, AUTHORISED):
                cancels = self.guarded("refund: cancels by id")
                return (w._replace(intent=CANCELED) if cancels else w), "", 2
            return w, "", 2 if w.intent == CANCELED else AGAIN
        if memory == CAPTURED and self.guarded("refund: refunds what was captured"):
            return w._replace(intent=REFUNDED), "", 2
        return w, "", 2

    def _close(self, line: int, w: World, memory: str) -> Outcome:
        """A command, recorded by whoever asks: `memory` is the customer or the reconciler."""
        customer = memory == "customer"
        careful = self.guarded("close: reconciler never takes CONFIRMED")
        takes = (PENDING, CONFIRMED) if customer or not careful else (PENDING,)
        if w.order not in takes:
            return w, memory, REFUSED
        ended = w.ended and not self.guarded("close: recorded with its due time")
        return w._replace(order=CANCELLED if customer else REJECTED, ended=ended), memory, DONE
