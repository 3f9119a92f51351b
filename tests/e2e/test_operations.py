"""What operators do when something is wrong: redrive what failed, audit everything, repair."""

import json
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.inventory.items import stock_key
from functions.orders.store import order_key
from functions.payments.stripe_gateway import StripeGateway
from scripts.dev.seed_catalog import HANDFUL_LINE
from scripts.kit import strays
from scripts.kit.customer import Customer
from scripts.kit.failures import Failures
from scripts.kit.payments import intents
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY
from scripts.ops.audit import audit, strays_of
from scripts.ops.demo import order_of
from scripts.ops.redrive import redrive_stage
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, place, placed_and_ended
from tests.support.emulator import wait_until

Output = pytest.CaptureFixture[str]
DECLINED = order_of(HANDFUL_LINE, "pm_card_chargeDeclined")


def redrive(shop: Shop, *ids: str, **more: Any) -> int:
    """`scripts/shop redrive`; returns its exit code."""
    options = {"all": False, "list": False, "error": None, "machine": None, "wait": 120.0}
    return redrive_stage(shop.endpoints, Namespace(ids=list(ids), **{**options, **more}))


@contextmanager
def broken(shop: Shop, machine_name: str, task: str) -> Iterator[None]:
    """A task looks for orders in a table that is none, and is not retried for hours."""
    functions, states = shop.clients.functions, shop.clients.states
    machine = shop.endpoints.state_machines[machine_name]
    name = machine.rpartition(":")[2].replace(machine_name, task)
    sound = functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"]
    settings = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    definition = states.describe_state_machine(stateMachineArn=machine)["definition"]
    impatient = json.loads(definition)
    del impatient["States"][task]["Retry"]
    wrong = {**settings, "ORDERS_TABLE": "no-such-table"}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": wrong})
    version = functions.publish_version(FunctionName=name)["Version"]
    functions.update_alias(FunctionName=name, Name="live", FunctionVersion=version)
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(impatient))
    try:
        yield
    finally:
        states.update_state_machine(stateMachineArn=machine, definition=definition)
        functions.update_function_configuration(
            FunctionName=name, Environment={"Variables": settings}
        )
        functions.update_alias(FunctionName=name, Name="live", FunctionVersion=sound)


def failed_order(shop: Shop, customer: Customer) -> str:
    """An order whose execution has ended FAILED, and which operators were told of."""
    order_id = place(customer, body())

    def told() -> bool:
        record = shop.records.order(order_id)
        return record is not None and record.order.execution == "FAILED"

    wait_until(told, lambda: shop.story(order_id), seconds=120)
    return order_id


def test_what_failed_is_listed_and_redriven_once_its_cause_is_repaired(
    shop: Shop, ada: Customer, capsys: Output
) -> None:
    with broken(shop, "PlaceOrder", "SendConfirmation"):
        order_id = failed_order(shop, ada)
        assert redrive(shop, list=True) == 0
        (line,) = [x for x in capsys.readouterr().out.splitlines() if order_id in x]
        assert all(word in line for word in ("PlaceOrder", "FAILED", "SendConfirmation"))
        assert redrive(shop, order_id) == 1
        assert "FAILED again at SendConfirmation" in capsys.readouterr().out
        assert audit(shop.endpoints, order_id) == 0
        assert "1 orders wait for a person" in capsys.readouterr().out
    assert redrive(shop, order_id) == 0, capsys.readouterr()
    assert f"{order_id}: SUCCEEDED" in capsys.readouterr().out
    assert redrive(shop, order_id) == 0
    assert "has succeeded" in capsys.readouterr().out
    assert redrive(shop, all=True) == 0
    assert audit(shop.endpoints) == 0, capsys.readouterr()
    assert capsys.readouterr().out.endswith(" 0 breaches\n")


def test_a_repair_redrives_what_waits_for_a_person(
    shop: Shop, ada: Customer, capsys: Output
) -> None:
    with broken(shop, "PlaceOrder", "SendConfirmation"):
        order_id = failed_order(shop, ada)
    assert audit(shop.endpoints, order_id, repair=True) == 0
    assert "PlaceOrder redriven at SendConfirmation" in capsys.readouterr().out
    record = shop.records.order(order_id)
    assert record is not None
    assert not record.order.saga_open


def test_all_of_one_error_are_redriven(shop: Shop, ada: Customer, capsys: Output) -> None:
    with broken(shop, "PlaceOrder", "SendConfirmation"):
        orders = {failed_order(shop, ada) for _ in range(2)}
        error = shop.executions.describe(next(iter(orders)))
        assert error is not None
    assert redrive(shop, error="NoSuchError") == 0
    assert "redriven" not in capsys.readouterr().out
    assert redrive(shop, error=error["error"], machine="PlaceOrder") == 0
    out = capsys.readouterr().out
    assert all(f"{order_id}: SUCCEEDED" in out for order_id in orders), out


def test_an_unknown_order_or_execution_changes_nothing(
    shop: Shop, ada: Customer, capsys: Output
) -> None:
    with broken(shop, "PlaceOrder", "SendConfirmation"):
        order_id = failed_order(shop, ada)
    unknown = str(uuid4())
    for name in (unknown, f"cancel-{order_id}", f"{shop.executions.machine}:{unknown}"):
        assert redrive(shop, order_id, name) == 1
        captured = capsys.readouterr()
        assert "Nothing was redriven" in captured.err
        assert captured.out == ""
    assert audit(shop.endpoints, unknown) == 1
    assert "There is no order" in capsys.readouterr().err
    assert redrive(shop, order_id, machine="CancelOrder") == 1
    assert redrive(shop, order_id) == 0


def test_a_unit_that_is_missing_is_found(shop: Shop, capsys: Output) -> None:
    def add(units: int) -> None:
        shop.clients.dynamodb.update_item(
            TableName=shop.endpoints.tables["inventory"],
            Key={name: {"S": text} for name, text in stock_key("TRT-SAND", 0)._asdict().items()},
            UpdateExpression="ADD available :units",
            ExpressionAttributeValues={":units": {"N": str(units)}},
        )

    add(-1)
    try:
        assert audit(shop.endpoints) == 1
        out = capsys.readouterr().out
        assert "BREACH (stock) TRT-SAND" in out
        assert out.endswith(" 1 breaches\n")
    finally:
        add(1)
    assert audit(shop.endpoints) == 0, capsys.readouterr()


def test_money_taken_for_a_rejected_order_is_found_and_given_back(
    shop: Shop, linus: Customer, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id, _ = placed_and_ended(linus, DECLINED)
    gateway = StripeGateway(_Key(), api_base=shop.endpoints.payments)
    intent = gateway.create_intent(order_id, 700, "eur", "pm_card_visa", number=9)
    gateway.confirm_intent(intent.id, idempotency_key=f"{order_id}:stray-confirm")
    gateway.capture_intent(intent.id, idempotency_key=f"{order_id}:stray-capture")
    assert audit(shop.endpoints) == 1
    out = capsys.readouterr().out
    told = f"order {order_id} is REJECTED, and no ledger names its payment {intent.id} of 7.00 EUR"
    assert told in out
    assert out.endswith(" 1 breaches\n")
    monkeypatch.setattr(strays, "SETTLED_AFTER", timedelta())
    looking = strays_of(shop.endpoints, shop.clients, Failures(shop.endpoints, shop.clients))
    (stray,) = looking.walk(intent.created_at)
    assert looking.give_back(stray).endswith("refunded: 7.00 EUR")
    assert list(looking.walk(intent.created_at)) == []


def test_a_closed_order_that_keeps_money_and_goods_is_repaired(
    shop: Shop, linus: Customer, capsys: Output
) -> None:
    order_id, _ = placed_and_ended(linus, body())
    key = {name: {"S": text} for name, text in order_key(order_id)._asdict().items()}
    shop.clients.dynamodb.update_item(
        TableName=shop.endpoints.tables["orders"],
        Key=key,
        UpdateExpression="SET #s = :rejected",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":rejected": {"S": "REJECTED"}},
    )
    assert audit(shop.endpoints) == 1
    out = capsys.readouterr().out
    assert (
        f"order {order_id} (REJECTED): the saga has ended and the reservation is COMMITTED" in out
    )
    assert "remedy: start CancelOrder" in out
    assert audit(shop.endpoints, repair=True) == 1
    assert f"{order_id}: CancelOrder started" in capsys.readouterr().out
    assert audit(shop.endpoints) == 0, capsys.readouterr()
    (intent,) = intents(shop.endpoints, order_id) or []
    assert intent.captured == intent.refunded > 0


class _Key:
    """The sandbox's key."""

    def __call__(self) -> str:
        return DEFAULT_API_KEY

    def instead_of(self, refused: str) -> str:
        """It never changes."""
        return refused
