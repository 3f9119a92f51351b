"""Events of the past once more: nothing changes that is right, and what is wrong is found."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.catalog.store import sku_key
from functions.shared.dynamodb import from_attributes
from scripts.kit import parity
from scripts.kit.customer import Customer, call
from scripts.kit.engine import engine_of
from scripts.kit.replays import Replays
from scripts.kit.search_index import SearchIndexes
from scripts.ops.metrics import figures
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


def consumers(shop: Shop) -> list[str]:
    """All whom the bus tells of events."""
    return [name for name in Replays(shop.endpoints, shop.clients).consumers() if name != LATE]


OUTBOX_READ = 2.0
"""Seconds: several times what a stream waits between two looks."""


def wait_until_quiet(shop: Shop) -> None:
    """Until every event so far has been handled: no queue holds anything, for longer than the
    outbox waits to be read."""
    replays = Replays(shop.endpoints, shop.clients)
    known = [one for name, one in replays.consumers().items() if name != LATE]
    quiet_since: float | None = None

    def quiet() -> bool:
        nonlocal quiet_since
        if any(replays.waiting(known).values()):
            quiet_since = None
            return False
        quiet_since = quiet_since or time.monotonic()
        return time.monotonic() - quiet_since > OUTBOX_READ

    wait_until(quiet, lambda: f"the consumers: {replays.waiting(known)}", seconds=EVENTS_PATIENCE)


def items(shop: Shop, table: str) -> list[Any]:
    """Everything in a table."""
    pages = shop.clients.dynamodb.get_paginator("scan").paginate(
        TableName=shop.endpoints.tables[table], ConsistentRead=True
    )
    found = [from_attributes(item) for page in pages for item in page["Items"]]
    return sorted(found, key=lambda item: (item["PK"], item["SK"]))


def documents(shop: Shop) -> dict[str, Any]:
    """Everything in the search index."""
    client = engine_of(shop.endpoints, WAIT)
    try:
        indexes = SearchIndexes(client)
        return {
            name: document
            for ids in indexes.ids()
            for name, document in indexes.documents(ids).items()
        }
    finally:
        client.close()


def lasting(shop: Shop, customer: Customer) -> dict[str, Any]:
    """What must not change: mails, tables, index, cart."""
    return {
        "mails": call(shop.endpoints.mail or "").body,
        **{table: items(shop, table) for table in shop.endpoints.tables},
        "index": documents(shop),
        "cart": customer.get("/cart").body["items"],
    }


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


def test_the_whole_archive_twice_changes_nothing(shop: Shop, ada: Customer, capsys: Output) -> None:
    assert ada.send("DELETE", "/cart").status == 204
    assert ada.send("POST", "/cart/items", {**BEANS, "quantity": 2}).status == 200
    _, ended = placed_and_ended(ada, body(items=[{**BEANS, "quantity": 2}]))
    assert ended.body["orderStatus"] == "CONFIRMED"
    wait_until(lambda: not ada.get("/cart").body["items"], "the cart to be emptied")
    assert ada.send("POST", "/cart/items", {**BEANS, "quantity": 1}).status == 200
    wait_until_quiet(shop)
    before = lasting(shop, ada)
    for _ in range(2):
        assert replayed(shop, *consumers(shop)) == 0, capsys.readouterr()
        out = capsys.readouterr().out
        assert "is COMPLETED, its consumers' queues are empty" in out
        for compared in ("search index and catalog", "stock and inventory", "purchases and orders"):
            assert f"{compared}: 0 differences" in out
    after = lasting(shop, ada)
    for what, found in before.items():
        assert after[what] == found, what


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
    (noted,) = wait_until(
        lambda: [item for item in items(shop, "catalog") if item["SK"].endswith(order_id)],
        "the purchase to be noted",
        seconds=EVENTS_PATIENCE,
    )
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


def test_the_figures_count_what_customers_did(shop: Shop, ada: Customer) -> None:
    assert ada.send("DELETE", "/cart").status == 204
    assert ada.send("POST", "/cart/items", {**BEANS, "quantity": 1}).status == 200
    placed_and_ended(ada, body(items=[{**BEANS, "quantity": 1}]))
    assert call(f"{shop.endpoints.api}/search?q=beans").status == 200

    def missing() -> list[str]:
        lines = figures(shop.endpoints, datetime.now(UTC) - timedelta(hours=1))
        return [line for line in lines if "failures" not in line and "  -  " in line]

    wait_until(lambda: not missing(), lambda: f"figures: {missing()}", seconds=EVENTS_PATIENCE)
