"""The paths of a confirmed order that is cancelled or refunded in part, as data.

CancelOrder and RefundOrder, each with what goes wrong, and with each other; every interpreter walks
every path, as those of PlaceOrder (`paths.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from functions.orders.domain import OrderStatus
from functions.orders.refunds import RefundState
from tests.support.saga_world import CANCEL, REFUND, UNIT_PRICE, Run, SagaWorld
from tests.support.saga_world_faults import FAILING, Act, Fault
from tests.workflows.paths import ProviderFault

STATES: Final = {
    CANCEL: ("ReleaseInventory", "RefundPayment"),
    REFUND: ("IssueRefund", "RestockInventory"),
}
PAYS: Final = {CANCEL: "RefundPayment", REFUND: "IssueRefund"}
BOUGHT: Final = 2
RECEIVED: Final = 5
TOTAL: Final = BOUGHT * UNIT_PRICE


@dataclass(frozen=True)
class After:
    """One path of a confirmed order of two units, of which one may be refunded.

    Attributes:
        machine: the one that things happen to.
        then: machines that run afterwards, in order.
        refunds: how many refunds of one unit each are recorded beforehand.
        restock: whether what they take back goes on the shelf.
        cancelled: whether the order is cancelled before anything runs.
        disputed: whether the customer disputes the payment before anything runs.
        faults, provider: what goes wrong.
        stuck: where the first execution fails; a redrive goes on from there.
        left: units on the shelf at the end, of five.
        kept: minor units that the shop keeps.
    """

    name: str
    machine: str
    left: int
    kept: int
    then: tuple[str, ...] = ()
    refunds: int = 0
    restock: bool = True
    cancelled: bool = False
    disputed: bool = False
    faults: tuple[Fault, ...] = ()
    provider: tuple[ProviderFault, ...] = ()
    stuck: str | None = None

    def __str__(self) -> str:
        return self.name

    def but(self, name: str, **changes: Any) -> "After":
        """This path with something more going wrong."""
        return replace(self, name=f"{self.name}, {name}", **changes)


CANCELS: Final = After("cancel", CANCEL, left=5, kept=0, cancelled=True)
REFUNDS: Final = After("refund", REFUND, left=4, kept=UNIT_PRICE, refunds=1)
SOUND: Final = (
    CANCELS,
    REFUNDS,
    REFUNDS.but("not restocked", restock=False, left=3),
    REFUNDS.but("twins", refunds=2, then=(REFUND,), left=5, kept=0),
    REFUNDS.but("refused for good", disputed=True, left=3, kept=TOTAL),
    REFUNDS.but(
        "and a cancel afterwards",
        then=(CANCEL,),
        faults=(Fault("RestockInventory", Act.CANCELLED),),
        left=5,
        kept=0,
    ),
    REFUNDS.but(
        "cancelled before it is paid",
        then=(CANCEL,),
        faults=(Fault("IssueRefund", Act.CANCELLED),),
        left=5,
        kept=0,
    ),
    CANCELS.but("and then the refund", refunds=1, then=(REFUND,)),
    CANCELS.but(
        "and then a refund that is not restocked", refunds=1, then=(REFUND,), restock=False, left=4
    ),
    CANCELS.but("and then both refunds", refunds=2, then=(REFUND, REFUND)),
)


def _healing() -> Iterator[After]:
    for path in (CANCELS, REFUNDS):
        for task in STATES[path.machine]:
            for act in (Act.RAISES, Act.LOST, Act.KILLED, Act.KILLED_AFTER, Act.TWICE):
                yield path.but(f"{task} {act}", faults=(Fault(task, act),))
            yield path.but(f"{task} {Act.THROTTLED}", faults=(Fault(task, Act.THROTTLED, 20),))


def _unhealed() -> Iterator[After]:
    for path in (CANCELS, REFUNDS):
        for task in STATES[path.machine]:
            for act in (Act.RAISES, Act.LOST):
                yield path.but(f"{task} always {act}", faults=(Fault(task, act, None),), stuck=task)


_KINDS: Final[dict[str, dict[str, Any]]] = {
    "error-before": {},
    "error-after": {},
    "drop-before": {},
    "drop-after": {},
    "status": {"status": 429},
}


def _provider() -> Iterator[After]:
    for path in (CANCELS, REFUNDS):
        for kind, more in _KINDS.items():
            fault = ProviderFault(kind, "refund", more)
            yield path.but(f"provider's refund: {kind}", provider=(fault,))
        down = ProviderFault("status", "refund", {"status": 503, "times": None})
        yield path.but("provider is down", provider=(down,), stuck=PAYS[path.machine])


PATHS: Final = (*SOUND, *_healing(), *_unhealed(), *_provider())


def walk(world: SagaWorld, path: After) -> None:
    """Sends a confirmed order down a path, and asserts everything about it."""
    order_id = world.place(stock=((RECEIVED,),), quantity=BOUGHT)
    assert world.interpreter.run(order_id).status == "SUCCEEDED"
    refunds = [
        world.refund(order_id, lines=[world.line(order_id, 1)], restock=path.restock)
        for _ in range(path.refunds)
    ]
    if path.cancelled:
        world.cancel(order_id)
    if path.disputed:
        (charge,) = world.account(order_id).charges
        world.admin("POST", f"/_sandbox/intents/{charge.id}/dispute", None)
    world.faults.arrange(order_id, path.faults)
    for fault in path.provider:
        world.provider_fault(order_id, fault.kind, fault.call, **fault.more)
    waiting = iter(refunds)
    run = _run(world, path.machine, order_id, waiting)
    assert all(world.struck())
    failing = {fault.task for fault in path.faults if fault.act in FAILING}
    assert failing <= {state for state, _ in run.failures}, f"{path}: {run.story}"
    if path.stuck is not None:
        run = _resume(world, path.stuck, run)
    else:
        assert run.states == STATES[path.machine], f"{path}: {run.story}"
    assert run.status == "SUCCEEDED", f"{path}: {run.story}"
    for machine in path.then:
        world.require_sound(order_id)
        assert _run(world, machine, order_id, waiting).status == "SUCCEEDED"
    _judge(world, path, order_id)
    world.lift(order_id)
    world.forget(order_id)


def _run(world: SagaWorld, machine: str, order_id: str, refunds: Iterator[str]) -> Run:
    refund_id = next(refunds) if machine == REFUND else None
    return world.interpreter.run(order_id, machine=machine, refund_id=refund_id)


def _resume(world: SagaWorld, stuck: str, run: Run) -> Run:
    assert (run.status, run.states[-1]) == ("FAILED", stuck), run.story
    world.require_sound(run.order_id)
    world.lift(run.order_id)
    return world.interpreter.redrive(run)


def _judge(world: SagaWorld, path: After, order_id: str) -> None:
    account = world.require_ended(order_id)
    cancelled = path.cancelled or CANCEL in path.then
    assert account.order.status is (OrderStatus.CANCELLED if cancelled else OrderStatus.CONFIRMED)
    assert sum(charge.captured - charge.refunded for charge in account.charges) == path.kept
    assert world.available(order_id) == path.left
    state = RefundState.REFUSED if path.disputed else RefundState.REFUNDED
    assert [refund.state for refund in account.refunds] == [state] * path.refunds
