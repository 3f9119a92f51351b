"""Who acts: production code over the ports of a world, each as something to play."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from contracts.ids import refund_id as refund_id_of
from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.inventory.domain import Transfer
from functions.payments.gateway import Refund, RefundStatus
from functions.payments.provider_events import ProviderEvent
from functions.shared.access import OPERATORS, Caller
from tests.interleavings.machines import Execution
from tests.interleavings.scheduler import Tap
from tests.interleavings.world import Desk, World

Act = Callable[[World, Tap], object]
"""What an actor does in a world through its tap."""

LATE: Final = timedelta(minutes=45)
"""After every deadline: of a hold, and of the start of an order."""
CUSTOMER: Final = Caller("customer-1", frozenset())
OPERATOR: Final = Caller("operator-1", frozenset({OPERATORS}))


def order_id(number: int = 1) -> str:
    """The id of a world's order."""
    return f"00000000-0000-4000-8000-{number:012d}"


def saga(*states: str, order: int = 1) -> Act:
    """The order's own execution, for as long as it is in these states."""

    def act(world: World, tap: Tap) -> None:
        Execution(world, "place_order", order_id(order)).run(Desk(world, tap).tasks, *states)

    return act


def undo(*states: str, order: int = 1) -> Act:
    """The order's CancelOrder, for as long as it is in these states."""

    def act(world: World, tap: Tap) -> None:
        world.executions.start_cancel(order_id(order))
        Execution(world, "cancel_order", order_id(order)).run(Desk(world, tap).tasks, *states)

    return act


def twin(state: str, order: int = 1) -> Act:
    """A second attempt of a task, whose outcome nobody waits for any more."""

    def act(world: World, tap: Tap) -> object:
        return Desk(world, tap).tasks[state](TaskInput(orderId=order_id(order)))

    return act


def cancel(caller: Caller = CUSTOMER) -> Act:
    """POST /orders/{orderId}/cancel."""
    return lambda world, tap: Desk(world, tap).cancel(order_id(), caller)


def refund(amount: int, key: str) -> Act:
    """POST /orders/{orderId}/refunds, of an amount."""
    asked = RefundRequest(amount=amount)
    return lambda world, tap: Desk(world, tap).refund(order_id(), key, asked, "operator-1")


def take_back(units: int, key: str) -> Act:
    """POST /orders/{orderId}/refunds, of units that go back on the shelf."""
    lines = [{"productId": "mug", "variantId": "one", "quantity": units}]
    asked = RefundRequest.model_validate({"lines": lines, "restock": True})
    return lambda world, tap: Desk(world, tap).refund(order_id(), key, asked, "operator-1")


def pay_back(*states: str, key: str) -> Act:
    """The RefundOrder of a refund that is recorded, for as long as it is in these states."""

    def act(world: World, tap: Tap) -> None:
        refund_id = refund_id_of(order_id(), key)
        world.executions.start_refund(order_id(), refund_id)
        execution = Execution(world, "refund_order", order_id(), refund_id)
        execution.run(Desk(world, tap).tasks, *states)

    return act


def take_back_and_pay(units: int, key: str) -> Act:
    """A refund of units is asked for, and paid."""

    def act(world: World, tap: Tap) -> None:
        take_back(units, key)(world, tap)
        pay_back("IssueRefund", key=key)(world, tap)

    return act


def refund_twin(state: str, key: str) -> Act:
    """A second attempt of a task of RefundOrder."""
    about = {"orderId": order_id(), "refundId": refund_id_of(order_id(), key)}
    return lambda world, tap: Desk(world, tap).tasks[state](TaskInput.model_validate(about))


def ship() -> Act:
    """POST /orders/{orderId}/ship."""
    return lambda world, tap: Desk(world, tap).ship(order_id())


def sweep() -> Act:
    """A run of the sweeper, when everything is overdue."""
    return lambda world, tap: Desk(world, tap, LATE).sweep()


def reconcile() -> Act:
    """The reconciler, told that the order's execution has ended."""
    return lambda world, tap: Desk(world, tap).settle(order_id())


def expire() -> Act:
    """A run of the expiry, when every hold is past its time."""
    return lambda world, tap: Desk(world, tap, LATE).expire()


def refund_outside(amount: int) -> Act:
    """Somebody refunds in the provider's dashboard, and its webhook tells of it."""

    def act(world: World, tap: Tap) -> object:
        (intent,) = world.gateway.intents
        desk = Desk(world, tap)
        made = Refund("re_outside", RefundStatus.SUCCEEDED, amount)
        desk.provider("refunded outside", lambda: _refund(world, intent, made))
        return desk.note(_event("charge.refunded", intent))

    return act


def note(event_type: str) -> Act:
    """The provider's webhook tells of the order's payment."""

    def act(world: World, tap: Tap) -> object:
        intent = f"pi_{order_id()}"
        return Desk(world, tap).note(_event(event_type, intent))

    return act


def drop(world: World, tap: Tap) -> None:
    """The bank takes the authorisation back, unless it was captured."""
    (intent,) = world.gateway.intents

    def effect() -> None:
        if world.gateway.intents[intent].status.value == "requires_capture":
            world.gateway.drop_authorisation(intent)

    tap("authorisation dropped", effect)


def cancel_and_undo(world: World, tap: Tap) -> object:
    """The customer cancels, and CancelOrder runs."""
    order = cancel()(world, tap)
    undo()(world, tap)
    return order


def reshard(*shards: int, transfers: int = 3) -> Act:
    """An operator has a SKU's stock stand on so many shards, one number after another."""

    def act(world: World, tap: Tap) -> None:
        resharding = Desk(world, tap).reshard
        for number in shards:
            resharding.announce("MUG", number)
            for _ in range(transfers):
                resharding.move("MUG")

    return act


def watch() -> Act:
    """Somebody judges whether a SKU is sold out."""
    return lambda world, tap: Desk(world, tap).watch("MUG")


def receive_and_watch(units: int, transfer: Transfer | None = None) -> Act:
    """Goods come in, perhaps go on to a shard that is opened for them, and are told of."""

    def act(world: World, tap: Tap) -> None:
        desk = Desk(world, tap)
        desk.receive("MUG", units, "receipt-1")
        if transfer is not None:
            desk.reshard.announce("MUG", max(transfer.takers) + 1)
            desk.database.transact(desk.reshard.inventory.transfer(transfer))
        desk.watch("MUG")

    return act


def receive(units: int) -> Act:
    """Goods come in."""
    return lambda world, tap: Desk(world, tap).receive("MUG", units, "receipt-1")


def _refund(world: World, intent: str, made: Refund) -> None:
    captured = world.gateway.intents[intent].amount_received
    given = sum(refund.amount for refund in world.gateway.refunds.get(intent, []))
    if given + made.amount <= captured:
        world.gateway.refunds.setdefault(intent, []).insert(0, made)


def _event(event_type: str, intent: str) -> ProviderEvent:
    about = {"id": "dp_1", "payment_intent": intent}
    return ProviderEvent.model_validate(
        {"id": "evt_1", "type": event_type, "data": {"object": about}}
    )
