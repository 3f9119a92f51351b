"""An order whose address was erased: read by everybody, and brought back by nobody."""

import contextlib
from typing import Any

import pytest

from contracts.errors import BusinessError
from contracts.orders_api import RefundRequest
from contracts.tasks import TaskInput
from functions.checkout.refund_order import RefundOrder
from functions.orders import api
from functions.orders.erasure import StillNeeded, erase_order, erase_refund, needed_for
from functions.orders.refunds import read_refunds
from functions.orders.shipping import ShipOrder
from functions.orders.store import order_key
from functions.shared.errors import TechnicalError
from functions.shared.writes import Item
from tests.support.fake_executions import FakeExecutions
from tests.support.requests import answer, http_event
from tests.support.shop import ADDRESS, ORDERS, Shop, new_order

ORDER = "00000000-0000-4000-8000-000000000001"
TASKS = ("charge", "reserve", "confirm", "send", "reject", "release", "refund")
REASON = "Ada did not like it"


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock("MUG", 10)
    shop.database.transact(shop.orders.place(new_order(ORDER, shop.now(), ("MUG", 2))))
    return shop


def confirm(shop: Shop) -> None:
    shop.run_all(ORDER, "charge", "reserve", "confirm", "send")


def refund(shop: Shop) -> str:
    request = RefundRequest.model_validate({"amount": 100, "reason": REASON})
    ask = RefundOrder(shop.database, ORDERS, FakeExecutions(), shop.now)
    return ask(ORDER, "key", request, "boss").refund_id


def ship(shop: Shop) -> None:
    ShipOrder(shop.database, ORDERS, shop.now)(ORDER)


def why(shop: Shop) -> str | None:
    order = shop.order(ORDER)
    return needed_for(order, read_refunds(shop.database, ORDERS, order))


def erase(shop: Shop) -> Item:
    shop.database.write(erase_order(ORDERS, ORDER))
    return stored(shop)


def stored(shop: Shop) -> Item:
    return shop.database.tables[ORDERS][order_key(ORDER)]


def told(shop: Shop, item: object) -> list[str]:
    """What of the address an item still tells."""
    return [value for value in ADDRESS.values() if len(value) > 2 and value in str(item)]


def test_an_order_is_needed_until_it_is_done_with(shop: Shop) -> None:
    assert why(shop) == "it is PENDING, and its saga has not ended"
    with pytest.raises(StillNeeded):
        erase(shop)
    confirm(shop)
    assert why(shop) == "it has not been shipped"
    with pytest.raises(StillNeeded):
        erase(shop)
    refund_id = refund(shop)
    assert why(shop) == "a refund of it has not ended"
    for task in ("issue", "restock"):
        shop.task(task)(TaskInput(orderId=ORDER, refundId=refund_id))
    ship(shop)
    assert why(shop) is None
    assert told(shop, stored(shop))
    assert told(shop, erase(shop)) == []


def test_a_rejected_order_is_done_with(shop: Shop) -> None:
    shop.run_all(ORDER, "charge", "reject", "release", "refund")
    assert why(shop) is None
    assert "address" not in erase(shop)


def test_an_operators_words_go_with_a_refund_that_has_ended(shop: Shop) -> None:
    confirm(shop)
    refund_id = refund(shop)
    (open_one,) = read_refunds(shop.database, ORDERS, shop.order(ORDER))
    with pytest.raises(StillNeeded):
        shop.database.write(erase_refund(ORDERS, open_one))
    for task in ("issue", "restock"):
        shop.task(task)(TaskInput(orderId=ORDER, refundId=refund_id))
    shop.database.write(erase_refund(ORDERS, open_one))
    (refunded,) = read_refunds(shop.database, ORDERS, shop.order(ORDER))
    assert (refunded.reason, refunded.fingerprint) == (None, "")
    assert (refunded.amount, refunded.requested_by) == (100, "boss")
    assert REASON not in str(shop.database.tables)


@pytest.fixture
def erased(shop: Shop) -> Shop:
    confirm(shop)
    ship(shop)
    erase(shop)
    return shop


def test_erasing_twice_is_erasing_once(erased: Shop) -> None:
    before = dict(stored(erased))
    assert erase(erased) == before


@pytest.mark.parametrize("task", TASKS)
def test_no_late_task_brings_it_back_or_changes_the_order(erased: Shop, task: str) -> None:
    before, mails = dict(stored(erased)), len(erased.mailbox.sent)
    with contextlib.suppress(BusinessError, TechnicalError):
        erased.run(task, ORDER)
    assert (stored(erased), len(erased.mailbox.sent)) == (before, mails)


def test_placing_it_again_does_not_bring_it_back(erased: Shop) -> None:
    again = erased.orders.place(new_order(ORDER, erased.now(), ("MUG", 2)))
    with pytest.raises(Exception, match=f"order {ORDER} exists"):
        erased.database.transact(again)
    assert erased.order(ORDER).fingerprint == "", "so that a repeated request is another one"
    assert "address" not in stored(erased)


@pytest.mark.parametrize("route", ["/orders/{orderId}", "/orders/{orderId}/execution"])
def test_it_is_shown_without_its_address(
    erased: Shop, route: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORDERS_TABLE", ORDERS)
    monkeypatch.setattr(api, "_database", erased.database)
    event: Any = http_event(f"GET {route}", path={"orderId": ORDER})
    got = answer(api.handler(event, None))
    assert (got.status, got.body["orderId"]) == (200, ORDER)
    assert "shippingAddress" not in got.body


def test_a_confirmation_does_without_a_name(shop: Shop) -> None:
    """Nobody writes such an item: an order that is still to be confirmed keeps its address."""
    shop.run_all(ORDER, "charge", "reserve", "confirm")
    del shop.database.tables[ORDERS][order_key(ORDER)]["address"]
    shop.run("send", ORDER)
    ((_, message),) = shop.mailbox.sent
    assert message.text.startswith("Hello there,")
