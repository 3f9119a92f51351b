"""PurgePages, on caches that only note what they are told, and on CloudFront's own answers."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from contracts.edge import product_pages
from functions.edge.invalidations import CloudFront
from functions.edge.purge_pages import MAX_PATHS, STALE_FOR, PurgePages
from functions.shared.errors import Throttled
from tests.support.products import CREATED, batch, delivered, failures, product

SOON = CREATED + timedelta(seconds=5)


class Caches:
    """Those of an edge."""

    def __init__(self, *, busy: bool = False) -> None:
        self.busy = busy
        self.purged: list[tuple[Sequence[str], str]] = []

    def purge(self, paths: Sequence[str], reference: str) -> None:
        """Notes it."""
        if self.busy:
            raise Throttled
        self.purged.append((paths, reference))


def purge(caches: Caches, *bodies: str, now: datetime = SOON) -> list[str]:
    return failures(PurgePages(caches, lambda: now)(batch(*bodies)))


def test_a_batch_is_one_purge_with_a_path_for_each_product() -> None:
    caches = Caches()
    changed = (delivered(product("b"), 7), delivered(product("a"), 1), delivered(product("b"), 8))
    assert purge(caches, *changed) == []
    ((paths, _),) = caches.purged
    assert paths == ["/api/products/a*", "/api/products/b*"]


@pytest.mark.parametrize(("products", "paths"), [(MAX_PATHS, MAX_PATHS), (MAX_PATHS + 1, 1)])
def test_many_products_are_one_path(products: int, paths: int) -> None:
    caches = Caches()
    purge(caches, *(delivered(product(f"p{n}"), 1) for n in range(products)))
    assert len(caches.purged[0][0]) == paths
    assert paths > 1 or caches.purged[0][0] == [product_pages()]


def test_a_batch_that_comes_again_is_the_same_purge() -> None:
    caches = Caches()
    one, other = delivered(product("a"), 1), delivered(product("b"), 1)
    purge(caches, one, other)
    purge(caches, other, one)
    purge(caches, one)
    first, again, another = (reference for _, reference in caches.purged)
    assert first == again != another


def test_only_what_is_no_product_goes_back() -> None:
    caches = Caches()
    assert purge(caches, "{}", delivered(product("a"), 1)) == ["0"]
    assert caches.purged[0][0] == ["/api/products/a*"]


def test_what_is_replayed_is_in_no_cache_any_more() -> None:
    caches = Caches()
    replayed = json.loads(delivered(product("a"), 1)) | {"replay-name": "yesterday"}
    assert purge(caches, json.dumps(replayed)) == []
    assert caches.purged == []


def test_what_is_refused_for_its_rate_comes_again_while_a_cache_may_have_it() -> None:
    changed = delivered(product("a"), 1)
    assert purge(Caches(busy=True), changed, now=CREATED + STALE_FOR) == ["0"]
    late = CREATED + STALE_FOR + timedelta(seconds=1)
    assert purge(Caches(busy=True), changed, now=late) == []


class Service:
    """CloudFront's client."""

    def __init__(self, code: str | None = None) -> None:
        self.code = code
        self.called: list[dict[str, Any]] = []

    def create_invalidation(self, **call: Any) -> None:
        """Answers as told."""
        self.called.append(call)
        if self.code:
            raise ClientError({"Error": {"Code": self.code}}, "CreateInvalidation")


def test_a_purge_is_an_invalidation_of_the_distribution() -> None:
    service = Service()
    CloudFront(lambda: service, "E1").purge(["/api/products/a*"], "reference")
    (call,) = service.called
    assert call["DistributionId"] == "E1"
    assert call["InvalidationBatch"] == {
        "Paths": {"Quantity": 1, "Items": ["/api/products/a*"]},
        "CallerReference": "reference",
    }


@pytest.mark.parametrize("code", ["TooManyInvalidationsInProgress", "Throttling"])
def test_too_many_purges_are_a_matter_of_time(code: str) -> None:
    with pytest.raises(Throttled):
        CloudFront(lambda: Service(code), "E1").purge(["/a"], "reference")


def test_any_other_refusal_needs_a_person() -> None:
    with pytest.raises(ClientError):
        CloudFront(lambda: Service("AccessDenied"), "E1").purge(["/a"], "reference")
