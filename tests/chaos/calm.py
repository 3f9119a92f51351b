"""After the storm: what schedules and operators do until every order has come to an end.

Nothing here edits an order but `let_time_pass`: what the sweeper would look at in two minutes, it
looks at now.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from functions.orders.domain import Order
from functions.orders.store import order_key
from functions.shared.clock import to_millis, utc_now
from scripts.kit.failures import Failures
from scripts.ops.redrive import redrive_named
from tests.chaos.stage import Stage

SCHEDULED: Final = ("SweepOrders", "ExpireReservations")
REDRIVE_PATIENCE: Final = 60.0
MOVED_AT_ONCE: Final = 10


@dataclass
class Calm:
    """Brings orders to their end.

    Args:
        patience: seconds until what is still open is given up.
    """

    stage: Stage
    patience: float
    progress: Callable[[str], None]
    done: Counter[str] = field(default_factory=Counter)

    def settle(self, ids: Sequence[str]) -> list[Order]:
        """Waits until the sagas of all these orders have ended; returns those that have not."""
        deadline = time.monotonic() + self.patience
        failures = Failures(self.stage.endpoints, self.stage.clients)
        while True:
            left = [order for order in self.stage.orders(ids) if order.saga_open]
            if not left or time.monotonic() > deadline:
                return left
            self.progress(f"{len(left)} of {len(ids)} orders are under way")
            self.let_time_pass(left)
            for function in SCHEDULED:
                self._run(function)
            raised = [order.order_id for order in left if order.execution is not None]
            if raised:
                self.done["orders raised to operators and redriven"] += len(raised)
                redrive_named(failures, raised, tuple(failures.machines), REDRIVE_PATIENCE)
            time.sleep(1)

    def let_time_pass(self, orders: Sequence[Order]) -> None:
        """Makes due what the sweeper has been told to look at later."""
        client = self.stage.clients.dynamodb
        for order in orders:
            try:
                client.update_item(
                    TableName=self.stage.endpoints.tables["orders"],
                    Key={k: {"S": v} for k, v in order_key(order.order_id)._asdict().items()},
                    UpdateExpression="SET GSI2SK = :now",
                    ConditionExpression="attribute_exists(GSI2SK)",
                    ExpressionAttributeValues={":now": {"S": f"{to_millis(utc_now()):014d}"}},
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue  # its saga has just ended

    def empty_parked(self) -> None:
        """Sends what consumers have put aside back to their queues, as operators do."""
        sqs = self.stage.clients.sqs
        for parked in sqs.list_queues(QueueNamePrefix=self.stage.prefix).get("QueueUrls", []):
            if not parked.endswith("-parked"):
                continue
            while found := sqs.receive_message(
                QueueUrl=parked, MaxNumberOfMessages=MOVED_AT_ONCE
            ).get("Messages"):
                for message in found:
                    sqs.send_message(
                        QueueUrl=parked.removesuffix("-parked"), MessageBody=message["Body"]
                    )
                    sqs.delete_message(QueueUrl=parked, ReceiptHandle=message["ReceiptHandle"])
                    self.done[f"messages moved back to {parked.rpartition('/')[2]}"] += 1

    def _run(self, function: str) -> None:
        """What a schedule does every minute; what fails is made up for by the next run."""
        answer = self.stage.clients.functions.invoke(
            FunctionName=f"{self.stage.prefix}{function}", Qualifier="live"
        )
        outcome: Any = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            self.done[f"failed runs of {function}"] += 1
            return
        for what, number in outcome.items():
            self.done[f"{function}: {what}"] += number
