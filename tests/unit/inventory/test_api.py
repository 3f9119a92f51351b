"""The operators' stock API, through its handler, on stores in memory."""

from typing import Any

import pytest

from functions.inventory import api
from functions.shared.errors import Contended
from tests.support.requests import Answer, answer, http_event
from tests.support.shop import CATALOG, INVENTORY, Shop

OPERATOR = {"token_use": "access", "sub": "operator-1", "cognito:groups": "[operator]"}
SHARDS, RECEIPTS, STOCK = (
    "PUT /inventory/{sku}/shards",
    "POST /inventory/{sku}/receipts",
    "GET /inventory/{sku}",
)


@pytest.fixture(autouse=True)
def deployed(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INVENTORY_TABLE", INVENTORY)
    monkeypatch.setenv("CATALOG_TABLE", CATALOG)
    monkeypatch.setattr(api, "_database", lambda: shop.database)
    shop.stock("MUG-RED", 20)


def call(route: str, sku: str = "MUG-RED", body: object = None, **kwargs: Any) -> Answer:
    kwargs.setdefault("claims", OPERATOR)
    event = http_event(route, path={"sku": sku}, body=body, **kwargs)
    return answer(api.handler(event, None))


def test_shards_are_changed_and_shown() -> None:
    split = call(SHARDS, body={"shards": 4})
    assert split.status == 200
    assert split.body == {
        "sku": "MUG-RED",
        "shards": 4,
        "available": 20,
        "received": 20,
        "levels": [{"shard": shard, "available": 5} for shard in range(4)],
    }
    assert call(STOCK).body == split.body
    merged = call(SHARDS, body={"shards": 1})
    assert [level["available"] for level in merged.body["levels"]] == [20, 0, 0, 0]


def test_what_cannot_be_moved_in_time_is_202_and_moved_by_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(api, "MOVING_SECONDS", -1.0)
    first = call(SHARDS, body={"shards": 4})
    assert (first.status, first.headers["retry-after"]) == (202, "1")
    assert first.body["available"] == 20
    monkeypatch.undo()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"shards": 0}, "/shards"),
        ({"shards": -1}, "/shards"),
        ({"shards": 33}, "/shards"),
        ({"shards": 10**30}, "/shards"),
        ({"shards": 2.5}, "/shards"),
        ({"shards": "8"}, "/shards"),
        ({"shards": None}, "/shards"),
        ({"shards": True}, "/shards"),
        ({}, "/shards"),
        ({"shards": 2, "more": 1}, "/more"),
    ],
)
def test_nonsense_about_shards_is_named(shop: Shop, body: object, pointer: str) -> None:
    refused = call(SHARDS, body=body)
    assert refused.status == 422
    assert refused.body["errors"][0]["pointer"] == pointer
    assert call(STOCK).body["shards"] == 1


@pytest.mark.parametrize("quantity", [0, -5, 1_000_001, 1.5, "3", None])
def test_nonsense_about_a_quantity_is_named(shop: Shop, quantity: object) -> None:
    refused = call(RECEIPTS, body={"quantity": quantity}, headers={"idempotency-key": "k"})
    assert refused.status == 422
    assert refused.body["errors"][0]["pointer"] == "/quantity"
    assert shop.available("MUG-RED") == 20


def test_a_receipt_counts_once_and_is_spread_over_the_shards(shop: Shop) -> None:
    call(SHARDS, body={"shards": 2})
    key = {"Idempotency-Key": "delivery-1"}
    first, second = (call(RECEIPTS, body={"quantity": 80}, headers=key) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert (first.body["sku"], first.body["quantity"]) == ("MUG-RED", 80)
    stock = call(STOCK).body
    assert (stock["available"], stock["received"]) == (100, 100)
    assert [level["available"] for level in stock["levels"]] == [50, 50]
    assert call(RECEIPTS, body={"quantity": 81}, headers=key).status == 422


def test_a_receipt_needs_a_key(shop: Shop) -> None:
    refused = call(RECEIPTS, body={"quantity": 1})
    assert refused.status == 400
    assert refused.body["errors"][0]["header"] == "Idempotency-Key"
    assert shop.available("MUG-RED") == 20


@pytest.mark.parametrize("sku", ["NO-SUCH", "mug", "A#0", "A" * 41])
def test_an_unknown_sku_is_404(sku: str) -> None:
    assert call(STOCK, sku).status == 404
    assert call(SHARDS, sku, {"shards": 2}).status == 404
    key = {"Idempotency-Key": "delivery-1"}
    assert call(RECEIPTS, sku, {"quantity": 5}, headers=key).status == 404
    assert call(STOCK, sku).status == 404, "nothing came of it"


@pytest.mark.parametrize("route", [STOCK, SHARDS, RECEIPTS])
def test_all_of_it_is_for_operators(shop: Shop, route: str) -> None:
    customer = {**OPERATOR, "cognito:groups": "[customer]"}
    body = None if route == STOCK else {"shards": 2}
    assert call(route, body=body, claims=customer).status == 403
    assert call(route, body=body, claims={}).status == 401
    assert shop.available("MUG-RED") == 20


def test_what_orders_hold_is_503_with_a_time_to_come_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def contended(_: object) -> None:
        raise Contended("held")

    monkeypatch.setattr(shop.database, "transact", contended)
    for route, body in ((SHARDS, {"shards": 2}), (RECEIPTS, {"quantity": 1})):
        refused = call(route, body=body, headers={"Idempotency-Key": "k"})
        assert (refused.status, refused.headers["retry-after"]) == (503, "1")
