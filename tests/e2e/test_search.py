"""Search on the deployed shop: a change of the catalog is found, an engine that is away is told."""

import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from scripts.kit.customer import Answer, Customer, call
from scripts.kit.parked import ParkedQueue, ParkedQueues
from scripts.local import processes
from tests.e2e.conftest import Shop
from tests.e2e.orders import EVENTS_PATIENCE
from tests.e2e.test_settlement import invoke
from tests.support.emulator import wait_until

PRODUCT = "knitted-bear"


@pytest.fixture(scope="module")
def operator(shop: Shop) -> Customer:
    return Customer(shop.endpoints, shop.endpoints.user("operator"))


def search(shop: Shop, **query: str) -> Answer:
    return call(f"{shop.endpoints.api}/search?{urllib.parse.urlencode(query)}")


def found(shop: Shop, **query: str) -> list[str]:
    answer = search(shop, **query)
    return [hit["productId"] for hit in answer.body["hits"]] if answer.status == 200 else []


def rename(shop: Shop, operator: Customer, name: str) -> None:
    page = f"{shop.endpoints.api}/products/{PRODUCT}"
    known = {"If-Match": call(page).headers["etag"]}
    bearer = {"Authorization": f"Bearer {operator.token}"}
    answer = call(page, "PATCH", {"name": name}, known | bearer)
    assert answer.status == 200, answer


def test_the_seed_is_found_over_http(shop: Shop) -> None:
    wait_until(lambda: search(shop, q="espreso beans").status == 200, "a page")
    page = search(shop, q="espreso beans").body
    assert page["hits"][0]["productId"] == "house-espresso-beans"
    assert {one["category"] for one in page["facets"]["categories"]} >= {"kitchen"}
    suggested = call(f"{shop.endpoints.api}/search/suggest?q=knit").body["suggestions"]
    assert [one["productId"] for one in suggested] == [PRODUCT]


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        ("q", "x" * 10_000),
        ("q", "a\x01b"),
        ("page", "1000000000"),
        ("sort", "cheapest"),
        ("cursor", "forged"),
    ],
)
def test_bad_input_is_named(shop: Shop, parameter: str, text: str) -> None:
    answer = search(shop, **{parameter: text})
    assert answer.status == 400
    assert answer.body["errors"][0]["parameter"] == parameter


def test_a_change_is_found_soon(shop: Shop, operator: Customer) -> None:
    rename(shop, operator, "Knitted Walrus")
    wait_until(lambda: found(shop, q="walrus") == [PRODUCT], "the new name to be found")


def test_an_engine_that_is_away_is_told_and_catches_up_by_itself(
    shop: Shop, operator: Customer
) -> None:
    record = shop.platform.record("search")
    assert record is not None
    assert processes.stop(record, 60.0)
    away = search(shop, q="bear")
    assert (away.status, away.headers["retry-after"]) == (503, "5")
    with receives_soon(shop):
        rename(shop, operator, "Knitted Narwhal")
        wait_until(lambda: parked(shop).depth, "the change to be parked", seconds=EVENTS_PATIENCE)
    shop.platform.start(lambda _: None)
    invoke(shop, "RedriveParked")
    wait_until(lambda: found(shop, q="narwhal") == [PRODUCT], "the index to catch up")
    assert parked(shop).depth == 0


@contextmanager
def receives_soon(shop: Shop) -> Iterator[None]:
    """What could not be handled is received again at once, not minutes later."""
    sqs = shop.clients.sqs
    url = sqs.get_queue_url(QueueName="commerce-local-IndexProducts")["QueueUrl"]
    name: Any = "VisibilityTimeout"
    before = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={name: "1"})
    yield
    sqs.set_queue_attributes(QueueUrl=url, Attributes={name: before[name]})


def parked(shop: Shop) -> ParkedQueue:
    """What IndexProducts could not handle."""
    queues = ParkedQueues(shop.endpoints, shop.clients).all()
    return next(queue for queue in queues if queue.name == "IndexProducts")
