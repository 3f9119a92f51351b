"""In-stock as the inventory tells it, projected into the product."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.catalog_api import NewProduct
from contracts.events.inventory import AvailabilityChanged, StockReceived
from functions.catalog import stock
from functions.shared.writes import Write
from tests.support.deliveries import sqs_batch
from tests.unit.catalog.conftest import BLUE, MUG, Shelf

SKU = "MUG-MUG-RED"


def _add_blue(shelf: Shelf) -> None:
    shelf.call("POST /products/{productId}/variants", path={"productId": "mug"}, body=BLUE)


def _in_stock(shelf: Shelf) -> dict[str, bool]:
    return {v["variantId"]: v["inStock"] for v in shelf.get().body["variants"]}


def test_a_turn_is_a_version_of_the_product(mug: Shelf) -> None:
    mug.stock(SKU, True, 1)
    mug.stock(SKU, False, 2)
    assert [event["data"]["inStock"] for event in mug.events()] == [False, True, False]
    assert mug.item().version == 3


def test_a_product_is_in_stock_while_one_variant_is(mug: Shelf) -> None:
    _add_blue(mug)
    mug.stock(SKU, True, 1)
    mug.stock("MUG-BLUE", True, 1)
    mug.stock(SKU, False, 2)
    assert _in_stock(mug) == {"red": False, "blue": True}
    assert mug.item().in_stock
    mug.manage.retire_variant("mug", "blue")
    assert not mug.item().in_stock


def test_what_comes_twice_or_changes_nothing_is_no_version(mug: Shelf) -> None:
    for version in (1, 1, 2):
        mug.stock(SKU, True, version)
    assert mug.item().version == 2


@settings(max_examples=60, deadline=None)
@given(early=st.lists(st.integers(1, 7), max_size=12), created=st.integers(0, 18))
def test_the_newest_counts_whatever_comes_twice_late_or_before_the_product(
    early: list[int], created: int
) -> None:
    """Some of seven turns come early, then all of them backwards; odd ones say in stock."""
    shelf, versions = Shelf(), [*early, *range(7, 0, -1)]
    for position, version in enumerate(versions):
        if position == created % len(versions):
            shelf.manage.create(NewProduct.model_validate_json(json.dumps(MUG)))
        shelf.stock("MUG-RED", version % 2 == 1, version)
    told = [event["metadata"]["aggregateVersion"] for event in shelf.events()]
    assert told == list(range(1, shelf.item().version + 1))
    assert shelf.item().in_stock
    assert shelf.events()[-1]["data"]["inStock"] is True


def test_stock_that_was_told_of_before_its_product_came(shelf: Shelf) -> None:
    shelf.stock(SKU, True, 1)
    shelf.stock("MUG-BLUE", True, 1)
    created = shelf.create()
    assert created.body["inStock"] is True
    assert shelf.create().body == created.body
    _add_blue(shelf)
    _add_blue(shelf)
    assert _in_stock(shelf) == {"red": True, "blue": True}


def test_stock_that_turns_while_its_product_is_created(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = shelf.database.transact

    def overtaken(writes: list[Write]) -> None:
        monkeypatch.setattr(shelf.database, "transact", transact)
        shelf.stock(SKU, True, 1)
        transact(writes)

    monkeypatch.setattr(shelf.database, "transact", overtaken)
    assert shelf.create().body["inStock"] is True


def test_what_is_retired_is_told_of_no_more(mug: Shelf) -> None:
    mug.manage.retire("mug")
    mug.stock(SKU, True, 1)
    assert mug.item().version == 2


def test_an_edit_leaves_the_stock_as_it_is(mug: Shelf) -> None:
    mug.stock(SKU, True, 1)
    path, tag = {"productId": "mug"}, mug.get().headers["etag"]
    mug.call(
        "PATCH /products/{productId}", path=path, body={"name": "Cup"}, headers={"If-Match": tag}
    )
    assert _in_stock(mug) == {"red": True}
    assert MUG["name"] != mug.item().name


def test_the_batch_of_a_queue(mug: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stock, "_project_stock", lambda: mug.stock)
    told = AvailabilityChanged(sku=SKU, in_stock=True)
    other = StockReceived(sku=SKU, quantity=1, receipt_id="r-1")
    answer = stock.handler(sqs_batch((told, 7), (other, 1)), None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-1"}]}
    assert mug.item().in_stock
    assert mug.reads.skus([SKU])[SKU].told == 7
