"""What a world is like when the actors begin, beyond the states that the order has gone through."""

from typing import Final

from contracts.ids import refund_id as refund_id_of
from functions.inventory.items import stock_key
from functions.payments.gateway import Refund, RefundStatus
from tests.interleavings.actors import LATE, OPERATOR, order_id, pay_back, take_back
from tests.interleavings.machines import Execution
from tests.interleavings.world import Desk, World
from tests.support.shop import INVENTORY

BACK: Final = ("RejectOrder", "ReleaseInventory", "RefundPayment", "OrderRejected")
"""The saga's way back."""
ONE_UNIT: Final = "one unit"
"""The idempotency key of a refund."""
ANOTHER_UNIT: Final = "another unit"
"""That of another."""
UNIT_PRICE: Final = 1000
UNDO: Final = ("ReleaseInventory", "RefundPayment")
"""CancelOrder."""


def forgetful(world: World) -> None:
    """The provider keeps idempotency keys for a day."""
    world.gateway.forgetful = True


def going_back(world: World) -> None:
    """A technical error was caught: its saga stands in RejectOrder."""
    world.positions[f"place_order {order_id()}"] = BACK[0]


def stopped(world: World) -> None:
    """An operator has stopped the execution."""
    world.executions.placed[order_id()] = "ABORTED"


def unknown(world: World) -> None:
    """Step Functions does not know of the execution (yet): a describe may lag behind a start."""
    world.executions.placed.clear()


def expired(world: World) -> None:
    """The hold was given back."""
    Desk(world, lambda call, effect: effect(), LATE).expire()


def cancelled(world: World) -> None:
    """The customer has cancelled."""
    at_once = Desk(world, lambda call, effect: effect())
    at_once.cancel(order_id(), OPERATOR)
    world.look()


def cancelled_and_released(world: World) -> None:
    """The customer has cancelled, and CancelOrder has given the goods back."""
    cancelled(world)
    _undo_goods(world)


def cancelled_going_back(world: World) -> None:
    """The customer has cancelled, and the saga has met with the closed order."""
    cancelled(world)
    going_back(world)


def other_charged(world: World) -> None:
    """The second order's card is authorised, too."""
    at_once = Desk(world, lambda call, effect: effect())
    Execution(world, "place_order", order_id(2)).run(at_once.tasks, "ChargePayment")


def unit_taken_back(world: World) -> None:
    """A refund of one unit, which goes back on the shelf, is recorded."""
    take_back(1, ONE_UNIT)(world, lambda call, effect: effect())


def units_paid(world: World) -> None:
    """Two refunds of one unit each are recorded and paid."""
    for key in (ONE_UNIT, ANOTHER_UNIT):
        take_back(1, key)(world, lambda call, effect: effect())
        pay_back("IssueRefund", key=key)(world, lambda call, effect: effect())


def unit_paid_behind_a_server_error(world: World) -> None:
    """A refund is recorded and made, but what the provider keeps under its key is an error."""
    unit_taken_back(world)
    (intent,) = world.gateway.intents
    refund_id = refund_id_of(order_id(), ONE_UNIT)
    made = Refund("re_unheard", RefundStatus.SUCCEEDED, UNIT_PRICE, refund_id)
    world.gateway.refunds[intent] = [made]
    world.gateway.failing = frozenset({f"{order_id()}:refund:{refund_id}:1"})


def cancelled_and_a_refund_lost(world: World) -> None:
    """The provider has a refund of one unit that the tables have lost; the order is cancelled."""
    (intent,) = world.gateway.intents
    made = Refund("re_lost", RefundStatus.SUCCEEDED, UNIT_PRICE, "lost")
    world.gateway.refunds[intent] = [made]
    cancelled_and_released(world)


def told_in_stock(world: World) -> None:
    """It was told that there are units; there are none any more."""
    world.stock("MUG", 1)
    Desk(world, lambda call, effect: effect()).watch("MUG")
    world.database.put(INVENTORY, stock_key("MUG", 0), {"available": 0, "received": 0})


def cancelled_and_unit_taken_back(world: World) -> None:
    """The same, and then the order was cancelled."""
    unit_taken_back(world)
    cancelled(world)


def cancelled_and_released_but_a_unit(world: World) -> None:
    """The same, and CancelOrder has given the goods back."""
    cancelled_and_unit_taken_back(world)
    _undo_goods(world)


def cancelled_and_unit_paid(world: World) -> None:
    """The unit is recorded and paid, and then the order was cancelled."""
    unit_taken_back(world)
    pay_back("IssueRefund", key=ONE_UNIT)(world, lambda call, effect: effect())
    cancelled(world)


def _undo_goods(world: World) -> None:
    at_once = Desk(world, lambda call, effect: effect())
    Execution(world, "cancel_order", order_id()).run(at_once.tasks, UNDO[0])
