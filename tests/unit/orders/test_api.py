"""The orders API, through its handler, on stores in memory."""

from collections.abc import Mapping
from typing import Any

import pytest

from contracts.orders_api import RefundRequest
from functions.checkout.refund_order import RefundOrder
from functions.orders import api
from functions.orders.store import order_key
from functions.shared.dynamodb import Page
from functions.shared.writes import Key
from tests.support.fake_executions import FakeExecutions
from tests.support.memory import MemoryDatabase
from tests.support.requests import CUSTOMER, Answer, answer, http_event
from tests.support.shop import ORDERS, Shop


class IndexedDatabase:
    """The shop's database, and the index of a customer's orders."""

    def __init__(self, database: MemoryDatabase) -> None:
        self._database = database
        self.read = database.read

    def query_index(
        self, table: str, index: str, partition: str, limit: int, after: Mapping[str, str] | None
    ) -> Page:
        """One page of GSI1, newest first."""
        rows = sorted(
            (
                (i["GSI1SK"], k)
                for k, i in self._database.tables.get(table, {}).items()
                if i.get("GSI1PK") == partition
            ),
            reverse=True,
        )
        rows = [row for row in rows if after is None or row[0] < after["GSI1SK"]]
        page = rows[:limit]
        last = {"GSI1SK": page[-1][0]} if len(rows) > limit else None
        return Page(tuple(Key(*key) for _, key in page), last)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Shop:
    shop = Shop()
    shop.stock("MUG", 100)
    monkeypatch.setenv("ORDERS_TABLE", ORDERS)
    monkeypatch.setattr(api, "_database", IndexedDatabase(shop.database))
    monkeypatch.setattr(api, "_cursor_secret", lambda: lambda: "key")
    return shop


def get(route: str, order_id: str = "", **kwargs: Any) -> Answer:
    event = http_event(f"GET {route}", path={"orderId": order_id}, **kwargs)
    return answer(api.handler(event, None))


def placed(shop: Shop) -> str:
    """An order whose id is a UUID, as ids of placed orders are."""
    first = shop.place(("MUG", 1))
    order_id = f"00000000-0000-4000-8000-{len(shop.database.tables[ORDERS]):012d}"
    table = shop.database.tables[ORDERS]
    item = table.pop(order_key(first))
    item["GSI1SK"] = item["GSI1SK"].replace(first, order_id)
    table[order_key(order_id)] = item
    return order_id


def test_order_as_its_customer_sees_it(shop: Shop) -> None:
    order_id = placed(shop)
    got = get("/orders/{orderId}", order_id)
    assert got.status == 200
    assert got.body["orderId"] == order_id
    assert got.body["total"] == {"amount": 1000, "currency": "EUR"}
    assert got.body["shippingAddress"]["postalCode"] == "10115"
    assert "customerId" not in got.body
    assert got.headers["retry-after"] == "1"


def test_confirming_is_shown_as_pending(shop: Shop) -> None:
    order_id = placed(shop)
    shop.database.tables[ORDERS][order_key(order_id)]["status"] = "CONFIRMING"
    assert get("/orders/{orderId}", order_id).body["status"] == "PENDING"


@pytest.mark.parametrize("route", ["/orders/{orderId}", "/orders/{orderId}/execution"])
@pytest.mark.parametrize("claims", [{"token_use": "access", "sub": "customer-2"}])
def test_strangers_order_does_not_exist(shop: Shop, route: str, claims: dict[str, str]) -> None:
    order_id = placed(shop)
    assert get(route, order_id, claims=claims).status == 404


@pytest.mark.parametrize("order_id", ["nonsense", "00000000-0000-4000-8000-00000000ffff", "A" * 36])
def test_unknown_order(shop: Shop, order_id: str) -> None:
    got = get("/orders/{orderId}", order_id)
    assert got.status == 404
    assert got.headers["content-type"] == "application/problem+json"


def test_execution_runs_until_the_saga_ends(shop: Shop) -> None:
    order_id = placed(shop)
    states = [get("/orders/{orderId}/execution", order_id).body["currentState"]]
    for task in ("charge", "reserve", "confirm"):
        shop.run(task, order_id)
        states.append(get("/orders/{orderId}/execution", order_id).body["currentState"])
    shop.run("send", order_id)
    ended = get("/orders/{orderId}/execution", order_id)

    expected = ["ChargePayment", "ReserveInventory", "ConfirmOrder", "SendConfirmation"]
    assert states == expected
    assert (ended.body["status"], ended.body["orderStatus"]) == ("SUCCEEDED", "CONFIRMED")
    assert [step["state"] for step in ended.body["steps"]] == expected
    assert "retry-after" not in ended.headers


def test_execution_of_a_rejected_order_shows_the_way_back(shop: Shop) -> None:
    order_id = placed(shop)
    shop.run_all(order_id, "charge", "reject")
    got = get("/orders/{orderId}/execution", order_id).body
    assert (got["status"], got["currentState"]) == ("RUNNING", "ReleaseInventory")


def test_unchanged_order_is_not_sent_again(shop: Shop) -> None:
    order_id = placed(shop)
    first = get("/orders/{orderId}/execution", order_id)
    tag = {"If-None-Match": first.headers["etag"]}
    again = get("/orders/{orderId}/execution", order_id, headers=tag)
    assert (again.status, again.body) == (304, None)
    assert again.headers["etag"] == first.headers["etag"]
    shop.run("charge", order_id)
    assert get("/orders/{orderId}/execution", order_id, headers=tag).status == 200


def test_own_orders_newest_first_page_by_page(shop: Shop) -> None:
    ids = [placed(shop) for _ in range(45)]
    seen: list[str] = []
    query: dict[str, str] | None = None
    for expected in (20, 20, 5):
        page = get("/orders", query=query).body
        assert len(page["orders"]) == expected
        seen += [order["orderId"] for order in page["orders"]]
        query = {"cursor": page.get("next", "")}
    assert seen == ids[::-1]
    assert query == {"cursor": ""}


def test_orders_of_others_are_not_listed(shop: Shop) -> None:
    placed(shop)
    stranger = {"token_use": "access", "sub": "customer-2"}
    assert get("/orders", claims=stranger).body == {"orders": []}


def test_cursor_of_somebody_else_or_tampered_is_refused(shop: Shop) -> None:
    for _ in range(21):
        placed(shop)
    cursor = get("/orders").body["next"]
    stranger = {"token_use": "access", "sub": "customer-2"}
    assert get("/orders", query={"cursor": cursor}, claims=stranger).status == 400
    for wrong in (cursor[:-4] + "AAAA", "x", "%%%", cursor[4:]):
        refused = get("/orders", query={"cursor": wrong})
        assert refused.status == 400
        assert refused.body["errors"][0]["parameter"] == "cursor"


def test_unknown_route_is_a_problem(shop: Shop) -> None:
    event = http_event("GET /orders/{orderId}", path={"orderId": "a/b/c"})
    assert answer(api.handler(event, None)).status == 404
    assert CUSTOMER


def refunded(shop: Shop) -> tuple[str, str]:
    """A confirmed order and the refund of a part of it."""
    order_id = placed(shop)
    shop.run_all(order_id, "charge", "reserve", "confirm", "send")
    refund = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    request = RefundRequest.model_validate({"amount": 300, "reason": "a scratch"})
    return order_id, refund(order_id, "key", request, "boss").refund_id


@pytest.mark.parametrize("who", [CUSTOMER, "boss"])
def test_refunds_are_shown_to_their_customer_and_to_operators(shop: Shop, who: str) -> None:
    order_id, refund_id = refunded(shop)
    groups = "[operator]" if who == "boss" else "[customer]"
    claims = {"token_use": "access", "sub": who, "cognito:groups": groups}
    path = {"orderId": order_id, "refundId": refund_id}
    event = http_event("GET /orders/{orderId}/refunds/{refundId}", path=path, claims=claims)
    got = answer(api.handler(event, None))
    assert got.status == 200
    assert got.headers["retry-after"] == "1"
    assert (got.body["refundId"], got.body["status"]) == (refund_id, "PENDING")
    assert got.body["amount"] == {"amount": 300, "currency": "EUR"}
    whole = answer(api.handler(http_event("GET /orders/{orderId}", path=path, claims=claims), None))
    assert whole.body["refunds"] == [got.body]


@pytest.mark.parametrize("field", ["orderId", "refundId", "sub"])
def test_refund_that_is_not_there_or_not_the_callers(shop: Shop, field: str) -> None:
    order_id, refund_id = refunded(shop)
    about = {"orderId": order_id, "refundId": refund_id, "sub": CUSTOMER}
    about[field] = "00000000-0000-4000-8000-00000000ffff"
    claims = {"token_use": "access", "sub": about.pop("sub"), "cognito:groups": "[customer]"}
    event = http_event("GET /orders/{orderId}/refunds/{refundId}", path=about, claims=claims)
    assert answer(api.handler(event, None)).status == 404
