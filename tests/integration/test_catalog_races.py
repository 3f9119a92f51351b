"""Changes of one product at once, behind DynamoDB's transaction conflicts."""

import json
from collections import Counter
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import pytest

from contracts.catalog_api import NewProduct, NewReview, ProductChange
from functions.catalog.domain import Product
from functions.catalog.manage import ManageCatalog
from functions.catalog.purchases import Purchases
from functions.catalog.stock import ProjectStock
from functions.catalog.store import CatalogReads, ProductWrites, category_key
from functions.catalog.views import product_view
from functions.catalog.write_review import WriteReview
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase, Rows
from functions.shared.http import tag_of
from functions.shared.problems import Problem
from tests.integration.buyers import at_once
from tests.support.conflict_proxy import ConflictProxy
from tests.support.emulator import Emulator
from tests.support.tables import create_table

TABLE = "catalog-races"
WRITERS = 8


@pytest.fixture(scope="module")
def database(emulator: Emulator, conflicting: Any) -> DynamoDatabase:
    create_table(emulator.client("dynamodb"), TABLE, "GSI1")
    return DynamoDatabase(lambda: conflicting)


@pytest.fixture
def manage(database: DynamoDatabase) -> ManageCatalog:
    return ManageCatalog(CatalogReads(database, TABLE), ProductWrites(TABLE), utc_now)


@pytest.fixture
def review(database: DynamoDatabase) -> WriteReview:
    return WriteReview(database, ProductWrites(TABLE), Purchases(database, TABLE), utc_now)


def _request(product_id: str, name: str = "Mug") -> NewProduct:
    variant = {
        "variantId": "red",
        "sku": f"SKU-{product_id}".upper(),
        "name": "Red",
        "price": {"amount": 1250, "currency": "EUR"},
    }
    body = {
        "productId": product_id,
        "name": name,
        "description": "Holds tea.",
        "category": product_id,
        "variants": [variant],
    }
    return NewProduct.model_validate_json(json.dumps(body))


@pytest.fixture
def mug(manage: ManageCatalog) -> Product:
    return manage.create(_request(f"mug-{uuid4().hex[:8]}"))


def _told(database: DynamoDatabase, product: Product) -> list[dict[str, object]]:
    """The data of its events, in the order of their versions, which have no gap."""
    rows = Rows(TABLE, f"PRODUCT#{product.item.product_id}", "EVENT#")
    events = [json.loads(item["detail"]) for item in database.query(rows).items]
    versions = [event["metadata"]["aggregateVersion"] for event in events]
    assert versions == list(range(1, len(versions) + 1))
    return [event["data"] for event in events]


def test_reviews_at_once_are_all_counted(
    database: DynamoDatabase,
    review: WriteReview,
    manage: ManageCatalog,
    mug: Product,
    proxy: ConflictProxy,
) -> None:
    conflicts = proxy.conflicts.total()
    stars = [1 + n % 5 for n in range(WRITERS * 3)]

    def write(writer: int) -> None:
        for n in range(writer, len(stars), WRITERS):
            request = NewReview(rating=stars[n], text=f"No. {n}")
            review(mug.item.product_id, f"customer-{n}", request)

    at_once([partial(write, n) for n in range(WRITERS)])
    assert proxy.conflicts.total() > conflicts, "nobody ever met anybody"
    item = manage.reads.item(mug.item.product_id)
    assert item is not None
    assert (item.rating_sum, item.rating_count) == (sum(stars), len(stars))
    assert item.version == 1 + len(stars)
    assert [data["ratingCount"] for data in _told(database, mug)] == list(range(len(stars) + 1))
    rows = Rows(TABLE, f"PRODUCT#{mug.item.product_id}", "REVIEW#")
    assert len(database.query(rows).items) == len(stars)


def test_one_customer_at_once_reviews_once(
    database: DynamoDatabase, review: WriteReview, manage: ManageCatalog, mug: Product
) -> None:
    request = NewReview(rating=4, text="Again.")
    written = at_once([lambda: review(mug.item.product_id, "one", request)] * WRITERS)
    assert len(set(written)) == 1
    item = manage.reads.item(mug.item.product_id)
    assert item is not None
    assert (item.rating_sum, item.rating_count) == (4, 1)


def test_of_two_edits_of_what_both_have_read_one_is_refused(
    database: DynamoDatabase, manage: ManageCatalog, mug: Product
) -> None:
    tag = tag_of(product_view(mug))

    def edit(name: str) -> int:
        try:
            manage.edit(mug.item.product_id, tag, ProductChange(name=name))
        except Problem as problem:
            return problem.status
        return HTTPStatus.OK

    statuses = at_once([lambda: edit("Cup"), lambda: edit("Beaker")])
    assert Counter(statuses) == {HTTPStatus.OK: 1, HTTPStatus.PRECONDITION_FAILED: 1}
    assert [data["name"] for data in _told(database, mug)][1:] in (["Cup"], ["Beaker"])


def test_one_id_is_created_once(database: DynamoDatabase, manage: ManageCatalog) -> None:
    product_id = f"jug-{uuid4().hex[:8]}"
    created = at_once([lambda: manage.create(_request(product_id))] * WRITERS)
    assert {product.item.version for product in created} == {1}
    counted = database.read({TABLE: [category_key(product_id)]})[TABLE]
    assert counted[category_key(product_id)]["products"] == 1


def test_stock_reviews_and_an_edit_at_once_are_all_in_the_end(
    database: DynamoDatabase, review: WriteReview, manage: ManageCatalog, mug: Product
) -> None:
    product_id, sku = mug.item.product_id, mug.variants[0].sku
    stock = ProjectStock(manage.reads, manage.writes, utc_now)
    request = NewReview(rating=5, text="Good.")
    turns = ((1, True), (2, False), (3, True))
    jobs: list[Callable[[], object]] = [
        *(lambda t=t: stock(sku, t[1], t[0]) for t in turns),
        *(lambda n=n: review(product_id, f"c-{n}", request) for n in range(3)),
        lambda: manage.edit(product_id, "*", ProductChange(name="Cup")),
    ]
    at_once(jobs)
    last = _told(database, mug)[-1]
    assert (last["name"], last["inStock"], last["ratingCount"]) == ("Cup", True, 3)
