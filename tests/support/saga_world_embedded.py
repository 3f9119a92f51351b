"""The saga on the embedded cloud: built packages in their own processes, the committed machine.

The payment provider is a process as well. The functions are the ones that the stack deploys, each
package with a handler of the tests' in front, which injects the faults of its task.
"""

import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import urllib3

from infra.packaging.build import Packager
from infra.packaging.platforms import Platform
from infra.table.rows import FunctionSpec
from infra.table.saga import TASKS
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY
from tests.support.emulator import Emulator, emulator_process, wait_until
from tests.support.payment_sandbox import sandbox_process
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
)
from tests.support.saga_world_faults import Act, Fault, to_json
from tests.support.tables import create_table

ROLE: Final = "arn:aws:iam::000000000000:role/any"
FAULTS_TABLE: Final = "faults"
WAIT_SCALE: Final = 0.00001
"""A retry's wait of an hour takes 36 ms."""
THROTTLED_WAIT_SCALE: Final = 0.02
"""While a function is throttled, its retries must not be over before the throttling is."""
_POOL: Final = urllib3.PoolManager(timeout=60, retries=False)
_ADDED: Final = ("tests.support.saga_world_faults", "tests.support.saga_world_deployed")


@dataclass
class Deployed:
    """The deployed functions. `throttled`: those that do not run, until they are let go."""

    cloud: Emulator
    throttled: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._dynamodb = self.cloud.client("dynamodb")
        self._lambda = self.cloud.client("lambda")

    def arrange(self, order_id: str, faults: Sequence[Fault]) -> None:
        """See `FaultPlan.arrange`."""
        for task in [spec.name for spec in TASKS]:
            of_task = [fault for fault in faults if fault.task == task]
            if any(fault.act is Act.THROTTLED for fault in of_task):
                self._throttle(task)
                continue
            self._dynamodb.put_item(
                TableName=FAULTS_TABLE,
                Item={
                    "PK": {"S": order_id},
                    "SK": {"S": task},
                    "attempts": {"N": "0"},
                    "faults": {"S": to_json(of_task)},
                },
            )

    def _throttle(self, task: str) -> None:
        self._lambda.put_function_concurrency(FunctionName=task, ReservedConcurrentExecutions=0)
        self.throttled.add(task)
        scale_waits(self.cloud, THROTTLED_WAIT_SCALE)

    def let_go(self) -> None:
        """Throttles nothing any more."""
        while self.throttled:
            self._lambda.delete_function_concurrency(FunctionName=self.throttled.pop())
        scale_waits(self.cloud, WAIT_SCALE)


class EmbeddedInterpreter:
    """The embedded cloud's interpreter. A throttled function is let go after a few refusals."""

    REFUSALS: Final = 3

    def __init__(self, cloud: Emulator, functions: Deployed) -> None:
        self._client = cloud.client("stepfunctions")
        self._functions = functions
        self._machines: dict[tuple[str, str | None], str] = {}

    def run(
        self,
        order_id: str,
        start_at: str | None = None,
        *,
        machine: str = PLACE,
        refund_id: str | None = None,
    ) -> Run:
        """See `Interpreter.run`."""
        started = self._client.start_execution(
            stateMachineArn=self._machine(machine, start_at),
            name=str(uuid4()),
            input=input_of(order_id, refund_id),
        )
        return self._ended(started["executionArn"], order_id)

    def redrive(self, run: Run) -> Run:
        """See `Interpreter.redrive`."""
        history = self._client.get_execution_history(
            executionArn=run.execution, reverseOrder=True, maxResults=1
        )
        self._client.redrive_execution(executionArn=run.execution)
        return self._ended(run.execution, run.order_id, history["events"][0]["id"])

    def _ended(self, execution: str, order_id: str, after: int = 0) -> Run:
        def has_ended() -> bool:
            if self._functions.throttled:
                failures = read_run(self._client, execution, order_id).failures
                errors = [error for _, error in failures]
                if errors.count("Lambda.TooManyRequestsException") >= self.REFUSALS:
                    self._functions.let_go()
            status = self._client.describe_execution(executionArn=execution)["status"]
            return bool(status != "RUNNING")

        def told() -> str:
            return f"the end of {read_run(self._client, execution, order_id).story}"

        wait_until(has_ended, told)
        return read_run(self._client, execution, order_id, after)

    def _machine(self, machine: str, start_at: str | None) -> str:
        key = machine, start_at
        if key not in self._machines:
            answer = self._client.create_state_machine(
                name=f"{machine}-from-{start_at}",
                definition=definition(
                    lambda task: f"arn:aws:lambda:us-east-1:000000000000:function:{task}",
                    start_at,
                    machine=DOCUMENTS[machine],
                ),
                roleArn=ROLE,
            )
            self._machines[key] = answer["stateMachineArn"]
        return self._machines[key]


@contextmanager
def embedded_saga() -> Iterator[SagaWorld]:
    """A shop on an embedded cloud of its own."""
    with (
        emulator_process("saga") as cloud,
        sandbox_process(_made(cloud.folder / "payments")) as sandbox,
    ):
        yield _open(cloud, sandbox.url)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


def _open(cloud: Emulator, payments: str) -> SagaWorld:
    dynamodb = cloud.client("dynamodb")
    create_table(dynamodb, "orders", "GSI1", "GSI2")
    create_table(dynamodb, "inventory", "GSI1")
    create_table(dynamodb, FAULTS_TABLE)
    secret = cloud.client("secretsmanager").create_secret(
        Name="payments", SecretString=json.dumps({"apiKey": DEFAULT_API_KEY})
    )
    cloud.client("sesv2").create_email_identity(EmailIdentity=SENDER)
    pool, customer = create_customer(cloud.client("cognito-idp"))
    _deploy(
        cloud,
        {
            "ORDERS_TABLE": "orders",
            "INVENTORY_TABLE": "inventory",
            "FAULTS_TABLE": FAULTS_TABLE,
            "HOLD_SECONDS": "1800",
            "PAYMENT_SECRET_ARN": secret["ARN"],
            "PAYMENT_API_BASE": payments,
            "USER_POOL_ID": pool,
            "SENDER_ADDRESS": SENDER,
            "POWERTOOLS_SERVICE_NAME": "commerce",
            "POWERTOOLS_METRICS_NAMESPACE": "Commerce",
        },
    )
    scale_waits(cloud, WAIT_SCALE)
    functions = Deployed(cloud)
    return SagaWorld(
        dynamodb=dynamodb,
        orders_table="orders",
        inventory_table="inventory",
        admin=lambda method, path, body: _http(method, payments + path, body),
        mailed=lambda: _subjects(cloud),
        interpreter=EmbeddedInterpreter(cloud, functions),
        faults=functions,
        customer=customer,
    )


def _deploy(cloud: Emulator, environment: dict[str, str]) -> None:
    packages = Packager(Platform.of_this_machine()).build(spec.source for spec in TASKS)
    for spec in TASKS:
        cloud.client("lambda", read_timeout=60).create_function(
            FunctionName=spec.name,
            Runtime=f"python{Platform.of_this_machine().python}",
            Handler="tests.support.saga_world_deployed.handler",
            Role=ROLE,
            Code={"ZipFile": _with_faults(packages[spec.name].path, cloud.folder)},
            Timeout=spec.timeout,
            Environment={"Variables": {**environment, **_own(spec)}},
        )


def _own(spec: FunctionSpec) -> dict[str, str]:
    return {"TASK": spec.name, "REAL_HANDLER": spec.handler}


def _with_faults(package: Path, folder: Path) -> bytes:
    """A built package with the tests' handler added to it."""
    target = folder / package.name
    target.write_bytes(package.read_bytes())
    with zipfile.ZipFile(target, "a") as archive:
        for module in _ADDED:
            spec = find_spec(module)
            assert spec is not None
            assert spec.origin is not None
            archive.write(spec.origin, f"{module.replace('.', '/')}.py")
    return target.read_bytes()


def scale_waits(cloud: Emulator, scale: float) -> None:
    """By what the interpreter multiplies its waits."""
    applied = _http(
        "POST", f"{cloud.url}/_ministack/config", {"stepfunctions._SFN_WAIT_SCALE": scale}
    )
    assert applied["applied"], applied


def _subjects(cloud: Emulator) -> list[str]:
    answer = _http("GET", f"{cloud.url}/_ministack/ses/messages", None)
    return [mail["Subject"] for mails in answer["messages"].values() for mail in mails]


def _http(method: str, url: str, body: dict[str, Any] | None) -> Any:
    answer = _POOL.request(method, url, json=body)
    assert answer.status == HTTPStatus.OK, answer.data
    return answer.json()
