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
from dataclasses import dataclass, field, replace
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
from moto.stepfunctions.parser.models import stepfunctions_parser_backends

from functions.checkout.task import task_handler
from functions.orders.domain import OrderStatus
from functions.payments import stripe_gateway
from functions.shared import clients
from functions.shared.dynamodb import from_attributes
from functions.shared.writes import Item
from infra.table.saga import TASKS
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Request
from tests.support.moto_functions import Functions, run_now
from tests.support.moto_taps import TappedHttpClient, Taps
from tests.support.saga_world import (
    DOCUMENTS,
    PLACE,
    SENDER,
    Run,
    SagaWorld,
    create_customer,
    definition,
    input_of,
    read_run,
    run_of,
)
from tests.support.saga_world_faults import change_world
from tests.support.tables import create_table

REGION: Final = "us-east-1"
ACCOUNT: Final = "123456789012"  # moto's own
TABLES: Final = {"ORDERS_TABLE": "commerce-orders", "INVENTORY_TABLE": "commerce-inventory"}
INDEXES: Final = {"ORDERS_TABLE": ("GSI1", "GSI2"), "INVENTORY_TABLE": ("GSI1",)}
DEADLINE_SECONDS: Final = 60


class MotoInterpreter:
    """moto's interpreter. It has no redrive: a machine begins in the failed state instead.

    Args:
        ended: execution → set when it has ended.
        attempts: a shorter budget of every retrier.
    """

    def __init__(self, ended: dict[str, threading.Event], attempts: int | None = None) -> None:
        self.client = boto3.client("stepfunctions", region_name=REGION)
        self._ended = ended
        self._attempts = attempts
        self._machines: dict[str, str] = {}

    def run(
        self,
        order_id: str,
        start_at: str | None = None,
        *,
        machine: str = PLACE,
        refund_id: str | None = None,
    ) -> Run:
        """See `Interpreter.run`."""
        return self._run(order_id, machine, start_at, input_of(order_id, refund_id))

    def redrive(self, run: Run) -> Run:
        """See `Interpreter.redrive`: the state is not entered a second time."""
        again = self.resume(run)
        return replace(again, states=again.states[1:], inputs=again.inputs[1:])

    def resume(self, run: Run) -> Run:
        """A redrive, told from the state in which it goes on."""
        machine = next(name for name in DOCUMENTS if f":{name}" in run.execution)
        return self._run(run.order_id, machine, run.states[-1], run.inputs[-1])

    def machine(self, name: str, start_at: str | None = None) -> str:
        """The ARN of a state machine, which begins in its own first state or another."""
        text = self.definition(name, start_at)
        if text not in self._machines:
            answer = self.client.create_state_machine(
                name=f"{name}-{self._attempts or 'whole'}-{len(self._machines)}",
                definition=text,
                roleArn=f"arn:aws:iam::{ACCOUNT}:role/saga",
            )
            self._machines[text] = answer["stateMachineArn"]
        return self._machines[text]

    def definition(self, name: str, start_at: str | None) -> str:
        """What is interpreted."""
        return _definition(name, start_at, self._attempts)

    def ended(self, execution: str, order_id: str) -> Run:
        """How an execution went, once it has ended."""
        ended = self._ended.setdefault(execution, threading.Event())
        assert ended.wait(DEADLINE_SECONDS), read_run(self.client, execution, order_id).story
        backend = stepfunctions_parser_backends[ACCOUNT][REGION]
        found: Any = backend.describe_execution(execution)
        events = found.to_history_output()["events"]  # past moto's slow way through the client
        return run_of(execution, order_id, found.status, events)

    def _run(self, order_id: str, machine: str, start_at: str | None, text: str) -> Run:
        started = self.client.start_execution(
            stateMachineArn=self.machine(machine, start_at), name=str(uuid4()), input=text
        )
        return self.ended(started["executionArn"], order_id)


@functools.cache
def _definition(machine: str, start_at: str | None, attempts: int | None) -> str:
    return definition(
        lambda task: f"arn:aws:lambda:{REGION}:1:function:{task}:live",
        start_at,
        machine=DOCUMENTS[machine],
        attempts=attempts,
    )


@dataclass
class MotoSaga(SagaWorld):
    """The shop on moto. `waits`: what the interpreter would have waited, in seconds."""

    sandbox: Sandbox = field(kw_only=True)
    functions: Functions = field(kw_only=True)
    taps: Taps = field(kw_only=True)
    waits: list[float] = field(kw_only=True)
    ends: dict[str, threading.Event] = field(kw_only=True)

    def placed(self, order_id: str) -> None:
        """See `SagaWorld.placed`."""
        self.statuses[order_id] = [OrderStatus.PENDING]

    def forget(self, order_id: str) -> None:
        """Empties everything: one order at a time is in it, and moto copies and searches it."""
        super().forget(order_id)
        ses_backends[ACCOUNT][REGION].sent_messages.clear()
        self.admin("POST", "/_sandbox/reset", None)
        for machine in stepfunctions_parser_backends[ACCOUNT][REGION].state_machines:
            machine.executions.clear()
        self.ends.clear()
        for table in dynamodb_backends[ACCOUNT][REGION].tables.values():
            table.items.clear()

    def _partition(self, table: str, partition: str) -> list[Item]:
        """Read where moto keeps it: a question through the client takes ten times as long."""
        kept = (
            dynamodb_backends[ACCOUNT][REGION]
            .tables[table]
            .items.get(DynamoType({"S": partition}), {})
        )
        return [from_attributes(item.to_json()["Attributes"]) for item in kept.values()]

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
    ends = _watch_ends(patch)
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    functions = Functions(
        handlers={
            task.name: task_handler(import_module(task.handler.removesuffix(".handler"))._build)
            for task in TASKS
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
        interpreter=MotoInterpreter(ends),
        faults=functions,
        customer=customer,
        sandbox=sandbox,
        functions=functions,
        taps=taps,
        waits=waits,
        ends=ends,
    )
    _watch_statuses(world)
    return world


def _tap_clients(patch: pytest.MonkeyPatch, taps: Taps) -> None:
    """The handlers' clients, made anew: one from before moto would reach for the network."""
    make = clients._client.__wrapped__
    clients._session.cache_clear()

    def tapped(service: str, **how: Any) -> Any:
        return taps.tap(service, make(service, **how))

    patch.setattr(clients, "_client", functools.cache(tapped))


def _set_up(patch: pytest.MonkeyPatch) -> str:
    """What infra deploys: tables, the provider's key, the sender, the user pool; its customer."""
    dynamodb = boto3.client("dynamodb", region_name=REGION)
    for variable, table in TABLES.items():
        create_table(dynamodb, table, *INDEXES[variable])
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
