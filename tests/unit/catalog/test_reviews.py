"""Reviews: one for each customer, the rating that they make, and how they are listed."""

import copy
from typing import Any

import pytest

from contracts.events.orders import EventLine, OrderCancelled, OrderConfirmed, OrderShipped
from functions.catalog import purchases
from functions.catalog.domain import rating_tenths
from functions.catalog.erasure import erase_review, reviews_by
from functions.catalog.reviews import REVIEWER_FORMAT, reviewer_key
from functions.shared.writes import Write
from tests.support.deliveries import sqs_batch
from tests.support.requests import CUSTOMER, Answer
from tests.unit.catalog.conftest import TABLE, Shelf

ROUTE = "/products/{productId}/reviews"
GOOD = {"rating": 5, "text": "Holds tea.\nAll of it."}


def _post(
    shelf: Shelf, body: object = GOOD, customer: str = CUSTOMER, product: str = "mug"
) -> Answer:
    claims = {"token_use": "access", "sub": customer}
    return shelf.call(f"POST {ROUTE}", path={"productId": product}, body=body, claims=claims)


def _list(shelf: Shelf, **query: str) -> Answer:
    return shelf.call(f"GET {ROUTE}", path={"productId": "mug"}, query=query or None)


def _lines(*products: str) -> tuple[EventLine, ...]:
    return tuple(
        EventLine(sku=p.upper(), product_id=p, variant_id="red", quantity=1, unit_price=5)
        for p in products
    )


def _confirmed(*products: str, order_id: str = "o-1", customer: str = CUSTOMER) -> OrderConfirmed:
    lines = _lines(*products)
    return OrderConfirmed(
        order_id=order_id, customer_id=customer, lines=lines, total=5, currency="EUR"
    )


def _cancelled(order_id: str = "o-1") -> OrderCancelled:
    return OrderCancelled(
        order_id=order_id,
        customer_id=CUSTOMER,
        reason="CancelledByCustomer",
        lines=_lines("mug", "jug"),
    )


def test_a_review_is_listed_and_counts(mug: Shelf) -> None:
    written = _post(mug)
    assert written.status == 201
    assert written.body == {
        "reviewId": written.body["reviewId"],
        "rating": 5,
        "text": "Holds tea.\nAll of it.",
        "createdAt": "2026-01-05T12:00:02Z",
        "verifiedPurchase": False,
    }
    listed = _list(mug)
    assert listed.body == {"rating": {"average": 5.0, "count": 1}, "reviews": [written.body]}
    assert listed.headers["cache-control"] == "public, max-age=60"
    assert CUSTOMER not in str(listed.body)
    assert mug.get().body["rating"] == {"average": 5.0, "count": 1}
    assert mug.events()[-1]["data"]["ratingTenths"] == 50
    assert mug.events()[-1]["metadata"]["aggregateVersion"] == 2


def test_the_same_review_again_gets_the_answer_of_the_first(mug: Shelf) -> None:
    first, second = _post(mug), _post(mug)
    assert (second.status, second.body) == (201, first.body)
    assert mug.item().rating_count == 1


def test_a_customer_reviews_a_product_once(mug: Shelf) -> None:
    _post(mug)
    before = copy.deepcopy(mug.database.tables)
    again = _post(mug, {**GOOD, "rating": 1})
    assert again.status == 409
    assert mug.database.tables == before
    assert _post(mug, {**GOOD, "rating": 1}, "customer-2").status == 201
    assert mug.item().rating_sum == 6


def test_who_loses_the_race_is_counted_on_top(mug: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    transact = mug.database.transact

    def overtaken(writes: list[Write]) -> None:
        monkeypatch.setattr(mug.database, "transact", transact)
        _post(mug, {**GOOD, "rating": 2}, "customer-2")
        transact(writes)

    monkeypatch.setattr(mug.database, "transact", overtaken)
    assert _post(mug).status == 201
    item = mug.item()
    assert (item.rating_sum, item.rating_count, item.version) == (7, 2, 3)
    assert [event["data"]["ratingCount"] for event in mug.events()] == [0, 1, 2]


def _of_the_first_format(shelf: Shelf) -> None:
    """Takes the author's item back to the form that it had before it stood in an index."""
    item = shelf.database.tables[TABLE][reviewer_key("mug", CUSTOMER)]
    for name in ("GSI1PK", "GSI1SK", "v"):
        del item[name]


def test_a_review_of_the_first_format_is_read_as_one_of_today(mug: Shelf) -> None:
    first = _post(mug)
    today = mug.database.item(TABLE, reviewer_key("mug", CUSTOMER))
    _of_the_first_format(mug)
    assert _post(mug).body == first.body
    assert _post(mug, {**GOOD, "rating": 1}).status == 409
    old = mug.database.item(TABLE, reviewer_key("mug", CUSTOMER))
    assert old is not None
    assert "GSI1PK" not in old
    assert REVIEWER_FORMAT.read(old) == today


def test_all_reviews_of_a_customer_are_found(mug: Shelf) -> None:
    mug.create("jug")
    for product in ("mug", "jug"):
        _post(mug, product=product)
        _post(mug, product=product, customer="another")
    found = reviews_by(mug.database, TABLE, CUSTOMER)
    assert {(each.product_id, each.review.stars) for each in found} == {("mug", 5), ("jug", 5)}
    listed = mug.call("GET /categories/{category}/products", path={"category": "kitchen"})
    assert {product["productId"] for product in listed.body["products"]} == {"mug", "jug"}


def test_an_erased_review_keeps_its_stars_and_cannot_be_written_again(mug: Shelf) -> None:
    written = _post(mug)
    for _ in range(2):
        (found,) = reviews_by(mug.database, TABLE, CUSTOMER)
        mug.database.transact(erase_review(TABLE, found))
    (found,) = reviews_by(mug.database, TABLE, CUSTOMER)
    assert found.erased
    assert _list(mug).body == {
        "rating": {"average": 5.0, "count": 1},
        "reviews": [{**written.body, "text": ""}],
    }
    assert _post(mug).status == 409
    assert "All of it." not in str(mug.database.tables)


@pytest.mark.parametrize(
    ("stars", "tenths"),
    [([], 0), ([5], 50), ([1], 10), ([4, 5], 45), ([5, 5, 4], 47), ([4, 3, 3], 33)],
)
def test_the_average_is_rounded_to_tenths(mug: Shelf, stars: list[int], tenths: int) -> None:
    for n, one in enumerate(stars):
        _post(mug, {**GOOD, "rating": one}, f"customer-{n}")
    assert rating_tenths(mug.item()) == tenths


def test_reviews_are_listed_newest_first_page_by_page(mug: Shelf) -> None:
    for n in range(43):
        _post(mug, {"rating": 1 + n % 5, "text": f"No. {n}"}, f"customer-{n}")
    texts: list[str] = []
    query: dict[str, str] = {}
    while True:
        page = _list(mug, **query)
        assert len(page.body["reviews"]) <= 20
        texts += [review["text"] for review in page.body["reviews"]]
        if "next" not in page.body:
            break
        query = {"cursor": page.body["next"]}
    assert texts == [f"No. {n}" for n in reversed(range(43))]
    mug.create("jug")
    other = mug.call(
        f"GET {ROUTE}", path={"productId": "jug"}, query={"cursor": _list(mug).body["next"]}
    )
    assert other.status == 400, "a cursor of another product's reviews"


def test_what_is_not_sold_has_no_reviews(mug: Shelf) -> None:
    assert _post(mug, product="jug").status == 404
    mug.manage.retire("mug")
    assert _post(mug).status == 404
    assert _list(mug).status == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**GOOD, "rating": 0}, "/rating"),
        ({**GOOD, "rating": 6}, "/rating"),
        ({**GOOD, "rating": -1}, "/rating"),
        ({**GOOD, "rating": 4.5}, "/rating"),
        ({**GOOD, "rating": "5"}, "/rating"),
        ({**GOOD, "rating": True}, "/rating"),
        ({"text": "x"}, "/rating"),
        ({"rating": 5}, "/text"),
        ({**GOOD, "text": " \n "}, "/text"),
        ({**GOOD, "text": "x" * 2001}, "/text"),
        ({**GOOD, "text": "a\x00b"}, "/text"),
        ({**GOOD, "text": "\x1b[31mred"}, "/text"),
        ({**GOOD, "text": ["x"]}, "/text"),
        ({**GOOD, "verifiedPurchase": True}, "/verifiedPurchase"),
        ({**GOOD, "customerId": "customer-2"}, "/customerId"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_counts(mug: Shelf, body: object, pointer: str) -> None:
    before = copy.deepcopy(mug.database.tables)
    refused = _post(mug, body)
    assert refused.status == 422
    assert pointer in [error["pointer"] for error in refused.body["errors"]]
    assert mug.database.tables == before


def test_who_is_not_logged_in_writes_no_review(mug: Shelf) -> None:
    refused = mug.call(f"POST {ROUTE}", path={"productId": "mug"}, body=GOOD, claims={})
    assert refused.status == 401


def test_a_buyers_review_is_marked(mug: Shelf) -> None:
    mug.purchases.confirmed(_confirmed("mug", "jug"))
    assert _post(mug).body["verifiedPurchase"] is True
    assert _post(mug, customer="customer-2").body["verifiedPurchase"] is False
    assert _list(mug).body["reviews"][1]["verifiedPurchase"] is True


def _verified(shelf: Shelf, *steps: Any) -> bool:
    for step in steps:
        if isinstance(step, OrderConfirmed):
            shelf.purchases.confirmed(step)
        else:
            shelf.purchases.cancelled(step)
    verified: bool = _post(shelf).body["verifiedPurchase"]
    return verified


ORDER, CANCEL = _confirmed("mug"), _cancelled()
SECOND = _confirmed("mug", order_id="o-2")


@pytest.mark.parametrize(
    ("steps", "verified"),
    [
        ([ORDER, ORDER], True),
        ([ORDER, CANCEL], False),
        ([CANCEL, ORDER], False),
        ([ORDER, CANCEL, ORDER, CANCEL], False),
        ([ORDER, SECOND, CANCEL, CANCEL], True),
        ([CANCEL, SECOND, ORDER, SECOND], True),
        ([_confirmed("jug")], False),
        ([_confirmed("mug-2")], False),
        ([_confirmed("mug", customer="customer-2")], False),
    ],
)
def test_purchases_stand_whatever_order_their_events_come_in(
    mug: Shelf, steps: list[Any], verified: bool
) -> None:
    assert _verified(mug, *steps) is verified


def test_the_batch_of_a_queue(mug: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purchases, "_purchases", lambda: mug.purchases)
    shipped = OrderShipped(order_id="o-1", customer_id=CUSTOMER)
    batch = sqs_batch((ORDER, 3), (SECOND, 3), (_cancelled("o-2"), 4), (shipped, 5))
    answer = purchases.handler(batch, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "message-3"}]}
    assert _post(mug).body["verifiedPurchase"] is True
