"""The groups of actors whose steps are put in every order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from functions.orders.domain import OrderStatus
from tests.interleavings.actors import (
    LATE,
    OPERATOR,
    Act,
    cancel,
    expire,
    note,
    order_id,
    reconcile,
    refund_outside,
    saga,
    ship,
    sweep,
    twin,
    undo,
)
from tests.interleavings.explorer import Explored, explore, replay
from tests.interleavings.machines import Execution
from tests.interleavings.rest import wrong_after
from tests.interleavings.scheduler import Run, Tap
from tests.interleavings.world import Desk, World
from tests.support.fake_gateway import DECLINED_CARD

CHARGE, RESERVE, CONFIRM, SEND = (
    "ChargePayment",
    "ReserveInventory",
    "ConfirmOrder",
    "SendConfirmation",
)
BACK: Final = ("RejectOrder", "ReleaseInventory", "RefundPayment", "OrderRejected")
UNDO: Final = ("ReleaseInventory", "RefundPayment")
Setting = Callable[[World], None]


@dataclass(frozen=True)
class Group:
    """Some actors, and where they begin.

    Attributes:
        before: states that the order has gone through; of two orders, the first.
        setting: what else the world is like, done after that.
        expected: how many orders are CONFIRMED in the end, where that is certain.
        orders: how many there are, each of two units.
        shelf: shards of the one SKU.
    """

    name: str
    actors: Mapping[str, Act]
    before: Sequence[str] = ()
    setting: Setting | None = None
    expected: int | None = None
    orders: int = 1
    shelf: tuple[int, ...] = (5,)
    card: str = "pm_card_visa"

    def __str__(self) -> str:
        return self.name

    def explore(self) -> Explored:
        """Every order of steps. Raises Broken."""
        return explore(_Stage(self))

    def replay(self, choices: Sequence[int]) -> Run:
        """One order of steps. Raises Broken."""
        return replay(_Stage(self), choices)


@dataclass
class _Stage:
    """A group's world, put back to its start for every run."""

    group: Group
    world: World = field(default_factory=World)

    def __post_init__(self) -> None:
        group, world = self.group, self.world
        world.stock("MUG", *group.shelf)
        for number in range(1, group.orders + 1):
            world.place(number, ("MUG", 2), card=group.card)
        at_once = Desk(world, lambda call, effect: effect())
        if group.before:
            Execution(world, "place_order", order_id()).run(at_once.tasks, *group.before)
        if group.setting:
            group.setting(world)
        self._start = world.save()

    def open(self) -> Run:
        """See `Stage.open`."""
        self.world.load(self._start)
        return Run({name: self._play(act) for name, act in self.group.actors.items()})

    def state(self) -> str:
        """See `Stage.state`."""
        return str(self.world)

    def judge(self, run: Run) -> list[str]:
        """See `Stage.judge`."""
        wrong = wrong_after(self.world, run.actors)
        statuses = [self.world.order(one).status for one in self.world.statuses]
        confirmed = statuses.count(OrderStatus.CONFIRMED)
        if self.group.expected not in (None, confirmed):
            wrong.append(f"{confirmed} orders are CONFIRMED, not {self.group.expected}")
        return wrong

    def _play(self, act: Act) -> Callable[[Tap], object]:
        return lambda tap: act(self.world, tap)


def _forgetful(world: World) -> None:
    """The provider keeps idempotency keys for a day."""
    world.gateway.forgetful = True


def _going_back(world: World) -> None:
    """A technical error was caught: its saga stands in RejectOrder."""
    world.positions[f"place_order {order_id()}"] = BACK[0]


def _stopped(world: World) -> None:
    """An operator has stopped the execution."""
    world.executions.placed[order_id()] = "ABORTED"


def _unknown(world: World) -> None:
    """Step Functions does not know of the execution (yet): a describe may lag behind a start."""
    world.executions.placed.clear()


def _expired(world: World) -> None:
    """The hold was given back."""
    Desk(world, lambda call, effect: effect(), LATE).expire()


def _cancelled(world: World) -> None:
    """The customer has cancelled."""
    at_once = Desk(world, lambda call, effect: effect())
    at_once.cancel(order_id(), OPERATOR)
    world.look()


def drop(world: World, tap: Tap) -> None:
    """The bank takes the authorisation back, unless it was captured."""
    (intent,) = world.gateway.intents

    def effect() -> None:
        if world.gateway.intents[intent].status.value == "requires_capture":
            world.gateway.drop_authorisation(intent)

    tap("authorisation dropped", effect)


def _cancelled_and_released(world: World) -> None:
    """The customer has cancelled, and CancelOrder has given the goods back."""
    _cancelled(world)
    at_once = Desk(world, lambda call, effect: effect())
    Execution(world, "cancel_order", order_id()).run(at_once.tasks, UNDO[0])


def _cancelled_going_back(world: World) -> None:
    """The customer has cancelled, and the saga has met with the closed order."""
    _cancelled(world)
    _going_back(world)


def _cancel_and_undo(world: World, tap: Tap) -> object:
    """The customer cancels, and CancelOrder runs."""
    order = cancel()(world, tap)
    undo(*UNDO)(world, tap)
    return order


FORWARD: Final = (CHARGE, RESERVE, CONFIRM, SEND)

PAIRS: Final = (
    Group(
        "ChargePayment and its twin",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        expected=1,
    ),
    Group(
        "ChargePayment and its twin, declined",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        card=DECLINED_CARD,
        expected=0,
    ),
    Group(
        "ChargePayment and its twin, when the provider has forgotten its keys",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        setting=_forgetful,
        expected=1,
    ),
    Group("ChargePayment and cancel", {"saga": saga(CHARGE), "customer": cancel()}, expected=0),
    Group(
        "late ChargePayment and the way back",
        {"twin": twin(CHARGE), "saga": saga(*BACK)},
        setting=_going_back,
        expected=0,
    ),
    Group(
        "late ChargePayment, declined, and the way back",
        {"twin": twin(CHARGE), "saga": saga(*BACK)},
        setting=_going_back,
        card=DECLINED_CARD,
        expected=0,
    ),
    Group(
        "RejectOrder and cancel",
        {"saga": saga(BACK[0]), "customer": cancel()},
        before=(CHARGE,),
        setting=_going_back,
        expected=0,
    ),
    Group(
        "ReserveInventory and its twin",
        {"saga": saga(RESERVE), "twin": twin(RESERVE)},
        before=(CHARGE,),
        expected=1,
    ),
    Group(
        "ReserveInventory and cancel",
        {"saga": saga(RESERVE), "customer": cancel()},
        before=(CHARGE,),
        expected=0,
    ),
    Group(
        "late ReserveInventory and the way back",
        {"twin": twin(RESERVE), "saga": saga(*BACK)},
        before=(CHARGE,),
        setting=_going_back,
        expected=0,
    ),
    Group(
        "ReserveInventory and expiry",
        {"saga": saga(RESERVE, CONFIRM), "expiry": expire()},
        before=(CHARGE,),
    ),
    Group(
        "two buyers of the last units",
        {"one": saga(RESERVE), "other": saga(CHARGE, RESERVE, order=2)},
        before=(CHARGE,),
        orders=2,
        shelf=(2,),
        expected=1,
    ),
    Group(
        "two buyers of the last units, in two shards",
        {"one": saga(RESERVE), "other": saga(CHARGE, RESERVE, order=2)},
        before=(CHARGE,),
        orders=2,
        shelf=(1, 1),
        expected=1,
    ),
    Group(
        "ConfirmOrder and its twin",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM)},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
    Group(
        "ConfirmOrder and cancel",
        {"saga": saga(CONFIRM), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and an operator's cancel",
        {"saga": saga(CONFIRM), "operator": cancel(OPERATOR)},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and expiry",
        {"saga": saga(CONFIRM), "expiry": expire()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and the authorisation is dropped",
        {"saga": saga(CONFIRM), "provider": drop},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "late ConfirmOrder and the way back, after the hold has expired",
        {"twin": twin(CONFIRM), "saga": saga(CONFIRM, *BACK)},
        before=(CHARGE, RESERVE),
        setting=_expired,
        expected=0,
    ),
    Group(
        "SendConfirmation and its twin",
        {"saga": saga(SEND), "twin": twin(SEND)},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=1,
    ),
    Group(
        "SendConfirmation and cancel",
        {"saga": saga(SEND), "customer": cancel()},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=0,
    ),
    Group(
        "RefundPayment and its twin",
        {"undo": undo(*UNDO), "twin": twin("RefundPayment")},
        before=FORWARD,
        setting=_cancelled,
        expected=0,
    ),
    Group(
        "ReleaseInventory and its twin",
        {"undo": undo(*UNDO), "twin": twin("ReleaseInventory")},
        before=FORWARD,
        setting=_cancelled,
        expected=0,
    ),
    Group(
        "RefundPayment and a refund outside",
        {"undo": undo("RefundPayment"), "outside": refund_outside(500)},
        before=FORWARD,
        setting=_cancelled_and_released,
        expected=0,
    ),
    Group(
        "cancel of a confirmed order and ship",
        {"customer": cancel(), "operator": ship()},
        before=FORWARD,
    ),
    Group("cancel twice", {"customer": cancel(), "operator": cancel(OPERATOR)}, before=FORWARD),
    Group("ship twice", {"one": ship(), "other": ship()}, before=FORWARD, expected=1),
    Group(
        "two sweepers",
        {"one": sweep(), "other": sweep()},
        before=(CHARGE,),
        setting=_stopped,
        expected=0,
    ),
    Group(
        "two sweepers of an order that was never started",
        {"one": sweep(), "other": sweep()},
        setting=_unknown,
        expected=0,
    ),
    Group(
        "reconciler and sweeper",
        {"reconciler": reconcile(), "sweeper": sweep()},
        before=(CHARGE, RESERVE),
        setting=_stopped,
        expected=0,
    ),
    Group(
        "reconciler and a late ConfirmOrder",
        {"reconciler": reconcile(), "twin": twin(CONFIRM)},
        before=(CHARGE, RESERVE),
        setting=_stopped,
    ),
    Group(
        "webhook and ConfirmOrder",
        {"saga": saga(CONFIRM), "webhook": note("charge.dispute.created")},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
    Group(
        "refund outside and ConfirmOrder",
        {"saga": saga(CONFIRM), "outside": refund_outside(500)},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
)


TRIPLES: Final = (
    Group(
        "ChargePayment, cancel and a sweeper that rejects",
        {"saga": saga(CHARGE), "customer": cancel(), "sweeper": sweep()},
        setting=_unknown,
        expected=0,
    ),
    Group(
        "ReserveInventory, expiry and cancel",
        {"saga": saga(RESERVE), "expiry": expire(), "customer": cancel()},
        before=(CHARGE,),
        expected=0,
    ),
    Group(
        "ConfirmOrder, its twin and cancel",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder, expiry and cancel",
        {"saga": saga(CONFIRM), "expiry": expire(), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder, its twin and a dropped authorisation",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM), "provider": drop},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "SendConfirmation, its twin and cancel",
        {"saga": saga(SEND), "twin": twin(SEND), "customer": cancel()},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=0,
    ),
    Group(
        "cancel of a confirmed order, an operator's, and ship",
        {"customer": cancel(), "operator": cancel(OPERATOR), "warehouse": ship()},
        before=FORWARD,
    ),
    Group(
        "reconciler, sweeper and cancel",
        {"reconciler": reconcile(), "sweeper": sweep(), "customer": cancel()},
        before=(CHARGE, RESERVE),
        setting=_stopped,
        expected=0,
    ),
    Group(
        "the whole saga and cancel",
        {"saga": saga(), "customer": cancel()},
    ),
    Group(
        "the whole saga, expiry and cancel",
        {"saga": saga(), "expiry": expire(), "customer": cancel()},
    ),
)

DEEP: Final = (
    Group(
        "the way back, the execution of a cancel, and a sweeper",
        {"saga": saga(*BACK), "undo": undo(*UNDO), "sweeper": sweep()},
        before=(CHARGE, RESERVE),
        setting=_cancelled_going_back,
        expected=0,
    ),
    Group(
        "ChargePayment and two twins",
        {"saga": saga(CHARGE), "twin": twin(CHARGE), "third": twin(CHARGE)},
        expected=1,
    ),
    Group(
        "ChargePayment and two twins, declined",
        {"saga": saga(CHARGE), "twin": twin(CHARGE), "third": twin(CHARGE)},
        card=DECLINED_CARD,
        expected=0,
    ),
    Group(
        "the whole saga, a late ChargePayment and cancel",
        {"saga": saga(), "twin": twin(CHARGE), "customer": cancel()},
    ),
    Group(
        "the whole saga, a late ReserveInventory and cancel",
        {"saga": saga(), "twin": twin(RESERVE), "customer": cancel()},
    ),
    Group(
        "the whole saga, cancel and its execution, and a sweeper",
        {"saga": saga(), "customer": _cancel_and_undo, "sweeper": sweep()},
    ),
    Group(
        "two whole sagas for the last units, and cancel",
        {"one": saga(), "other": saga(order=2), "customer": cancel()},
        orders=2,
        shelf=(2,),
    ),
)
