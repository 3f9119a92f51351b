"""Coming to rest: whatever is still open after the actors is brought to its end, then judged.

Holds do not expire here: an order must get rid of its hold by itself.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from functions.orders.domain import Order, OrderStatus
from functions.orders.refunds import OrderRefund, RefundState
from tests.interleavings.machines import Execution
from tests.interleavings.scheduler import Actor
from tests.interleavings.world import Desk, World
from tests.support.invariants import breaches

ROUNDS: Final = 4
"""Of sweeping; each starts what the one before recorded."""
ABORTED: Final = "ABORTED"
REDRIVEN: Final = (OrderStatus.CONFIRMING, OrderStatus.CONFIRMED)
"""An order that is so when its execution was stopped is raised to a person, who redrives it; any
other is closed."""
_A_DAY: Final = timedelta(days=1)


def settle_all(world: World) -> list[str]:
    """Brings every order to its end; what cannot be, in words."""
    failed: list[str] = []
    for number in range(ROUNDS):
        desk = Desk(world, lambda call, effect: effect(), late=_A_DAY * (number + 1))
        failed = [
            why for order_id in world.statuses for why in _run_machines(world, desk, order_id)
        ]
        desk.sweep()
    return failed


def _run_machines(world: World, desk: Desk, order_id: str) -> Iterator[str]:
    """Runs, or redrives, the executions that were ever started for an order."""
    starts = world.executions
    refunds = [refund.refund_id for refund in world.refunds(order_id)]
    for name, statuses, refund_id in (
        ("place_order", starts.placed, ""),
        ("cancel_order", starts.cancelled, ""),
        *(("refund_order", starts.refunded, refund_id) for refund_id in refunds),
    ):
        key = refund_id or order_id
        if key not in statuses:
            continue
        if statuses[key] == ABORTED and world.order(order_id).status not in REDRIVEN:
            continue
        execution = Execution(world, name, order_id, refund_id)
        try:
            execution.run(desk.tasks)
        except Exception as error:  # noqa: BLE001 - told with the state in which it stands
            statuses[key] = "FAILED"
            yield f"{name} stands in {execution.state}: {type(error).__name__}: {error}"
        else:
            statuses[key] = "SUCCEEDED"


def wrong_after(world: World, actors: Sequence[Actor]) -> list[str]:
    """Brings everything to its end, and says what is wrong then."""
    told_wrongly = world.told_wrongly()
    failed = settle_all(world)
    accounts = [world.account(order_id) for order_id in world.statuses]
    wrong = [*failed, *breaches(accounts, world.shelves())]
    endless = [account.order.order_id for account in accounts if account.is_open]
    wrong += [f"a saga of order {order_id} never ends" for order_id in endless]
    wrong += [f"{sku} is told to be in stock or sold out, and is not" for sku in told_wrongly]
    wrong += [f"{sku} stands on shards that nobody looks at" for sku in world.overlooked()]
    return [*wrong, *_refunds_after_shipping(world), *_promises(world, actors)]


def _refunds_after_shipping(world: World) -> Iterator[str]:
    for order_id, before in world.shipped.items():
        if set(world.order(order_id).refund_ids) - set(before):
            yield f"order {order_id} was shipped, and then a refund of a part was recorded"


def _promises(world: World, actors: Sequence[Actor]) -> Iterator[str]:
    """Whether what callers of the API were told is what became of the order."""
    for actor in actors:
        told = actor.outcome
        if isinstance(told, OrderRefund):
            yield from _refund_promise(world, actor.name, told)
        if not isinstance(told, Order):
            continue
        order = world.order(told.order_id)
        if told.status is OrderStatus.CANCELLED and order.status is not OrderStatus.CANCELLED:
            yield f"{actor.name} was told that the order is cancelled; it is {order.status}"
        if told.shipped_at and (not order.shipped_at or order.status is not OrderStatus.CONFIRMED):
            yield f"{actor.name} was told that the order is shipped; it is {order.status}"


def _refund_promise(world: World, name: str, told: OrderRefund) -> Iterator[str]:
    """A refund that was accepted is paid, unless somebody paid that money back outside."""
    made = [refund for of_intent in world.gateway.refunds.values() for refund in of_intent]
    if any(refund.reference is None for refund in made):
        return
    for refund in world.refunds(told.order_id):
        if refund.refund_id == told.refund_id and refund.state is not RefundState.REFUNDED:
            yield f"{name} was told that a refund is made; it is {refund.state}"
