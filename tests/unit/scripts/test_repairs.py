"""Remedies: which command puts an order right, by where its saga stands."""

import io
import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.orders.domain import Order, OrderStatus
from functions.orders.store import order_key, to_item
from functions.payments.ledger import ledger_key
from functions.payments.provider_events import HANDLED, ProviderEvent
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import NAMES
from scripts.kit.failures import Execution, Failures, Verdict, judge
from scripts.kit.repairs import NotRepaired, Repairs
from tests.support.memory import MemoryDatabase
from tests.support.shop import new_order

NOW = datetime(2026, 1, 20, tzinfo=UTC)
OLD, RECENT = NOW - timedelta(days=15), NOW - timedelta(hours=1)
ID = "0f0e0d0c-0b0a-4909-8807-060504030201"
PREFIX = "arn:aws:states:us-east-1:000000000000:stateMachine:commerce-local-"
CANCEL_ARN = f"{PREFIX.replace(':stateMachine:', ':execution:')}CancelOrder:cancel-{ID}"
ORDER = new_order(ID, NOW, ("SKU-1", 2))
PLACED = Execution("arn:place", "PlaceOrder", ID, "FAILED", "Oops", "ConfirmOrder", RECENT)
CANCELLED = replace(PLACED, arn=CANCEL_ARN, machine="CancelOrder", state="RefundPayment")
ANSWER = b'{"errorType": "Oops", "errorMessage": "no"}'


@dataclass
class Stage:
    """A stage's executions by ARN, and everything that was done to it."""

    executions: dict[str, Execution] = field(default_factory=dict)
    current: Execution | None = None
    broken: bool = False
    answer: bytes = ANSWER
    done: list[str] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    database: MemoryDatabase = field(default_factory=MemoryDatabase)

    def own(self, _order_id: str) -> Execution | None:
        return self.current

    def read(self, arn: str) -> Execution | None:
        return self.executions.get(arn)

    def verdict(self, execution: Execution, now: datetime) -> Verdict:
        return judge(execution, ORDER, now)

    def redrive(self, execution: Execution) -> bool:
        self.done.append(f"redrive {execution.machine}")
        return True

    def start_execution(self, **request: str) -> None:
        assert json.loads(request["input"]) == {"orderId": ID}
        self.done.append(f"start {request['name']}")

    def invoke(self, **request: str) -> dict[str, Any]:
        self.done.append(f"invoke {request['FunctionName']}:{request['Qualifier']}")
        error = {"FunctionError": "Unhandled"} if self.broken else {}
        self.sent.append(json.loads(request["Payload"]))
        return {"Payload": io.BytesIO(self.answer), **error}

    def repairs(self, monkeypatch: pytest.MonkeyPatch, order: Order = ORDER) -> Repairs:
        """Repairs on this stage, in which the order is stored."""
        self.database.put("orders", order_key(ID), to_item(order))
        machines = {name: PREFIX + name for name in ("PlaceOrder", "CancelOrder")}
        endpoints = SimpleNamespace(
            state_machines=machines,
            tables={"orders": "orders"},
            function=lambda name: f"commerce-local-{name}",
        )
        clients = SimpleNamespace(states=self, functions=self, dynamodb=None)
        repairs = Repairs(
            cast("Endpoints", endpoints),
            cast("Clients", clients),
            cast("Failures", cast("Any", self)),
            lambda: NOW,
        )
        monkeypatch.setattr(repairs, "_database", self.database)
        return repairs


@pytest.mark.parametrize(
    ("status", "current", "done"),
    [
        (OrderStatus.CONFIRMED, PLACED, ["redrive PlaceOrder"]),
        (OrderStatus.REJECTED, CANCELLED, ["redrive CancelOrder"]),
        (OrderStatus.CONFIRMED, replace(PLACED, status="RUNNING"), []),
        (OrderStatus.PENDING, None, ["invoke commerce-local-SweepOrders:live"]),
        (OrderStatus.PENDING, replace(PLACED, ended=OLD), [f"start cancel-{ID}"]),
        (OrderStatus.REJECTED, replace(PLACED, ended=OLD), [f"start cancel-{ID}"]),
        (
            OrderStatus.CONFIRMED,
            replace(PLACED, ended=OLD),
            ["invoke commerce-local-SendConfirmation:live"],
        ),
        (
            OrderStatus.CONFIRMING,
            replace(PLACED, error="States.Runtime"),
            [
                "invoke commerce-local-ConfirmOrder:live",
                "invoke commerce-local-SendConfirmation:live",
            ],
        ),
    ],
)
def test_an_open_order_is_brought_on(
    status: OrderStatus,
    current: Execution | None,
    done: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    order, stage = replace(ORDER, status=status), Stage(current=current)
    assert stage.repairs(monkeypatch, order).settle(order)
    assert stage.done == done


@pytest.mark.parametrize(
    ("found", "done"),
    [
        ({}, [f"start cancel-{ID}"]),
        ({CANCEL_ARN: replace(CANCELLED, status="RUNNING")}, []),
        ({CANCEL_ARN: CANCELLED}, ["redrive CancelOrder"]),
        ({CANCEL_ARN: replace(CANCELLED, ended=OLD)}, [f"start cancel-{ID}-2"]),
        ({CANCEL_ARN: replace(CANCELLED, status="SUCCEEDED")}, [f"start cancel-{ID}-2"]),
    ],
)
def test_cancel_order_is_started_resumed_or_started_anew(
    found: dict[str, Execution], done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(executions=found)
    repairs = stage.repairs(monkeypatch)
    repairs.cancel(replace(ORDER, status=OrderStatus.REJECTED))
    assert stage.done == done
    assert len(repairs.started) == len(done)


def test_a_remedy_that_never_helps_is_not_started_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = replace(CANCELLED, status="SUCCEEDED")
    names = [CANCEL_ARN, *(f"{CANCEL_ARN}-{n}" for n in range(2, NAMES + 1))]
    stage = Stage(executions=dict.fromkeys(names, done))
    with pytest.raises(NotRepaired):
        stage.repairs(monkeypatch).cancel(replace(ORDER, status=OrderStatus.REJECTED))
    assert stage.done == []


def test_closing_is_recorded_with_its_event_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stage = Stage()
    stage.repairs(monkeypatch).close(ORDER)
    kept = stage.database.tables["orders"]
    assert kept[order_key(ID)]["status"] == "REJECTED"
    assert any(key.SK == "EVENT#OrderRejected" for key in kept)


def test_an_order_that_moved_meanwhile_is_not_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()
    repairs = stage.repairs(monkeypatch, replace(ORDER, status=OrderStatus.CONFIRMING))
    assert repairs.close(ORDER).startswith("nothing")
    assert stage.done == []


@pytest.mark.parametrize("failed", [[], [{"itemIdentifier": ID}]])
def test_the_ledger_takes_over_what_the_provider_gave_back(
    failed: list[dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = Stage(answer=json.dumps({"batchItemFailures": failed}).encode())
    repairs = stage.repairs(monkeypatch)
    stage.database.put("orders", ledger_key(ID), {"intentId": "pi_1"})
    if failed:
        with pytest.raises(NotRepaired, match="PaymentEvents"):
            repairs.note(ORDER)
    else:
        repairs.note(ORDER)
    ((record,),) = (sent["Records"] for sent in stage.sent)
    told = ProviderEvent.model_validate_json(record["body"])
    assert (told.type in HANDLED, told.intent_id) == (True, "pi_1")
    assert stage.done == ["invoke commerce-local-PaymentEvents:live"]


def test_a_function_that_fails_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotRepaired, match="SweepOrders failed"):
        Stage(broken=True).repairs(monkeypatch).sweep()
