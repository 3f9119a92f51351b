"""The runbook followed word by word: its blocks of commands, in its order, against the trouble that
their section is about.

Commands are taken from the page, so that a page that changes changes this test. They run in this
process, by the one entry that `scripts/shop` calls; blocks on AWS are left out by their mark.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.envelope import Envelope
from contracts.events.inventory import AvailabilityChanged
from functions.catalog.store import sku_key
from functions.orders.domain import OrderStatus
from functions.orders.store import order_key
from functions.search.engine import connect
from functions.search.index import ALIAS
from scripts.kit import parity, stacks
from scripts.kit.customer import Customer, call
from scripts.kit.parked import ParkedQueue, ParkedQueues
from scripts.ops.__main__ import main
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, place, placed_and_ended
from tests.e2e.test_settlement import ended, eventually, stored_order
from tests.support.emulator import wait_until
from tests.support.runbook import ENTRY, Block, sections, words

SKU = "DNB-A5-OLIVE"
CONSUMER = "ProjectStock"
RUNBOOK = sections()


@dataclass(frozen=True)
class Operator:
    """Somebody who types what the page says."""

    capsys: pytest.CaptureFixture[str]

    def follow(
        self, block: Block, given: Mapping[str, str] | None = None, codes: Sequence[int] = ()
    ) -> list[str]:
        """Runs a block's commands one after the other; returns what each has printed.

        Args:
            given: what stands for the words in capitals.
            codes: their exit codes, where not all are 0.
        """
        said = []
        for number, command in enumerate(block):
            entry, *arguments = words(command, given or {})
            assert entry == ENTRY, command
            code = main(arguments)
            captured = self.capsys.readouterr()
            printed = captured.out + captured.err
            assert code == (codes[number] if codes else 0), f"{command}\n{printed}"
            said.append(printed)
        return said


@pytest.fixture
def operator(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Operator:
    """Somebody at work on the session's shop."""
    monkeypatch.setattr(stacks, "DEFAULT_FILE", shop.platform.folder / "endpoints.json")
    monkeypatch.setattr(parity, "PAUSE", 0.0)
    return Operator(capsys)


@contextmanager
def provider_down(shop: Shop) -> Iterator[None]:
    """The provider's connections break at each capture; ConfirmOrder does not retry for hours."""
    faults = f"{shop.endpoints.payments}/_sandbox/faults"
    machine = shop.endpoints.state_machines["PlaceOrder"]
    states = shop.clients.states
    definition = states.describe_state_machine(stateMachineArn=machine)["definition"]
    impatient = json.loads(definition)
    del impatient["States"]["ConfirmOrder"]["Retry"]
    fault = {"method": "POST", "path": "/v1/payment_intents/*/capture", "kind": "drop-before"}
    states.update_state_machine(stateMachineArn=machine, definition=json.dumps(impatient))
    call(faults, "POST", {**fault, "times": None})
    try:
        yield
    finally:
        call(faults, "DELETE")
        states.update_state_machine(stateMachineArn=machine, definition=definition)


def test_every_section_with_commands_is_followed_here() -> None:
    followed = {
        "what-is-wrong",
        "redrive",
        "the-payment-provider-is-down",
        "a-release-is-to-be-rolled-back",
        "audit",
        "an-order-is-stuck",
        "a-sku-is-hot-or-new-units-came-in",
        "a-peak-is-coming",
        "search-finds-nothing-or-what-is-not-so",
        "a-read-model-is-wrong-replay",
        "messages-are-parked",
        "tables-are-to-be-restored",
    }
    assert {name for name, section in RUNBOOK.items() if section.blocks} == followed


def test_the_provider_is_down_and_what_failed_is_redriven(
    shop: Shop, ada: Customer, operator: Operator
) -> None:
    """One outage, and who looks at it by three sections: what is wrong, redrive, provider down."""
    (wrong,) = RUNBOOK["what-is-wrong"].blocks
    look, redrive = RUNBOOK["redrive"].blocks
    outage, resume = RUNBOOK["the-payment-provider-is-down"].blocks
    (back,) = RUNBOOK["a-release-is-to-be-rolled-back"].blocks
    with provider_down(shop):
        orders = [place(ada, body()) for _ in range(3)]
        for order_id in orders:
            eventually(shop, order_id, lambda record: record.order.execution == "FAILED")
        status, listed, *_ = operator.follow(wrong)
        waiting = re.search(r"(\d+) waiting for a person", status)
        assert waiting is not None
        assert int(waiting[1]) >= len(orders)  # other tests leave some, too
        assert all(order_id in listed for order_id in orders)
        given = {"STATE": "ConfirmOrder", "ORDER_ID": orders[0]}
        listed, logged, page = operator.follow(look, given)
        assert "ConfirmOrder" in listed
        assert "failed" in logged
        assert "FAILED" in page
        _, logged = operator.follow(outage)
        assert all(order_id in logged for order_id in orders)
    described = shop.executions.describe(orders[0])
    assert described is not None
    first, *_ = operator.follow(redrive, given | {"ERROR": str(described["error"])})
    assert f"{orders[0]}: SUCCEEDED" in first
    operator.follow(resume)
    operator.follow(back)
    for order_id in orders:
        record = eventually(shop, order_id, ended)
        assert record.order.status is OrderStatus.CONFIRMED


def test_an_order_that_keeps_money_is_repaired(
    shop: Shop, linus: Customer, operator: Operator
) -> None:
    (block,) = RUNBOOK["audit"].blocks
    order_id, _ = placed_and_ended(linus, body())
    shop.clients.tables.Table(shop.endpoints.tables["orders"]).update_item(
        Key=order_key(order_id)._asdict(),
        UpdateExpression="SET #s = :rejected",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={":rejected": "REJECTED"},
    )
    found, repaired, _ = operator.follow(block, {"ORDER_ID": order_id}, (1, 1, 0))
    assert f"order {order_id} (REJECTED)" in found
    assert f"{order_id}: CancelOrder started" in repaired


def test_an_order_that_was_never_started_is_brought_on_and_given_up(
    shop: Shop, ada: Customer, operator: Operator
) -> None:
    look, repair, give_up = RUNBOOK["an-order-is-stuck"].blocks
    order_id = stored_order(shop, ada, timedelta(minutes=25)).order_id
    (page,) = operator.follow(look, {"ORDER_ID": order_id})
    assert "PENDING" in page
    said, *_ = operator.follow(repair, {"ORDER_ID": order_id}, (1, 0, 0))
    assert "the sweeper has run" in said
    assert eventually(shop, order_id, ended).order.status is OrderStatus.CONFIRMED
    (answer,) = operator.follow(give_up, {"ORDER_ID": order_id})
    assert answer.startswith("202")
    assert eventually(shop, order_id, ended).order.status is OrderStatus.CANCELLED


def test_a_hot_sku_is_split_and_new_units_are_received(shop: Shop, operator: Operator) -> None:
    split, receive = RUNBOOK["a-sku-is-hot-or-new-units-came-in"].blocks
    before = shop.records.stock([SKU])[SKU]
    _, _, on_eight, _ = operator.follow(split, {"SKU": SKU})
    assert "shard 7" in on_eight
    for _ in range(2):
        operator.follow(receive, {"SKU": SKU, "DELIVERY": "delivery-of-the-runbook"})
    assert shop.records.stock([SKU])[SKU].available == before.available + 5


def test_a_peak_is_judged_by_what_breaks_first(operator: Operator) -> None:
    (block,) = RUNBOOK["a-peak-is-coming"].blocks
    calm, peak = operator.follow(block, codes=(0, 1))
    assert "Everything carries it" in calm
    assert "breaks first" in peak


def test_an_index_that_has_lost_a_product_is_rebuilt(shop: Shop, operator: Operator) -> None:
    (block,) = RUNBOOK["search-finds-nothing-or-what-is-not-so"].blocks
    lost = "dotted-notebook"
    assert shop.endpoints.opensearch is not None
    client = connect(shop.endpoints.opensearch, 30)
    try:
        client.delete(index=ALIAS, id=lost, params={"refresh": "true"})
    finally:
        client.close()
    differs, _, _, found = operator.follow(block, {"WORDS": "notebook"}, (1, 0, 0, 0))
    assert lost in differs
    assert "Dotted Notebook" in found


def test_what_a_consumer_has_missed_comes_back_by_a_replay(shop: Shop, operator: Operator) -> None:
    (block,) = RUNBOOK["a-read-model-is-wrong-replay"].blocks
    catalog = shop.clients.tables.Table(shop.endpoints.tables["catalog"])
    key = sku_key(SKU)._asdict()
    wait_until(lambda: "told" in catalog.get_item(Key=key)["Item"], f"{SKU} to be in stock")
    catalog.update_item(Key=key, UpdateExpression="REMOVE told, inStock")
    now = datetime.now(UTC)
    given = {"FROM": (now - timedelta(days=1)).isoformat(), "TO": now.isoformat()}
    (said,) = operator.follow(block, given)
    assert "0 differences" in said
    assert catalog.get_item(Key=key)["Item"]["inStock"]


def test_parked_messages_are_looked_at_handled_again_and_dropped(
    shop: Shop, operator: Operator
) -> None:
    look, redrive, drop = RUNBOOK["messages-are-parked"].blocks
    given = {"QUEUE": CONSUMER, "FUNCTION": CONSUMER}
    park(shop, event())
    wait_until(lambda: parked(shop).depth == 1, "the message to be parked")
    listed, shown, _ = operator.follow(look, given)
    assert CONSUMER in listed
    assert "AvailabilityChanged" in shown
    operator.follow(redrive, given)
    wait_until(lambda: parked(shop).depth == 0, "the message to be handled again")
    park(shop, {"detail-type": "Nonsense"})
    wait_until(lambda: parked(shop).depth == 1, "the message to be parked")
    operator.follow(drop, given)
    wait_until(lambda: parked(shop).depth == 0, "the message to be dropped")


def test_what_is_derived_from_restored_tables_is_made_anew(operator: Operator) -> None:
    """Of the restore itself, what the embedded cloud has; the rest is marked on the page."""
    section = RUNBOOK["tables-are-to-be-restored"]
    assert all(command.startswith("aws ") for block in section.on_aws for command in block)
    (block,) = section.blocks
    now = datetime.now(UTC)
    given = {"FROM": (now - timedelta(days=1)).isoformat(), "TO": now.isoformat()}
    audited, _, rebuilt = operator.follow(block, given)
    assert audited.endswith(" 0 breaches\n")
    assert "is searched now" in rebuilt


def event() -> dict[str, Any]:
    """An event that was told long ago: whoever handles it again changes nothing."""
    told = Envelope.wrap(
        AvailabilityChanged(sku=SKU, in_stock=True),
        aggregate_id=SKU,
        aggregate_version=1,
        correlation_id=SKU,
        occurred_at=datetime.now(UTC),
    )
    return {
        "id": str(uuid4()),
        "source": AvailabilityChanged.SOURCE,
        "detail-type": "AvailabilityChanged",
        "time": "2026-01-05T12:00:00Z",
        "detail": json.loads(told.model_dump_json(by_alias=True)),
    }


def park(shop: Shop, message: dict[str, Any]) -> None:
    """Puts a message where the consumer puts what it cannot handle."""
    shop.clients.sqs.send_message(QueueUrl=parked(shop).url, MessageBody=json.dumps(message))


def parked(shop: Shop) -> ParkedQueue:
    """The consumer's queue of what it could not handle."""
    queues = ParkedQueues(shop.endpoints, shop.clients).all()
    return next(queue for queue in queues if queue.name == CONSUMER)
