"""Events of the past once more: nothing changes that is right, and what is wrong is found."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.catalog.store import sku_key
from functions.shared.dynamodb import from_attributes
from scripts.kit import parity
from scripts.kit.customer import Customer
from scripts.kit.replays import Replays
from scripts.ops.replay import replay
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE, body, placed_and_ended
from tests.support.emulator import wait_until

Output = pytest.CaptureFixture[str]
WAIT = 120.0
BEANS = {"productId": "house-espresso-beans", "variantId": "250g"}
LATE = "AuditOrder"
"""It judges after 15 minutes, and writes nothing."""


def replayed(shop: Shop, *rules: str) -> int:
    """The whole archive, replayed; the exit code."""
    now = datetime.now(UTC)
    return replay(shop.endpoints, now - timedelta(days=1), now, rules, WAIT)


def wait_until_quiet(shop: Shop) -> None:
    """Until every event so far has been handled."""
    replays = Replays(shop.endpoints, shop.clients)
    known = [one for name, one in replays.consumers().items() if name != LATE]
    wait_until(
        lambda: not any(replays.waiting(known).values()),
        lambda: f"the consumers: {replays.waiting(known)}",
        seconds=EVENTS_PATIENCE,
    )


def items(shop: Shop, table: str) -> list[Any]:
    """Everything in a table."""
    pages = shop.clients.dynamodb.get_paginator("scan").paginate(
        TableName=shop.endpoints.tables[table], ConsistentRead=True
    )
    found = [from_attributes(item) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["PK"], item["SK"]))


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every event is handled before anything is compared: a difference needs no second look."""
    monkeypatch.setattr(parity, "PAUSE", 0.0)


@pytest.fixture
def missed(shop: Shop) -> Iterator[str]:
    """A SKU in stock whose event the catalog has missed; right again afterwards."""
    wait_until_quiet(shop)
    found = next(item for item in items(shop, "catalog") if item.get("told") and item["inStock"])
    sku = found["PK"].removeprefix("SKU#")

    def update(expression: str, **values: Any) -> None:
        shop.clients.tables.Table(shop.endpoints.tables["catalog"]).update_item(
            Key=sku_key(sku)._asdict(), UpdateExpression=expression, **values
        )

    update("REMOVE told, inStock")
    yield sku
    told = {":told": found["told"], ":stock": True}
    update("SET told = :told, inStock = :stock", ExpressionAttributeValues=told)


def test_a_replay_mends_what_a_consumer_has_missed(shop: Shop, missed: str, capsys: Output) -> None:
    assert replayed(shop, "EventLog") == 0
    assert "keeps nothing that is compared" in capsys.readouterr().out
    assert replayed(shop, "ProjectStock") == 0, capsys.readouterr()
    (mended,) = [x for x in items(shop, "catalog") if x["PK"] == f"SKU#{missed}"]
    assert mended["told"] > 0


def test_a_difference_is_printed(shop: Shop, missed: str, capsys: Output) -> None:
    end = datetime.now(UTC) - timedelta(days=1)
    assert replay(shop.endpoints, end - timedelta(days=1), end, ["ProjectStock"], WAIT) == 1
    out = capsys.readouterr().out
    assert "catalog's stock and inventory: 1 differences" in out
    assert f"  {missed}: " in out


def test_a_purchase_that_was_missed_is_found_and_mended(
    shop: Shop, ada: Customer, capsys: Output
) -> None:
    order_id, _ = placed_and_ended(ada, body(items=[{**BEANS, "quantity": 1}]))
    wait_until_quiet(shop)
    (noted,) = [item for item in items(shop, "catalog") if item["SK"].endswith(order_id)]
    shop.clients.dynamodb.delete_item(
        TableName=shop.endpoints.tables["catalog"],
        Key={name: {"S": noted[name]} for name in ("PK", "SK")},
    )
    end = datetime.now(UTC) - timedelta(days=1)
    assert replay(shop.endpoints, end - timedelta(days=1), end, ["NotePurchases"], WAIT) == 1
    out = capsys.readouterr().out
    assert f"order {order_id}, product {BEANS['productId']}: CONFIRMED, does not stand" in out
    assert replayed(shop, "NotePurchases") == 0, capsys.readouterr()


def test_an_unknown_rule_replays_nothing(shop: Shop, capsys: Output) -> None:
    assert replayed(shop, "EventLog", "NoSuch") == 2
    said = capsys.readouterr()
    assert said.err.startswith("There is no rule NoSuch; there are: AuditOrder, EventLog,")
    assert said.out == ""
