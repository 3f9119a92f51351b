"""The saga in this process: moto's interpreter of state machines over the real handlers.

moto gives the tables, the mailbox, the user pool and the interpreter; the payment sandbox's core
answers the real Stripe SDK. One seam of moto's is replaced, its call of a Lambda function, and one
clock, so that nothing waits. `Taps` reach every call that a handler makes to the outside.
"""

import functools
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.ses.models import ses_backends
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication

from functions.checkout.task import task_handler
from functions.orders.domain import OrderStatus
from functions.payments import stripe_gateway
from functions.shared import clients
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Request
from tests.support.moto_functions import Functions, run_now
from tests.support.moto_taps import TappedHttpClient, Taps
from tests.support.saga_world import (
    FIRST,
    SENDER,
    Run,
    SagaWorld,
    create_customer,
    definition,
    read_run,
)
from tests.support.saga_world_faults import change_world
from tests.support.tables import create_table

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's own
TABLES: Final = {"ORDERS_TABLE": "commerce-orders", "INVENTORY_TABLE": "commerce-inventory"}
DEADLINE_SECONDS: Final = 60
MODULES: Final = {
    "ChargePayment": "charge_payment",
    "ReserveInventory": "reserve_inventory",
    "ConfirmOrder": "confirm_order",
    "SendConfirmation": "send_confirmation",
    "RejectOrder": "reject_order",
    "ReleaseInventory": "release_inventory",
    "RefundPayment": "refund_payment",
}


class MotoInterpreter:
    """moto's interpreter. It has no redrive: a machine begins in the failed state instead."""

    def __init__(self, ended: dict[str, threading.Event]) -> None:
        self._client = boto3.client("stepfunctions", region_name=REGION)
        self._machines: dict[str, str] = {}
        self._ended = ended

    def run(self, order_id: str, start_at: str = FIRST) -> Run:
        """See `Interpreter.run`."""
        return self._run(order_id, start_at, json.dumps({"orderId": order_id}))

    def redrive(self, run: Run) -> Run:
        """See `Interpreter.redrive`: the state is not entered a second time."""
        again = self._run(run.order_id, run.states[-1], run.inputs[-1])
        return Run(
            again.execution,
            again.order_id,
            again.status,
            again.states[1:],
            again.failures,
            again.inputs[1:],
        )

    def _run(self, order_id: str, start_at: str, text: str) -> Run:
        started = self._client.start_execution(
            stateMachineArn=self._machine(start_at), name=str(uuid4()), input=text
        )
        execution = started["executionArn"]
        ended = self._ended.setdefault(execution, threading.Event())
        assert ended.wait(DEADLINE_SECONDS), read_run(self._client, execution, order_id).story
        return read_run(self._client, execution, order_id)

    def _machine(self, start_at: str) -> str:
        if start_at not in self._machines:
            asl = definition(
                lambda task: f"arn:aws:lambda:{REGION}:1:function:{task}:live", start_at
            )
            answer = self._client.create_state_machine(
                name=f"PlaceOrder-from-{start_at}",
                definition=asl,
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/saga",
            )
            self._machines[start_at] = answer["stateMachineArn"]
        return self._machines[start_at]


@dataclass
class MotoSaga(SagaWorld):
    """The shop on moto. `waits`: what the interpreter would have waited, in seconds."""

    sandbox: Sandbox = field(kw_only=True)
    functions: Functions = field(kw_only=True)
    taps: Taps = field(kw_only=True)
    waits: list[float] = field(kw_only=True)

    def placed(self, order_id: str) -> None:
        """See `SagaWorld.placed`."""
        self.statuses[order_id] = [OrderStatus.PENDING]

    def forget(self, order_id: str) -> None:
        """Empties the tables: one order at a time is in them, and moto copies them often."""
        super().forget(order_id)
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()

    def reset(self) -> None:
        """Ends every fault and interruption."""
        self.taps.reset()
        self.functions.run = run_now
        self.sandbox.faults.clear()
        self.waits.clear()


@contextmanager
def moto_saga() -> Iterator[MotoSaga]:
    """A shop on moto, for as long as it is needed; orders in it do not see each other."""
    config: Any = {"stepfunctions": {"execute_state_machine": True}}
    with mock_aws(config=config), pytest.MonkeyPatch.context() as patch:
        yield _open(patch)


def _open(patch: pytest.MonkeyPatch) -> MotoSaga:
    taps, waits = Taps(), list[float]()
    sandbox = Sandbox(Store())
    patch.setenv("AWS_DEFAULT_REGION", REGION)
    _tap_clients(patch, taps)
    patch.setattr(stripe_gateway, "PooledHttpClient", lambda: TappedHttpClient(sandbox, taps))
    patch.setattr(retrier_decl, "time", SimpleNamespace(sleep=waits.append))
    parse = functools.cache(AmazonStateLanguageParser.parse)
    patch.setattr(AmazonStateLanguageParser, "parse", staticmethod(parse))

    customer = _set_up(patch)
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    functions = Functions(
        handlers={
            task: task_handler(import_module(f"functions.checkout.{name}")._build)
            for task, name in MODULES.items()
        },
        change=lambda act, order_id: change_world(act, order_id, dynamodb, TABLES),
    )
    patch.setattr(lambda_eval_utils, "_invoke_lambda_function", functions.invoke)
    mailbox = ses_backends[ACCOUNT][REGION]
    world = MotoSaga(
        dynamodb=dynamodb,
        orders_table=TABLES["ORDERS_TABLE"],
        inventory_table=TABLES["INVENTORY_TABLE"],
        admin=lambda method, path, body: _admin(sandbox, method, path, body),
        mailed=lambda: [message.subject for message in mailbox.sent_messages],
        interpreter=MotoInterpreter(_watch_ends(patch)),
        faults=functions,
        customer=customer,
        sandbox=sandbox,
        functions=functions,
        taps=taps,
        waits=waits,
    )
    _watch_statuses(world)
    return world


def _tap_clients(patch: pytest.MonkeyPatch, taps: Taps) -> None:
    """The handlers' clients, made anew: one from before moto would reach for the network."""
    make = clients._client.__wrapped__
    clients._session.cache_clear()
    patch.setattr(clients, "_client", functools.cache(lambda name: taps.tap(name, make(name))))


def _set_up(patch: pytest.MonkeyPatch) -> str:
    """What infra deploys: tables, the provider's key, the sender, the user pool; its customer."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for variable, table in TABLES.items():
        create_table(dynamodb, table)
        patch.setenv(variable, table)
    secret = boto3.client("secretsmanager", region_name=REGION).create_secret(
        Name="commerce/test/payments", SecretString=json.dumps({"apiKey": DEFAULT_API_KEY})
    )
    patch.setenv("PAYMENT_SECRET_ARN", secret["ARN"])
    boto3.client("sesv2", region_name=REGION).create_email_identity(EmailIdentity=SENDER)
    patch.setenv("SENDER_ADDRESS", SENDER)
    patch.setenv("HOLD_SECONDS", "1800")
    pool, customer = create_customer(boto3.client("cognito-idp", region_name=REGION))
    patch.setenv("USER_POOL_ID", pool)
    return customer


def _admin(sandbox: Sandbox, method: str, path: str, body: dict[str, Any] | None) -> Any:
    path, _, query = path.partition("?")
    text = json.dumps(body).encode() if body is not None else b""
    return sandbox.handle(Request(method, path, query, {}, text)).json()


def _watch_ends(patch: pytest.MonkeyPatch) -> dict[str, threading.Event]:
    """Execution → set when it has ended."""
    ended: dict[str, threading.Event] = {}
    stock = BaseExecutionWorkerCommunication.terminated

    def terminated(self: BaseExecutionWorkerCommunication) -> None:
        stock(self)
        ended.setdefault(self.execution.exec_arn, threading.Event()).set()

    patch.setattr(BaseExecutionWorkerCommunication, "terminated", terminated)
    return ended


def _watch_statuses(world: MotoSaga) -> None:
    """Notes every status of an order that a call leaves it in."""
    backend = dynamodb_backends[ACCOUNT][REGION]
    metadata = DynamoType({"S": "METADATA"})

    def look(**_: Any) -> None:
        table = backend.tables[world.orders_table]  # moto replaces it when a transaction fails
        for order_id, seen in world.statuses.items():
            item = table.get_item(DynamoType({"S": f"ORDER#{order_id}"}), metadata)
            if item is not None:
                status = OrderStatus(item.attrs["status"].value)
                if seen[-1] is not status:
                    seen.append(status)

    clients.dynamodb().meta.events.register("after-call", look)
