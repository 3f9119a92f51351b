"""A shopper's way with marked data: of what was written, only what is to hold a mark has one.

The embedded cloud writes down everything that it keeps: log groups, histories, queues, the bus's
archive, and each service's own data. All of it is searched, and the logs of every process.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from scripts.dev.seed_catalog import OUT_OF_STOCK_LINE
from scripts.kit.customer import Customer, call
from scripts.kit.endpoints import User
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY
from scripts.local.people import PASSWORD, add_person
from scripts.local.webhooks import SIGNING_SECRET
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, new_key, place, watch
from tests.e2e.test_refunds import until
from tests.e2e.test_replay import items, wait_until_quiet
from tests.support.emulator import wait_until

BEANS: Final = {"productId": "house-espresso-beans", "variantId": "250g"}
ADDRESS: Final = {
    "name": "Zqname Zqfamily",
    "line1": "Zqstreet 7",
    "line2": "Zqfloor",
    "city": "Zqtown",
    "postalCode": "ZQ12345",
    "country": "DE",
}
EMAIL: Final = "zqmail@example.com"
SEARCHED: Final = "zqsearched"
REVIEWED: Final = "Zqreviewed"
REASON: Final = "Zqreason"
CARD: Final = "pm_card_jcb"
"""No other test pays with it."""
MARKS: Final = (
    *("zqname", "zqfamily", "zqstreet", "zqfloor", "zqtown", "zq12345", "zqmail"),
    *(SEARCHED, REVIEWED.lower(), REASON.lower(), CARD),
)
HELD_BY: Final[Mapping[str, frozenset[str]]] = {
    "state/cloud/state/dynamodb.json": frozenset(MARKS) - {"zqmail", SEARCHED},
    "state/cloud/state/dynamodb_streams.json": frozenset(MARKS) - {"zqmail", SEARCHED},
    "state/cloud/state/cognito.json": frozenset({"zqmail"}),
    "state/cloud/state/ses.json": frozenset({"zqmail", "zqname", "zqfamily"}),
    "state/payments/payments.sqlite3": frozenset({CARD}),
    "state/payments/payments.sqlite3-wal": frozenset({CARD}),
}
"""File → the marks that it is there for: the tables, the user pool, the mailbox, the provider."""
ITEMS: Final = {
    "METADATA": {*MARKS} - {"zqmail", SEARCHED, REVIEWED.lower(), REASON.lower()},
    "REFUND#": {REASON.lower()},
    "REVIEW": {REVIEWED.lower(), "zqname", "zqfamily"},
}
"""Of the tables' items those whose sort key begins so, and the marks that they are there for."""


@pytest.fixture(scope="module")
def marked(shop: Shop) -> Customer:
    """A customer whose e-mail address is marked."""
    user = User(f"shopper-{new_key()}", PASSWORD, "customer")
    add_person(shop.clients, shop.endpoints.user_pool, user, EMAIL)
    return Customer(shop.endpoints, user)


@pytest.fixture(scope="module")
def order_id(shop: Shop, marked: Customer, grace: Customer) -> str:
    """An order of the whole way: searched, reviewed, bought, refunded in part, cancelled.

    Beside it what goes wrong: a declined card, goods that are not there, input that is refused.
    """
    order = body(shippingAddress=ADDRESS, paymentMethodId=CARD)
    for path in (f"/search?q={SEARCHED}", f"/search/suggest?q={SEARCHED}", f"/search?{SEARCHED}=1"):
        call(f"{shop.endpoints.api}{path}")
    assert marked.send("POST", "/cart/items", {**BEANS, "quantity": 2}).status == 200
    review = {"rating": 5, "text": f"{REVIEWED} by {ADDRESS['name']}"}
    assert marked.send("POST", "/products/house-espresso-beans/reviews", review).status == 201
    for wrong in (
        {**order, "paymentMethodId": f"{CARD} {CARD}"},
        {**order, "shippingAddress": {**ADDRESS, "name": "Zqname" * 100}},
        {**order, "shippingAddress": ADDRESS["name"]},
        {**order, ADDRESS["name"]: 1},
        json.dumps(order)[:-9].encode(),
    ):
        assert marked.send("POST", "/orders", wrong, Idempotency_Key=new_key()).status in (400, 422)
    placed = place(marked, order)
    declined = place(marked, {**order, "paymentMethodId": "pm_card_chargeDeclined"})
    product, variant = OUT_OF_STOCK_LINE
    line = {"productId": product, "variantId": variant, "quantity": 1}
    absent = place(marked, {**order, "items": [line]})
    assert [watch(marked, one).body["orderStatus"] for one in (placed, declined, absent)] == [
        "CONFIRMED",
        "REJECTED",
        "REJECTED",
    ]
    refund = {"lines": [{**BEANS, "quantity": 1}], "restock": True, "reason": REASON}
    asked = grace.send("POST", f"/orders/{placed}/refunds", refund, Idempotency_Key=new_key())
    assert asked.status == 202, asked
    until(shop, placed, lambda last: not last.saga_open)
    assert marked.post(f"/orders/{placed}/cancel").status == 202
    wait_until(lambda: marked.get(f"/orders/{placed}").body["status"] == "CANCELLED", "its end")
    assert marked.get(f"/orders/{placed}").body["shippingAddress"]["name"] == ADDRESS["name"]
    return placed


class Written(dict[str, bytes]):
    """Files by name; shown in a failed test without what they hold."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


@pytest.fixture(scope="module")
def written(shop: Shop, order_id: str) -> Written:
    """Every file of the platform after that, in lower case.

    Not the packages and what is unpacked of them, and not the engine's own files, which are
    compressed: what it indexes are products.
    """
    wait_until_quiet(shop)
    shop.platform.save()
    return Written((name, file.read_bytes().lower()) for name, file in _files(shop.platform.folder))


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder)
        if not file.is_file() or file.suffix == ".zip" or "tmp" in name.parts:
            continue
        if name.parts[:2] not in (("state", "search"),) and "s3" not in name.parts:
            yield str(name), file


def test_what_is_searched_is_what_was_written(written: Written, order_id: str) -> None:
    """Else nothing would be found in it."""
    for service in ("cloudwatch_logs", "dynamodb", "eventbridge", "ses", "sqs", "stepfunctions"):
        assert order_id.encode() in written[f"state/cloud/state/{service}.json"], service
    assert {"logs/cloud.log", "logs/payments.log", "logs/search.log"} <= set(written)
    held = {mark for name in HELD_BY for mark in MARKS if mark.encode() in written.get(name, b"")}
    assert held == {*MARKS} - {SEARCHED}


def test_no_file_holds_a_mark_that_it_is_not_there_for(written: Written) -> None:
    leaks = {
        f"{name}: {mark}: ...{_around(content, mark)}..."
        for name, content in written.items()
        for mark in MARKS
        if mark.encode() in content and mark not in HELD_BY.get(name, ())
    }
    assert not leaks


def test_of_the_tables_only_orders_refunds_and_reviews_hold_one(shop: Shop, order_id: str) -> None:
    """So no event does: each is an item of its own, written with the change it tells of."""
    leaks = set()
    for table in shop.endpoints.tables:
        for item in items(shop, table):
            text = json.dumps(item).lower()
            for mark in MARKS:
                if mark in text and not any(
                    item["SK"].startswith(kind) and mark in marks for kind, marks in ITEMS.items()
                ):
                    leaks.add(f"{table} {item['PK']} {item['SK']}: {mark}")
    assert not leaks


def test_no_file_holds_a_secret_that_it_is_not_there_for(
    shop: Shop, written: Written, marked: Customer
) -> None:
    secrets: dict[str, set[str]] = {
        DEFAULT_API_KEY: {"state/cloud/state/secretsmanager.json"},
        SIGNING_SECRET: {"state/cloud/state/secretsmanager.json", "state/payments/"},
        _cursor_key(shop): {"state/cloud/state/secretsmanager.json"},
        PASSWORD: {"state/cloud/state/cognito.json", "endpoints.json"},
        marked.token.rpartition(".")[2]: set(),
    }
    leaks = {
        f"{name}: {secret[:6]}...: ...{_around(content, secret.lower())}..."
        for secret, holders in secrets.items()
        for name, content in written.items()
        if secret.lower().encode() in content and not any(name.startswith(h) for h in holders)
    }
    assert not leaks


def _cursor_key(shop: Shop) -> str:
    answer = shop.clients.secrets.get_secret_value(SecretId="commerce/local/cursors")
    key: str = json.loads(answer["SecretString"])["key"]
    return key


def _around(content: bytes, word: str) -> str:
    found = re.search(b".{0,160}" + re.escape(word.encode()) + b".{0,80}", content)
    return found[0].decode(errors="replace") if found else ""
