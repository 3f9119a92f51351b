"""The cases of the matrix, as data."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from functions.orders.domain import OrderStatus

CONFIRMED, REJECTED, CANCELLED = OrderStatus.CONFIRMED, OrderStatus.REJECTED, OrderStatus.CANCELLED
TASKS: Final = (
    "ChargePayment",
    "ReserveInventory",
    "ConfirmOrder",
    "SendConfirmation",
    "RejectOrder",
    "ReleaseInventory",
    "RefundPayment",
    "IssueRefund",
    "RestockInventory",
)
SAMPLED_PAIRS: Final = 120
"""Of all pairs, as many as `make test` runs."""
SEED: Final = 20261122


class Kind(StrEnum):
    """What goes wrong with an attempt of a task."""

    ERROR = "error"
    LOST = "lost"
    TIMED_OUT = "timed-out"
    THROTTLED = "throttled"
    KILLED = "killed"
    TWICE = "twice"
    LATE = "late"
    UNREACHABLE = "unreachable"


MEANING: Final = {
    Kind.ERROR: "a call fails without effect; the payment provider keeps its 500 under the key",
    Kind.LOST: "a call has its effect, and its answer is lost",
    Kind.TIMED_OUT: "stalls before a call; the machine tries again; when the next task begins, "
    "the stalled attempt goes on",
    Kind.THROTTLED: "the function does not run: `Lambda.TooManyRequestsException`, three times",
    Kind.KILLED: "the process is killed after a call",
    Kind.TWICE: "delivered twice",
    Kind.LATE: "stalls before a call; the customer cancels as soon as that is allowed; when "
    "everything has been given back, the stalled attempt goes on",
    Kind.UNREACHABLE: "provider, mail or user pool do not answer (for a task without any: "
    "DynamoDB) until the machine has given up",
}
AT_A_CALL: Final = (Kind.ERROR, Kind.LOST, Kind.TIMED_OUT, Kind.KILLED, Kind.LATE)
"""Faults that strike at one of the calls of an attempt to the outside."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What is ordered: SKUs by the units in each of their shards, the SKU of each line.

    `short` is the stock by which the order cannot be served.
    """

    name: str
    stock: tuple[tuple[int, ...], ...]
    short: tuple[tuple[int, ...], ...]
    lines: tuple[int, ...]
    quantity: int = 2


ONE: Final = Shape("one", ((5,),), ((1,),), (0,))
SHAPES: Final = (
    ONE,
    Shape("many", ((5,), (5,), (5,)), ((5,), (1,), (5,)), (0, 1, 2)),
    Shape("same", ((5,),), ((1,),), (0, 0), quantity=1),
    Shape("sharded", ((1, 0, 1),), ((1, 0, 0),), (0,)),
)
SHAPE_MEANING: Final = {
    "one": "one line",
    "many": "three lines",
    "same": "two lines, of two variants with the same SKU",
    "sharded": "a SKU that only several shards together can serve",
}


class Refunded(StrEnum):
    """What an operator refunds of an order."""

    UNIT = "unit"
    """One unit of its first line, which goes back on the shelf."""
    AMOUNT = "amount"
    """Money alone, less than it cost."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an order would come to.

    Attributes:
        calls: the tasks that faults strike, each with its calls to the outside in their order.
        short: its stock is too small.
        lapses: its authorisation is gone before it is captured.
        expires: its hold is given back before it is confirmed.
        cancels: it has been confirmed, and its customer cancels it: CancelOrder is what runs.
        refunds: it has been confirmed, and this is refunded of it: RefundOrder is what runs.
    """

    name: str
    meaning: str
    status: OrderStatus
    calls: dict[str, tuple[str, ...]]
    reason: str | None = None
    card: str = "pm_card_visa"
    short: bool = False
    lapses: bool = False
    expires: bool = False
    cancels: bool = False
    refunds: Refunded | None = None


_READ, _WRITE, _TOGETHER = "BatchGetItem", "TransactWriteItems", "TransactGetItems"
_UPDATE, _PUT = "UpdateItem", "PutItem"
_GET = "GET intent"
_CHARGE: Final = (_READ, "POST payment_intents", _WRITE, "POST confirm")
_RESERVE: Final = (_READ, _READ, _WRITE)
_SHARDS: Final = (_READ, _TOGETHER)
_SEND: Final = (_READ, "AdminGetUser", _PUT, "SendEmail", _WRITE)
_REJECT: Final = {"RejectOrder": (_READ, _WRITE), "ReleaseInventory": (_READ, _WRITE)}
_VOID: Final = (_READ, _GET, _UPDATE, "POST cancel", _WRITE)
_REFUND: Final = {
    "IssueRefund": (_READ, "GET refunds", "POST refunds", _WRITE),
    "RestockInventory": (_READ, _WRITE),
}

OUTCOMES: Final = (
    Outcome(
        "confirmed",
        "everything is well",
        CONFIRMED,
        {
            "ChargePayment": (*_CHARGE, _WRITE),
            "ReserveInventory": _RESERVE,
            "ConfirmOrder": (_READ, _WRITE, "POST capture", _WRITE),
            "SendConfirmation": _SEND,
        },
    ),
    Outcome(
        "declined",
        "the card is declined",
        REJECTED,
        {"ChargePayment": (*_CHARGE, _UPDATE), **_REJECT, "RefundPayment": _VOID},
        reason="PaymentDeclined",
        card="pm_card_chargeDeclined",
    ),
    Outcome(
        "sold-out",
        "too few units are left",
        REJECTED,
        {"ReserveInventory": (*_RESERVE, *_SHARDS), **_REJECT, "RefundPayment": _VOID},
        reason="OutOfStock",
        short=True,
    ),
    Outcome(
        "lapsed",
        "the authorisation is gone when it is captured",
        REJECTED,
        {
            "ConfirmOrder": (_READ, _WRITE, "POST capture", _GET, _WRITE),
            **_REJECT,
            "RefundPayment": (_READ, _GET, _WRITE),
        },
        reason="CaptureDeclined",
        lapses=True,
    ),
    Outcome(
        "expired",
        "the hold has expired before it is confirmed",
        REJECTED,
        {"ConfirmOrder": (_READ, _WRITE), **_REJECT, "RefundPayment": _VOID},
        reason="ReservationExpired",
        expires=True,
    ),
    Outcome(
        "cancelled",
        "confirmed, then cancelled by its customer: CancelOrder",
        CANCELLED,
        {
            "ReleaseInventory": (_READ, _WRITE),
            "RefundPayment": (_READ, _GET, "GET refunds", "POST refunds", _WRITE),
        },
        reason="CancelledByCustomer",
        cancels=True,
    ),
    Outcome(
        "returned",
        "confirmed, then a unit of it is refunded and put back on the shelf: RefundOrder",
        CONFIRMED,
        _REFUND,
        refunds=Refunded.UNIT,
    ),
    Outcome(
        "refunded",
        "confirmed, then an amount of it is refunded: RefundOrder",
        CONFIRMED,
        _REFUND,
        refunds=Refunded.AMOUNT,
    ),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to the next attempt of a task; `call` counts from 1, 0 where none is meant."""

    task: str
    kind: Kind
    call: int = 0

    def __str__(self) -> str:
        return f"{self.task}:{self.kind}" + (f"@{self.call}" if self.call else "")


@dataclass(frozen=True, slots=True)
class Case:
    """One order: its shape, what it would come to, and what goes wrong on the way."""

    shape: Shape
    outcome: Outcome
    faults: tuple[Fault, ...] = ()

    def __str__(self) -> str:
        wrong = "+".join(map(str, self.faults)) or "-"
        return f"{self.shape.name}/{self.outcome.name}/{wrong}"


def case(text: str) -> Case:
    """The case of a name.

    Raises:
        ValueError: there is no such case.
    """
    try:
        shape, outcome, wrong = text.split("/")
        of_shape = next(one for one in SHAPES if one.name == shape)
        of_outcome = next(one for one in OUTCOMES if one.name == outcome)
        faults = () if wrong == "-" else tuple(map(_fault, wrong.split("+")))
    except (ValueError, StopIteration):
        raise ValueError(f"no case of the matrix: {text}") from None
    return Case(of_shape, of_outcome, faults)


def _fault(text: str) -> Fault:
    task, _, rest = text.partition(":")
    kind, _, call = rest.partition("@")
    if task not in TASKS:
        raise ValueError(task)
    return Fault(task, Kind(kind), int(call or 0))


def calls(shape: Shape, outcome: Outcome, task: str) -> tuple[str, ...]:
    """The calls of a task's undisturbed attempt."""
    sharded = len(shape.stock[0]) > 1
    if task == "ReserveInventory" and sharded and not outcome.short:
        return (*_RESERVE, _READ, _WRITE)
    return outcome.calls[task]


def outside(call: str) -> bool:
    """Whether a call leaves the platform's own tables."""
    return call.startswith(("POST", "GET", "AdminGetUser", "SendEmail"))


def effect(of_task: tuple[str, ...]) -> int:
    """Which call of a task is its effect: its last one outside the tables, or else the last."""
    asked = [i for i, call in enumerate(of_task, 1) if call.startswith(("POST", "SendEmail"))]
    return asked[-1] if asked else len(of_task)


def _faults(shape: Shape, outcome: Outcome, *, at_each_call: bool) -> Iterator[Fault]:
    for task in outcome.calls:
        of_task = calls(shape, outcome, task)
        struck = range(1, len(of_task) + 1) if at_each_call else [effect(of_task)]
        for kind in Kind:
            for call in struck if kind in AT_A_CALL else [0]:
                yield Fault(task, kind, call)


def undisturbed() -> list[Case]:
    """Every shape and outcome without a fault."""
    return [Case(shape, outcome) for shape in SHAPES for outcome in OUTCOMES]


def singles() -> list[Case]:
    """Every fault of every task: at each call of an order of one line, at its effect in others."""
    return [
        Case(shape, outcome, (fault,))
        for shape in SHAPES
        for outcome in OUTCOMES
        for fault in _faults(shape, outcome, at_each_call=shape is ONE)
    ]


def pairs() -> list[Case]:
    """Every two faults of every outcome, each at its effect; the shapes take turns."""
    found: list[Case] = []
    for outcome in OUTCOMES:
        each = [list(_faults(shape, outcome, at_each_call=False)) for shape in SHAPES]
        for number, (one, other) in enumerate(combinations(range(len(each[0])), 2)):
            shape, faults = SHAPES[number % len(SHAPES)], each[number % len(SHAPES)]
            found.append(Case(shape, outcome, (faults[one], faults[other])))
    return found


def sample() -> list[Case]:
    """The pairs that `make test` runs: the same ones each time."""
    return random.Random(SEED).sample(pairs(), SAMPLED_PAIRS)


def everything() -> list[Case]:
    """The whole matrix."""
    return [*undisturbed(), *singles(), *pairs()]
