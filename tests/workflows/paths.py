"""The paths that an order can take, as data: what goes wrong, and what must come of it.

Every interpreter walks every path. Agreement means the same states entered in the same order, the
same end, and the same invariants. `walk` is the one way to walk.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any, Final

from functions.notifications.claims import EmailState
from functions.orders.domain import OrderStatus
from tests.support.invariants import Account
from tests.support.saga_world import FIRST, Run, SagaWorld
from tests.support.saga_world_faults import FAILING, Act, Fault

FORWARD: Final = ("ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation")
BACK: Final = ("RejectOrder", "ReleaseInventory", "RefundPayment", "OrderRejected")
CANCELLING: Final = BACK[1:]
NOBODY: Final = "00000000-0000-4000-8000-000000000000"

CONFIRMED, REJECTED, CANCELLED = OrderStatus.CONFIRMED, OrderStatus.REJECTED, OrderStatus.CANCELLED


@dataclass(frozen=True)
class ProviderFault:
    """A fault of the payment provider: its kind, the call as in our keys, and the rest of it."""

    kind: str
    call: str
    more: dict[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class Path:
    """One path.

    Attributes:
        states: entered, in order. The last one is where a stuck execution fails.
        status: of the order at the end.
        reason: of its rejection, with the detail where it says more.
        email: what became of the confirmation.
        faults, provider: what goes wrong.
        after: states entered after the redrive; None: the execution succeeds by itself.
        begins: another state than the first: the order was confirmed and then cancelled.
        open: the saga has not ended with the execution; another machine goes on.
    """

    name: str
    states: tuple[str, ...]
    status: OrderStatus
    reason: str | None = None
    email: EmailState | None = None
    faults: tuple[Fault, ...] = ()
    provider: tuple[ProviderFault, ...] = ()
    after: tuple[str, ...] | None = None
    begins: str = FIRST
    open: bool = False
    card: str = "pm_card_visa"
    stock: tuple[tuple[int, ...], ...] = ((5,),)
    customer: str | None = None

    def __str__(self) -> str:
        return self.name

    def but(self, name: str, **changes: Any) -> "Path":
        """This path with something more going wrong."""
        return replace(self, name=f"{self.name}, {name}", **changes)


def rejected_in(state: str) -> tuple[str, ...]:
    """The states of an order that turns round in `state`."""
    return (*FORWARD[: FORWARD.index(state) + 1], *BACK)


CONFIRMS: Final = Path("confirmed", FORWARD, CONFIRMED, email=EmailState.SENT)
SOLD_OUT: Final = Path(
    "out of stock", rejected_in("ReserveInventory"), REJECTED, "OutOfStock", stock=((1,),)
)
AUTHORISATION_GONE: Final = Path(
    "the provider dropped the authorisation",
    rejected_in("ConfirmOrder"),
    REJECTED,
    "CaptureDeclined payment_intent_unexpected_state",
    provider=(ProviderFault("expire", "capture"),),
)
REFUNDS: Final = Path(
    "cancelled after it was confirmed",
    CANCELLING,
    CANCELLED,
    email=EmailState.SENT,
    begins="ReleaseInventory",
)


def _declines() -> Iterator[Path]:
    cards = {
        "chargeDeclined": "generic_decline",
        "chargeDeclinedInsufficientFunds": "insufficient_funds",
        "chargeDeclinedExpiredCard": "expired_card",
        "authenticationRequired": "authentication_required",
    }
    for card, code in cards.items():
        reason = f"PaymentDeclined {code}"
        states = rejected_in("ChargePayment")
        yield Path(f"card declined: {code}", states, REJECTED, reason, card=f"pm_card_{card}")


def _business() -> Iterator[Path]:
    yield CONFIRMS
    yield CONFIRMS.but("from several shards", stock=((1, 0, 1), (5,)))
    yield from _declines()
    yield SOLD_OUT
    yield SOLD_OUT.but("one of two SKUs", stock=((5,), (0, 1)))
    yield AUTHORISATION_GONE
    yield Path(
        "the hold has expired",
        rejected_in("ConfirmOrder"),
        REJECTED,
        "ReservationExpired",
        faults=(Fault("ConfirmOrder", Act.HOLD_EXPIRES),),
    )
    for state in FORWARD[:3]:
        yield Path(
            f"cancelled before {state}",
            rejected_in(state),
            CANCELLED,
            faults=(Fault(state, Act.CANCELLED),),
        )
    yield Path(
        "cancelled before SendConfirmation",
        FORWARD,
        CANCELLED,
        faults=(Fault("SendConfirmation", Act.CANCELLED),),
        open=True,
    )
    yield REFUNDS


def _mails() -> Iterator[Path]:
    unknown = (Fault("SendConfirmation", Act.MAIL_CLAIMED),)
    yield CONFIRMS.but("a mail claimed and never marked", email=EmailState.UNKNOWN, faults=unknown)
    yield CONFIRMS.but("no address", email=EmailState.UNDELIVERABLE, customer=NOBODY)


def _through(task: str) -> Path:
    """An undisturbed path through a task."""
    return CONFIRMS if task in FORWARD else SOLD_OUT


def _healing() -> Iterator[Path]:
    """A technical error of each task, and each task twice."""
    for task in (*FORWARD, *BACK[:3]):
        path = _through(task)
        for act in (Act.RAISES, Act.LOST, Act.KILLED, Act.KILLED_AFTER, Act.TWICE):
            yield path.but(f"{task} {act}", faults=(Fault(task, act),))
        yield path.but(f"{task} {Act.THROTTLED}", faults=(Fault(task, Act.THROTTLED, 20),))


def pairs() -> Iterator[Path]:
    """Two things go wrong with the same order, each of which heals alone."""
    for one, other in combinations((*_healing(), *_provider_healing()), 2):
        if one.status is other.status and one.begins == other.begins:
            faults = (*one.faults, *other.faults)
            provider = (*one.provider, *other.provider)
            name = other.name.partition(", ")[2]
            yield one.but(f"and {name}", faults=faults, provider=provider)


def _unhealed() -> Iterator[Path]:
    """A task that keeps failing: what is before the pivot goes back, all else waits for redrive."""
    for act in (Act.RAISES, Act.LOST):
        for task in ("ChargePayment", "ReserveInventory"):
            yield Path(
                f"{task} always {act}",
                rejected_in(task),
                REJECTED,
                "TechnicalFailure",
                faults=(Fault(task, act, None),),
            )
        for task in (*FORWARD[2:], *BACK[:3]):
            path = _through(task)
            at = path.states.index(task) + 1
            yield path.but(
                f"{task} always {act}",
                states=path.states[:at],
                after=path.states[at:],
                faults=(Fault(task, act, None),),
            )


_PROVIDER_KINDS: Final[dict[str, dict[str, Any]]] = {
    "error-before": {},
    "error-after": {},
    "drop-before": {},
    "drop-after": {},
    "status": {"status": 429},
}
_PROVIDER_CALLS: Final = {
    "create": CONFIRMS,
    "confirm": CONFIRMS,
    "capture": CONFIRMS,
    "cancel": SOLD_OUT,
    "refund": REFUNDS,
}


def _provider_healing() -> Iterator[Path]:
    """A fault of each of the provider's calls that heals."""
    for call, path in _PROVIDER_CALLS.items():
        for kind, more in _PROVIDER_KINDS.items():
            fault = ProviderFault(kind, call, more)
            yield path.but(f"provider's {call}: {kind}", provider=(fault,))


def _provider_down() -> Iterator[Path]:
    """A provider that is down for long."""
    for call, task in (
        ("capture", "ConfirmOrder"),
        ("cancel", "RefundPayment"),
        ("refund", "RefundPayment"),
    ):
        path = _PROVIDER_CALLS[call]
        at = path.states.index(task) + 1
        yield path.but(
            f"provider's {call} is down",
            states=path.states[:at],
            after=path.states[at:],
            provider=(ProviderFault("status", call, {"status": 503, "times": None}),),
        )
    yield Path(
        "provider's confirm is down",
        rejected_in("ChargePayment"),
        REJECTED,
        "TechnicalFailure",
        provider=(ProviderFault("drop-before", "confirm", {"times": None}),),
    )


PATHS: Final = (
    *_business(),
    *_mails(),
    *_healing(),
    *_unhealed(),
    *_provider_healing(),
    *_provider_down(),
)


def walk(world: SagaWorld, path: Path) -> None:
    """Sends an order down a path, and asserts everything about it.

    One of two faults may keep the other from happening.
    """
    order_id = arrange(world, path)
    run = world.interpreter.run(order_id, path.begins)
    assert run.states == path.states, f"{path}: {run.story}"
    assert any(world.struck()) or not path.provider
    first = {fault.task: fault.act for fault in reversed(path.faults)}
    failing = {task for task, act in first.items() if act in FAILING}
    assert failing <= {state for state, _ in run.failures}, f"{path}: {run.story}"
    if path.after is not None:
        run = _resume(world, path, run)
    assert run.status == "SUCCEEDED", f"{path}: {run.story}"
    judge(path, world.require_sound(order_id)[0])
    world.lift(order_id)
    world.forget(order_id)


def arrange(world: SagaWorld, path: Path) -> str:
    """An order at the beginning of a path, its faults waiting for it."""
    order_id = world.place(card=path.card, stock=path.stock, customer=path.customer)
    if path.begins != FIRST:
        assert world.interpreter.run(order_id).status == "SUCCEEDED"
        world.cancel(order_id)
    world.faults.arrange(order_id, path.faults)
    for fault in path.provider:
        world.provider_fault(order_id, fault.kind, fault.call, **fault.more)
    return order_id


def _resume(world: SagaWorld, path: Path, run: Run) -> Run:
    assert run.status == "FAILED", run.story
    world.require_sound(run.order_id)
    world.lift(run.order_id)
    resumed = world.interpreter.redrive(run)
    assert resumed.states == path.after, resumed.story
    return resumed


def judge(path: Path, account: Account) -> None:
    """Asserts that an order came out as its path says."""
    order = account.order
    assert order.status is path.status
    assert order.saga_open is path.open
    assert account.email is path.email
    assert account.mails == (path.email is EmailState.SENT)
    if path.reason is None:
        assert order.rejection is None
    else:
        reason, _, detail = path.reason.partition(" ")
        assert order.rejection is not None
        assert order.rejection.reason == reason
        assert not detail or order.rejection.detail == detail
