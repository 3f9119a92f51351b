"""Each guard of the saga, how the code does without it, and the case that then breaks a promise.

The guards are taken out from here; production code has no switch for it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import uuid4

import pytest

from functions.checkout.charge_payment import ChargePayment
from functions.checkout.confirm_order import ConfirmOrder
from functions.checkout.issue_refund import IssueRefund
from functions.checkout.refund_payment import RefundPayment
from functions.checkout.settle_order import SettleOrder
from functions.checkout.task import FoundRefund
from functions.inventory.store import InventoryWrites
from functions.notifications.claims import EmailWrites
from functions.orders.domain import Order
from functions.orders.settlement import Closer, SettlementWrites
from functions.orders.store import OrderWrites
from functions.payments.gateway import IntentStatus, Refund
from functions.payments.ledger import LedgerWrites, Payment
from functions.payments.stripe_gateway import StripeGateway
from functions.shared.writes import Write
from tests.support.moto_saga import MotoInterpreter
from tests.support.unguarded import first, one, unconditional
from tests.workflows.matrix.cases import Case, case

Without = Callable[[Any], Callable[..., Any]]
"""Makes of a method the one that is less careful."""


@dataclass(frozen=True)
class Guard:
    """A guard.

    Attributes:
        model: its name in the protocol's model; None: the model has no such thing.
        where: the method that it stands in, told by `owner` and `method`.
        without: how the method does without it.
        case: the case that fails then.
        breach: what it says.
    """

    name: str
    model: str | None
    owner: type
    method: str
    without: Without
    case: Case
    breach: str

    def take_out(self, patch: pytest.MonkeyPatch) -> None:
        """Does without the guard."""
        patch.setattr(self.owner, self.method, self.without(getattr(self.owner, self.method)))


def _never(_: Any) -> Callable[..., None]:
    return lambda *args, **kwargs: None


def _confirm_before_storing(method: Any) -> Callable[..., Payment]:
    def without(task: ChargePayment, order: Any) -> Payment:
        intent = task._create(order)
        key = f"{order.order_id}:confirm:1"
        task.gateway.confirm_intent(intent.id, idempotency_key=key)
        opened: Payment = method(task, order)
        return opened

    return without


def _as_if_unconfirmed(method: Any) -> Callable[..., Any]:
    def without(gateway: StripeGateway, intent_id: str) -> Any:
        intent = method(gateway, intent_id)
        held = intent.status is IntentStatus.REQUIRES_CAPTURE
        return replace(intent, status=IntentStatus.REQUIRES_CONFIRMATION) if held else intent

    return without


def _not_counted(method: Any) -> Callable[..., Write]:
    def without(*args: Any) -> Write:
        counted: Write = method(*args)
        return replace(counted, increments=dict.fromkeys(counted.increments, 0))

    return without


def _give_up_confirming(method: Any) -> Callable[..., str]:
    def without(*args: Any) -> str:
        machine = json.loads(method(*args))
        if "ConfirmOrder" in machine["States"]:
            caught = machine["States"]["ChargePayment"]["Catch"][-1]
            machine["States"]["ConfirmOrder"]["Catch"].append(caught)
        return json.dumps(machine)

    return without


def _nothing_to_refund(_: Any) -> Callable[..., list[Write]]:
    def without(task: RefundPayment, _order: Any, payment: Payment, _intent: Any) -> list[Write]:
        captured = payment.captured
        return task.ledger.refund(payment, captured, 0, captured, task.now())

    return without


def _another_key_each_time(_: Any) -> Callable[..., Refund]:
    def without(task: IssueRefund, found: FoundRefund) -> Refund:
        intent, refund = found.payment.intent_id, found.refund
        return task.gateway.refund_intent(
            intent, refund.amount, idempotency_key=str(uuid4()), reference=refund.refund_id
        )

    return without


def _confirm_whatever_is_stored(_: Any) -> Callable[..., None]:
    def without(task: ConfirmOrder, order: Order, payment: Payment) -> None:
        move, event = task.orders.confirm(order, task.now())
        captured = unconditional(task.ledger.capture(payment))
        task.database.transact([unconditional(move), event, captured])

    return without


def _closes_instead(_: Any) -> Callable[..., str]:
    return lambda settle, order, _status: settle._close(order, Closer.OPERATOR)


def _not_due(method: Any) -> Callable[..., list[Write]]:
    def without(*args: Any) -> list[Write]:
        move, *rest = method(*args)
        kept = {name: v for name, v in move.changes.items() if not name.startswith("GSI2")}
        return [replace(move, changes=kept), *rest]

    return without


GUARDS: Final = (
    Guard(
        "the intent's id is stored before the card is confirmed",
        "charge: id stored before the card is confirmed",
        ChargePayment,
        "_open",
        _confirm_before_storing,
        case("one/confirmed/ChargePayment:late@4"),
        "money is still held on the card",
    ),
    Guard(
        "an intent's id is stored only while the order is PENDING",
        "charge: id stored only while PENDING",
        OrderWrites,
        "require",
        one,
        case("one/confirmed/ChargePayment:late@3"),
        "money is still held on the card",
    ),
    Guard(
        "a charge whose answer is lost is looked up by its id",
        None,
        StripeGateway,
        "retrieve_intent",
        _as_if_unconfirmed,
        case("one/confirmed/ChargePayment:lost@4"),
        "it ended REJECTED",
    ),
    Guard(
        "a server error that the provider keeps is got past by the next key",
        None,
        LedgerWrites,
        "count_attempt",
        _not_counted,
        case("one/confirmed/ChargePayment:error@4"),
        "it ended REJECTED",
    ),
    Guard(
        "units are held only while the order is PENDING",
        "reserve: only while PENDING",
        OrderWrites,
        "stamp",
        one,
        case("one/confirmed/ReserveInventory:late@3"),
        "the saga has ended and the reservation is HELD",
    ),
    Guard(
        "units are held once",
        "reserve: once",
        InventoryWrites,
        "hold",
        first,
        case("one/confirmed/ReserveInventory:lost@3"),
        "left and 2 taken of 5",
    ),
    Guard(
        "no unit is taken that is not there",
        None,
        InventoryWrites,
        "_take",
        one,
        case("one/sold-out/-"),
        "a shard is below zero",
    ),
    Guard(
        "only a PENDING order is locked",
        "confirm: lock takes only PENDING",
        OrderWrites,
        "lock",
        one,
        case("one/confirmed/ConfirmOrder:timed-out@2+ConfirmOrder:late@1"),
        "it went from CANCELLED to CONFIRMING",
    ),
    Guard(
        "the lock takes the hold",
        "confirm: lock takes the hold",
        InventoryWrites,
        "commit",
        one,
        case("one/expired/-"),
        "InventoryReleased was published",
    ),
    Guard(
        "behind the lock a technical failure goes forward",
        "confirm: technical failure goes forward",
        MotoInterpreter,
        "definition",
        _give_up_confirming,
        case("one/confirmed/ConfirmOrder:unreachable"),
        "though no capture was declined",
    ),
    Guard(
        "a late twin confirms nothing that was cancelled meanwhile",
        None,
        ConfirmOrder,
        "_confirm",
        _confirm_whatever_is_stored,
        case("one/confirmed/ConfirmOrder:late@4"),
        "it went from CANCELLED to CONFIRMED",
    ),
    Guard(
        "units are given back once",
        "release: once",
        InventoryWrites,
        "release",
        first,
        case("one/cancelled/ReleaseInventory:late@2"),
        "left and 0 taken of 5",
    ),
    Guard(
        "a closed order's intent is cancelled",
        "refund: cancels by id",
        StripeGateway,
        "cancel_intent",
        _never,
        case("one/sold-out/-"),
        "money is still held on the card",
    ),
    Guard(
        "what was captured is refunded",
        "refund: refunds what was captured",
        RefundPayment,
        "_refund",
        _nothing_to_refund,
        case("one/cancelled/-"),
        "its customer is 2500 short",
    ),
    Guard(
        "all attempts at a refund use one key",
        None,
        IssueRefund,
        "_make",
        _another_key_each_time,
        case("one/returned/IssueRefund:timed-out@3"),
        "captured - refunded is 0, not the total of 1250",
    ),
    Guard(
        "a mail is claimed before it is sent",
        "mail: claimed first",
        EmailWrites,
        "claim",
        one,
        case("one/confirmed/SendConfirmation:lost@4"),
        "2 confirmations were mailed",
    ),
    Guard(
        "a CONFIRMED order is never closed by the reconciler",
        "close: reconciler never takes CONFIRMED",
        SettleOrder,
        "_raise",
        _closes_instead,
        case("one/confirmed/SendConfirmation:unreachable"),
        "it ended CANCELLED",
    ),
    Guard(
        "a closing is recorded with its due time",
        "close: recorded with its due time",
        SettlementWrites,
        "close",
        _not_due,
        case("one/confirmed/ConfirmOrder:late@3"),
        "its customer is 2500 short",
    ),
    Guard(
        "the sweeper finds what no event has told of",
        "sweeper: settles what events missed",
        SettleOrder,
        "_compensate",
        _never,
        case("one/confirmed/SendConfirmation:late@1"),
        "its saga never ends",
    ),
)
