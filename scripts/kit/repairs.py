"""Starting the remedy of a breach: always a command of the platform, never an edit of its data."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.errors import OrderClosed
from functions.checkout.executions import refund_name
from functions.orders.domain import CLOSED, Order, OrderStatus
from functions.orders.refunds import OrderRefund
from functions.orders.settlement import Closer, SettlementWrites
from functions.payments.ledger import ledger_key
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import CANCEL, NAMES, REFUND, cancel_names, execution_arn
from scripts.kit.failures import UNDERWAY, Execution, Failures, Verdict, resume


class NotRepaired(Exception):
    """The remedy could not be started; says why."""


class Repairs:
    """Starts remedies on a stage. Each says in words what it did.

    Attributes:
        started: the executions that were started or resumed, by ARN.
    """

    def __init__(
        self, endpoints: Endpoints, clients: Clients, failures: Failures, now: Clock = utc_now
    ) -> None:
        self.started: dict[str, Execution] = {}
        self._machines = endpoints.state_machines
        self._function = endpoints.function
        self._orders = endpoints.tables["orders"]
        self._clients = clients
        self._database = DynamoDatabase(lambda: clients.dynamodb)
        self._failures = failures
        self._now = now

    def settle(self, order: Order) -> str:
        """Brings on an open order that waits for a person."""
        found = self._failures.own(order.order_id)
        if found is None:
            return self.sweep()
        if brought_on := self._resumed(found):
            return brought_on
        if order.status in CLOSED:
            return self.cancel(order)
        if order.status is OrderStatus.PENDING:
            return self.close(order)
        return self._finish(order)

    def settle_refund(self, refund: OrderRefund) -> str:
        """Brings on an open refund that waits for a person."""
        arn = execution_arn(self._machines[REFUND], refund_name(refund.refund_id))
        found = self._failures.read(arn)
        if found is None:
            return self.sweep()
        if brought_on := self._resumed(found):
            return brought_on
        for task in ("IssueRefund", "RestockInventory"):
            self._invoke(task, {"orderId": refund.order_id, "refundId": refund.refund_id})
        return "IssueRefund and RestockInventory done"

    def cancel(self, order: Order) -> str:
        """Has CancelOrder release, void and refund what a closed order still has."""
        for name in cancel_names(order.order_id):
            arn = execution_arn(self._machines[CANCEL], name)
            found = self._failures.read(arn)
            if found is None:
                return self._start_cancel(order, arn, name)
            if found.status in UNDERWAY:
                return f"CancelOrder {name} runs already"
            if found.status != "SUCCEEDED" and resume(found, self._now()) is Verdict.REDRIVE:
                return self._redrive(found)
        raise NotRepaired(f"CancelOrder has run {NAMES} times for order {order.order_id}")

    def close(self, order: Order) -> str:
        """Closes a pending order, which is recorded first, and has it compensated."""
        closing = SettlementWrites(self._orders).close(order, Closer.RECONCILER, self._now())
        try:
            self._database.transact(closing)
        except OrderClosed as moved:
            return f"nothing: {moved}"
        return f"closed; {self.cancel(order)}"

    def note(self, order: Order) -> str:
        """Has the ledger agree with the provider, as if that had told of a refund."""
        key = ledger_key(order.order_id)
        ledger = self._database.read({self._orders: [key]})[self._orders][key]
        event = {
            "id": f"audit-{order.order_id}",
            "type": "charge.refunded",
            "data": {"object": {"payment_intent": ledger["intentId"]}},
        }
        record = {"messageId": order.order_id, "body": json.dumps(event)}
        if self._invoke("PaymentEvents", {"Records": [record]})["batchItemFailures"]:
            raise NotRepaired("PaymentEvents did not note it: `scripts/shop logs PaymentEvents`")
        return "the ledger has what the provider gave back"

    def sweep(self) -> str:
        """Runs the sweeper now: it starts, closes or raises what is overdue."""
        self._invoke("SweepOrders", {})
        return "the sweeper has run"

    def _finish(self, order: Order) -> str:
        """Does what the saga of an order past its pivot had left, task by task."""
        tasks = ["SendConfirmation"]
        if order.status is OrderStatus.CONFIRMING:
            tasks.insert(0, "ConfirmOrder")
        for task in tasks:
            self._invoke(task, {"orderId": order.order_id})
        return f"{' and '.join(tasks)} done"

    def _start_cancel(self, order: Order, arn: str, name: str) -> str:
        states = self._clients.states
        states.start_execution(
            stateMachineArn=self._machines[CANCEL],
            name=name,
            input=json.dumps({"orderId": order.order_id}),
        )
        self.started[arn] = Execution(arn, CANCEL, order.order_id, "RUNNING", None, None, None)
        return "CancelOrder started"

    def _resumed(self, execution: Execution) -> str | None:
        """Redrives what can be; None: the execution neither runs nor can be resumed."""
        verdict = self._failures.verdict(execution, self._now())
        if verdict is Verdict.REDRIVE:
            return self._redrive(execution)
        return f"{execution.machine} runs already" if verdict is Verdict.RUNNING else None

    def _redrive(self, execution: Execution) -> str:
        self._failures.redrive(execution)
        self.started[execution.arn] = execution
        return f"{execution.machine} redriven at {execution.state}"

    def _invoke(self, function: str, payload: Mapping[str, Any]) -> Any:
        answer = self._clients.functions.invoke(
            FunctionName=self._function(function), Qualifier="live", Payload=json.dumps(payload)
        )
        said = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            error = f"{said.get('errorType')}: {said.get('errorMessage')}"
            raise NotRepaired(f"{function} failed ({error})")
        return said
