"""What looks after orders from outside their saga, over the shop on moto: the deployed code itself.

Sweeper, reconciler, expiry, the customer's cancel, webhooks, and the operator's redrive. They stand
on a clock of their own, which tests move; nothing here runs while an execution does, for moto's
DynamoDB is not correct under concurrency: a start is refused then, as by a throttle.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import pytest

from functions.checkout.cancel_order import CancelOrder
from functions.checkout.executions import (
    NotStarted,
    StepFunctionsExecutions,
    cancel_name,
    refund_name,
)
from functions.checkout.expire_reservations import ExpireReservations
from functions.checkout.payment_events import NotePaymentEvent
from functions.checkout.settle_order import SettleOrder
from functions.checkout.settle_refund import SettleRefund
from functions.checkout.sweep_orders import SweepOrders
from functions.checkout.wiring import payment_gateway
from functions.inventory import items as inventory_items
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.orders import open_sagas as open_sagas
from functions.orders.settlement import SettlementWrites
from functions.payments.ledger import LedgerWrites
from functions.payments.provider_events import HANDLED, ProviderEvent
from functions.shared import clients
from functions.shared.access import Caller
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.errors import RetryableError
from functions.shared.problems import Problem
from tests.support.moto_saga import MotoInterpreter, MotoSaga
from tests.support.saga_world import CANCEL, PLACE, REFUND, Run

HOLD_IS_OVER: Final = timedelta(hours=1)
RETRIES: Final = 4
"""Of each retrier, in place of its real budget: an outage then outlasts it sooner. The budgets
themselves are asserted of the definition, and walked by the paths."""
ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")


class MotoExecutions:
    """`Executions` by the adapter itself, each run to its end before anything else happens.

    Attributes:
        runs: what became of each execution, by name; a redrive replaces it.
    """

    def __init__(self, interpreter: MotoInterpreter) -> None:
        self.runs: dict[str, Run] = {}
        self._interpreter = interpreter
        self._busy = False

    def start_place(self, order_id: str) -> None:
        """See `Executions`."""
        self._start(PLACE, order_id, order_id, lambda: self._adapter().start_place(order_id))

    def start_cancel(self, order_id: str) -> None:
        """See `Executions`."""
        name = cancel_name(order_id)
        self._start(CANCEL, name, order_id, lambda: self._adapter().start_cancel(order_id))

    def start_refund(self, order_id: str, refund_id: str) -> None:
        """See `Executions`."""
        adapter, name = self._adapter(), refund_name(refund_id)
        self._start(REFUND, name, order_id, lambda: adapter.start_refund(order_id, refund_id))

    def place_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(order_id) or self._adapter().place_status(order_id)

    def cancel_status(self, order_id: str) -> str | None:
        """See `Executions`."""
        return self._status(cancel_name(order_id)) or self._adapter().cancel_status(order_id)

    def refund_status(self, refund_id: str) -> str | None:
        """See `Executions`."""
        return self._status(refund_name(refund_id)) or self._adapter().refund_status(refund_id)

    def redrive(self, name: str) -> None:
        """Resumes a failed execution in the state in which it failed."""
        self._alone(name, lambda: self._interpreter.resume(self.runs[name]))

    def _start(self, machine: str, name: str, order_id: str, start: Callable[[], None]) -> None:
        if name in self.runs:
            return

        def run() -> Run:
            start()
            arn = self._interpreter.machine(machine).replace(":stateMachine:", ":execution:")
            return self._interpreter.ended(f"{arn}:{name}", order_id)

        self._alone(name, run)

    def _status(self, name: str) -> str | None:
        """Of a run that is known here: of a redriven one the service would tell another."""
        return self.runs[name].status if name in self.runs else None

    def _alone(self, name: str, run: Callable[[], Run]) -> None:
        if self._busy:
            raise NotStarted(name)
        self._busy = True
        try:
            self.runs[name] = run()
        finally:
            self._busy = False

    def _adapter(self) -> StepFunctionsExecutions:
        machines = map(self._interpreter.machine, (PLACE, CANCEL, REFUND))
        return StepFunctionsExecutions(lambda: self._interpreter.client, *machines)


class Settlement:
    """Everything that brings an order on from outside.

    Attributes:
        ahead: how far its clock is ahead of the tasks'.
    """

    def __init__(self, saga: MotoSaga, patch: pytest.MonkeyPatch) -> None:
        patch.setattr(open_sagas, "OPEN_SHARDS", 1)  # each partition of an index costs a query
        patch.setattr(inventory_items, "EXPIRY_SHARDS", 1)
        self.ahead = timedelta()
        self.executions = MotoExecutions(MotoInterpreter(saga.ends, RETRIES))
        self._saga = saga
        database = DynamoDatabase(clients.dynamodb)
        orders = SettlementWrites(saga.orders_table)
        stock = Stock(database, saga.inventory_table)
        inventory = InventoryWrites(saga.inventory_table)
        self.settle = SettleOrder(database, orders, self.executions, self.now)
        refunds = SettleRefund(database, saga.orders_table, self.executions, self.now)
        self.sweep = SweepOrders(database, saga.orders_table, self.settle, refunds, self.now)
        self.expire = ExpireReservations(database, stock, inventory, self.now)
        self._cancel = CancelOrder(database, orders, self.executions, self.now)
        ledger = LedgerWrites(saga.orders_table)
        gateway = payment_gateway()
        self._note = NotePaymentEvent(database, orders, ledger, gateway, self.now)
        saga.sandbox.webhooks.register("http://shop/webhooks/payments", "secret", sorted(HANDLED))
        patch.setattr(saga.sandbox.webhooks, "_send", self._noted)

    def now(self) -> datetime:
        """The clock of everything here."""
        return utc_now() + self.ahead

    def cancel(self, order_id: str) -> None:
        """The customer wants to cancel; it may be too early or too late for that."""
        try:
            self._cancel(order_id, Caller(self._saga.customer, frozenset()))
        except Problem as refusal:
            if refusal.status is not HTTPStatus.CONFLICT:
                raise

    def look_after(self, order_id: str) -> None:
        """One round of everybody: each failed execution's event, sweeper, expiry, webhooks."""
        self.ahead += timedelta(minutes=10)
        heard: set[str] = set()
        while news := {run.execution for run in self.failed().values()} - heard:
            heard |= news
            self.settle(order_id)
        self.sweep()
        self.expire()
        self._saga.sandbox.webhooks.deliver(all_at_once=True)

    def redrive(self) -> None:
        """What operators do about each execution that failed."""
        for name in self.failed():
            self.executions.redrive(name)

    def failed(self) -> dict[str, Run]:
        """The executions that ended badly and were not redriven since, by name."""
        runs = self.executions.runs.items()
        return {name: run for name, run in runs if run.status in ENDED_BADLY}

    def forget(self) -> None:
        """What it knew of the last order."""
        self.ahead = timedelta()
        self.executions.runs.clear()

    def _noted(self, _url: str, _headers: Mapping[str, str], body: bytes) -> int:
        try:
            self._note(ProviderEvent.model_validate_json(body))
        except RetryableError:
            return 503  # the queue brings it again
        return 200
