"""`scripts/shop reindex` and its check, on the real engine and a catalog that changes meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boto3
import pytest
from moto import mock_aws
from opensearchpy import OpenSearch

from contracts.catalog_items import CatalogStatus, ProductItem
from functions.catalog.domain import product_changed
from functions.search.engine import OpenSearchEngine
from functions.search.index import ALIAS, PREFIX
from functions.search.index_products import IndexProducts
from functions.shared.dynamodb import to_attributes
from scripts.dev.seed_catalog import products
from scripts.kit.products import CatalogProducts
from scripts.kit.reindexing import Rebuilt, differences, rebuild
from scripts.kit.search_index import LOCK, Lease, ReindexBusy, SearchIndexes
from tests.support.products import batch, delivered, failures
from tests.support.tables import create_table

TABLE = "catalog"


def quiet(_: object) -> None:
    """Tells nobody, waits for nothing."""


class Shop:
    """A catalog whose changes reach the index as they do in the shop."""

    def __init__(self, dynamodb: Any, client: OpenSearch) -> None:
        self.dynamodb = dynamodb
        self.catalog = CatalogProducts(dynamodb, TABLE)
        self.client = client
        self.indexes = SearchIndexes(client, sleep=quiet)
        self._take = IndexProducts(OpenSearchEngine(lambda: client), 0)

    def put(self, item: ProductItem, *, told: bool = True) -> None:
        """Changes a product; the event may be lost."""
        self.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item.to_item()))
        if told:
            assert failures(self._take(batch(delivered(product_changed(item), item.version)))) == []

    def rebuild(self, progress: Any = quiet) -> Rebuilt:
        """Rebuilds the index."""
        return rebuild(self.indexes, self.catalog, Lease(self.client, 1.0), quiet, progress)

    def differences(self) -> dict[str, str]:
        """In what table and index do not agree."""
        return differences(self.indexes, self.catalog, quiet, sleep=quiet)


ITEMS = tuple(product.item for product in products())


@pytest.fixture
def shop(seeded: OpenSearchEngine, client: OpenSearch) -> Iterator[Shop]:
    """The seed catalog, and its index."""
    client.indices.delete(index=LOCK, params={"ignore": 404})
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        create_table(dynamodb, TABLE, "GSI1")
        shop = Shop(dynamodb, client)
        for item in ITEMS:
            shop.put(item, told=False)
        yield shop


def test_index_and_catalog_agree(shop: Shop) -> None:
    assert shop.differences() == {}


def test_a_lost_index_is_rebuilt(shop: Shop) -> None:
    shop.client.indices.delete(index=f"{PREFIX}*")
    assert shop.rebuild().products == len(ITEMS)
    assert shop.differences() == {}


def test_what_changes_meanwhile_is_not_missed(shop: Shop) -> None:
    before = shop.indexes.live()
    changed = replace(ITEMS[0], version=2, name="Changed")
    gone = replace(ITEMS[1], version=2, status=CatalogStatus.RETIRED)
    new = replace(ITEMS[2], product_id="brand-new")

    def change(_: str) -> None:
        for item in (changed, gone, new):
            shop.put(item)

    rebuilt = shop.rebuild(change)
    assert shop.indexes.live() == rebuilt.index != before
    assert shop.differences() == {}
    assert list(shop.client.indices.get(index=f"{PREFIX}*")) == [rebuilt.index]
    shop.put(replace(changed, version=3, name="Changed again"))
    assert shop.differences() == {}


def test_search_answers_all_the_while(shop: Shop) -> None:
    totals = set()

    def search(_: str) -> None:
        totals.add(shop.client.count(index=ALIAS)["count"])

    shop.rebuild(search)
    assert totals == {len(ITEMS)}


class Killed(BaseException):
    """As a signal would end it."""


def test_one_that_died_half_way_leaves_what_is_searched_and_is_tidied_up(shop: Shop) -> None:
    before = shop.indexes.live()

    def die(_: str) -> None:
        raise Killed

    with pytest.raises(Killed):
        shop.rebuild(die)
    assert shop.indexes.live() == before
    shop.put(replace(ITEMS[0], version=2, name="Changed"))
    assert shop.differences() == {}
    shop.rebuild()
    assert shop.differences() == {}
    assert len(shop.client.indices.get(index=f"{PREFIX}*")) == 1


def test_a_second_one_at_the_same_time_is_refused(shop: Shop) -> None:
    before = shop.indexes.live()
    with Lease(shop.client, 1.0).held(quiet), pytest.raises(ReindexBusy, match="wait"):
        shop.rebuild()
    assert shop.indexes.live() == before
    shop.rebuild()


def test_a_lease_whose_holder_was_killed_runs_out(shop: Shop) -> None:
    shop.client.indices.create(index=LOCK)
    abandoned = Lease(shop.client, 0.5)
    abandoned._at = {}
    assert abandoned._write(until=abandoned._now() + 0.5)
    shop.rebuild()


def test_every_difference_is_found(shop: Shop) -> None:
    older, altered, missing = ITEMS[:3]
    shop.put(replace(older, version=2), told=False)
    live = shop.indexes.live()
    found = shop.client.get(index=live, id=altered.product_id)["_source"]
    shop.client.index(index=live, id=altered.product_id, body=found | {"name": "Other"})
    shop.client.delete(index=live, id=missing.product_id)
    shop.client.index(index=live, id="ghost", body={"productId": "ghost", "version": 1})
    assert shop.differences() == {
        older.product_id: "version 2 in the catalog, 1 in the index",
        altered.product_id: "version 1 differs in name",
        missing.product_id: "version 1 is not in the index",
        "ghost": "is in the index alone",
    }
