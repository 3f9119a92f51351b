"""After the storm: what schedules and operators do until every order has come to an end.

Nothing here edits an order but `let_time_pass`: what the sweeper would look at in two minutes, it
looks at now.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from functions.checkout.executions import refund_name
from functions.orders.open_sagas import due_key
from functions.orders.refunds import refund_key
from functions.orders.store import order_key
from functions.shared.clock import utc_now
from functions.shared.writes import Key
from scripts.kit.failures import Failures
from scripts.ops.redrive import redrive_named
from tests.chaos.crowd import Placed
from tests.chaos.stage import Stage

SCHEDULED: Final = ("SweepOrders", "ExpireReservations")
REDRIVE_PATIENCE: Final = 60.0
MOVED_AT_ONCE: Final = 10


class OpenSaga(NamedTuple):
    """An order or a refund whose saga has not ended.

    Attributes:
        execution: what `scripts/shop redrive` is told: an order's id, or an execution's name.
        raised: it waits for an operator.
    """

    key: Key
    execution: str
    raised: bool


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

    def settle(self, placed: Sequence[Placed]) -> list[OpenSaga]:
        """Waits until the sagas of orders and refunds have ended; returns those that have not."""
        deadline = time.monotonic() + self.patience
        failures = Failures(self.stage.endpoints, self.stage.clients)
        while True:
            left = self._open(placed)
            if not left or time.monotonic() > deadline:
                return left
            self.progress(f"{len(left)} sagas are under way")
            self.let_time_pass(left)
            for function in SCHEDULED:
                self._run(function)
            raised = [saga.execution for saga in left if saga.raised]
            if raised:
                self.done["executions raised to operators and redriven"] += len(raised)
                redrive_named(failures, raised, tuple(failures.machines), REDRIVE_PATIENCE)
            time.sleep(1)

    def _open(self, placed: Sequence[Placed]) -> list[OpenSaga]:
        """The sagas that have not ended."""
        named = {order_key(one.order_id): one.order_id for one in placed}
        named |= {
            refund_key(one.order_id, one.refund_id): refund_name(one.refund_id)
            for one in placed
            if one.refunded
        }
        return [
            OpenSaga(key, named[key], "execution" in item)
            for key, item in self.stage.items(list(named)).items()
            if "GSI2PK" in item
        ]

    def let_time_pass(self, sagas: Sequence[OpenSaga]) -> None:
        """Makes due what the sweeper has been told to look at later."""
        client = self.stage.clients.dynamodb
        for saga in sagas:
            try:
                client.update_item(
                    TableName=self.stage.endpoints.tables["orders"],
                    Key={name: {"S": text} for name, text in saga.key._asdict().items()},
                    UpdateExpression="SET GSI2SK = :now",
                    ConditionExpression="attribute_exists(GSI2SK)",
                    ExpressionAttributeValues={":now": {"S": due_key(utc_now())}},
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue  # it has just ended

    def empty_parked(self) -> None:
        """Sends what consumers have put aside back to their queues, as operators do."""
        sqs = self.stage.clients.sqs
        for parked in sqs.list_queues(QueueNamePrefix=self.stage.endpoints.prefix).get(
            "QueueUrls", []
        ):
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
            FunctionName=self.stage.endpoints.function(function), Qualifier="live"
        )
        outcome: Any = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            self.done[f"failed runs of {function}"] += 1
            return
        for what, number in outcome.items():
            self.done[f"{function}: {what}"] += number
