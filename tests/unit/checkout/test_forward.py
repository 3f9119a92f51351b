"""The saga's forward tasks, attempt by attempt."""

import pytest

from contracts.errors import (
    CaptureDeclined,
    OrderClosed,
    OutOfStock,
    PaymentDeclined,
    ReservationExpired,
)
from functions.inventory.domain import ReservationState
from functions.inventory.items import reservation_key
from functions.notifications.mailer import NotSent, Undeliverable
from functions.orders.domain import OrderStatus
from functions.orders.store import order_key
from functions.payments.gateway import GatewayAmbiguous, IntentStatus
from functions.payments.ledger import PaymentState
from tests.support.fake_gateway import DECLINED_CARD, UNKNOWN_CARD
from tests.support.shop import INVENTORY, ORDERS, Shop

FORWARD = ("charge", "reserve", "confirm", "send")


def test_happy_path_charges_once_takes_stock_and_mails_once(shop: Shop) -> None:
    order_id = shop.place(("MUG", 2), ("LAMP", 1))
    shop.run_all(order_id, *FORWARD)

    order, payment = shop.order(order_id), shop.payment(order_id)
    assert order.status is OrderStatus.CONFIRMED
    assert not order.saga_open
    assert list(order.steps) == [
        "ChargePayment",
        "ReserveInventory",
        "ConfirmOrder",
        "SendConfirmation",
    ]
    assert payment is not None
    assert (payment.state, payment.captured) == (PaymentState.CAPTURED, 3000)
    assert (shop.available("MUG"), shop.available("LAMP")) == (8, 1)
    assert [address for address, _ in shop.mailbox.sent] == ["ada@example.com"]
    assert shop.events(order_id) == {
        "OrderPlaced",
        "PaymentAuthorized",
        "InventoryReserved",
        "OrderConfirmed",
    }


def test_every_task_delivered_twice_changes_nothing_more(shop: Shop) -> None:
    order_id = shop.place(("MUG", 2))
    shop.run_all(order_id, "charge", "charge", "reserve", "reserve", "confirm", "confirm")
    shop.run_all(order_id, "send", "send")

    assert shop.available("MUG") == 8
    assert [call for call, _ in shop.gateway.calls] == ["create", "confirm", "capture"]
    assert len(shop.mailbox.sent) == 1


def test_nothing_is_charged_before_the_order_is_locked(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    assert shop.gateway.intents[f"pi_{order_id}"].amount_received == 0


def test_declined_card_is_told_again_by_every_attempt(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1), card=DECLINED_CARD)
    for _ in range(2):
        with pytest.raises(PaymentDeclined, match=r"^generic_decline$"):
            shop.run("charge", order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.state is PaymentState.DECLINED


def test_card_that_does_not_exist_is_declined(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1), card=UNKNOWN_CARD)
    with pytest.raises(PaymentDeclined, match="resource_missing"):
        shop.run("charge", order_id)
    shop.run_all(order_id, "reject", "release", "refund")
    assert not shop.order(order_id).saga_open


def test_decline_whose_answer_was_lost_is_found_by_the_retry(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1), card=DECLINED_CARD)
    shop.gateway.fail("confirm", "after")
    with pytest.raises(GatewayAmbiguous):
        shop.run("charge", order_id)
    with pytest.raises(PaymentDeclined, match="generic_decline"):
        shop.run("charge", order_id)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("call", ["create", "confirm"])
def test_lost_answer_of_the_provider_never_authorises_twice(
    shop: Shop, call: str, when: str
) -> None:
    order_id = shop.place(("MUG", 1))
    shop.gateway.fail(call, "before" if when == "before" else "after")
    with pytest.raises(GatewayAmbiguous):
        shop.run("charge", order_id)
    shop.run("charge", order_id)

    assert [i.status for i in shop.gateway.intents.values()] == [IntentStatus.REQUIRES_CAPTURE]
    confirms = [key for call, key in shop.gateway.calls if call == "confirm"]
    assert len(set(confirms)) == len(confirms), "a stored failure would be repeated"


def test_charge_stores_the_intent_before_the_card_is_confirmed(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.gateway.fail("confirm", "before")
    with pytest.raises(GatewayAmbiguous):
        shop.run("charge", order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.intent_id == f"pi_{order_id}"
    assert payment.state is PaymentState.CREATED


@pytest.mark.parametrize("task", ["charge", "reserve", "confirm"])
def test_late_step_of_a_closed_order_is_refused(shop: Shop, task: str) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, *FORWARD[: FORWARD.index(task)])
    shop.database.tables[ORDERS][order_key(order_id)]["status"] = "CANCELLED"
    with pytest.raises(OrderClosed):
        shop.run(task, order_id)
    assert shop.gateway.intents.get("pi") is None
    assert all(i.amount_received == 0 for i in shop.gateway.intents.values())


def test_out_of_stock_names_every_short_sku_and_takes_nothing(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1), ("LAMP", 3), ("VASE", 1))
    with pytest.raises(OutOfStock, match=r"^LAMP VASE$"):
        shop.run("reserve", order_id)
    assert (shop.available("MUG"), shop.available("LAMP")) == (10, 2)
    assert shop.reservation(order_id) is None


def test_lines_of_one_sku_are_reserved_together(shop: Shop) -> None:
    order_id = shop.place(("LAMP", 1), ("LAMP", 1))
    shop.run("reserve", order_id)
    assert shop.available("LAMP") == 0


def test_line_is_served_from_several_shards_before_it_is_out_of_stock(shop: Shop) -> None:
    shop.stock("BOOK", 2, 3, 0, 1)
    first, second = shop.place(("BOOK", 6)), shop.place(("BOOK", 1))
    shop.run("reserve", first)
    assert shop.available("BOOK") == 0
    with pytest.raises(OutOfStock, match="BOOK"):
        shop.run("reserve", second)


def test_released_reservation_is_not_taken_again(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    shop.database.tables[INVENTORY][reservation_key(order_id)]["state"] = "RELEASED"
    with pytest.raises(ReservationExpired):
        shop.run("reserve", order_id)
    with pytest.raises(ReservationExpired):
        shop.run("confirm", order_id)
    assert shop.order(order_id).status is OrderStatus.PENDING
    assert shop.gateway.intents[f"pi_{order_id}"].amount_received == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answer_of_the_capture_goes_forward(shop: Shop, when: str) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    shop.gateway.fail("capture", "before" if when == "before" else "after")
    with pytest.raises(GatewayAmbiguous):
        shop.run("confirm", order_id)
    assert shop.order(order_id).status is OrderStatus.CONFIRMING
    shop.run("confirm", order_id)

    reservation = shop.reservation(order_id)
    assert shop.order(order_id).status is OrderStatus.CONFIRMED
    assert reservation is not None
    assert reservation.state is ReservationState.COMMITTED
    captures = [key for call, key in shop.gateway.calls if call == "capture"]
    assert captures in (
        [f"{order_id}:capture:1"],
        [f"{order_id}:capture:1", f"{order_id}:capture:2"],
    )


def test_dropped_authorisation_declines_the_capture_for_every_attempt(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve")
    shop.gateway.drop_authorisation(f"pi_{order_id}")
    for _ in range(2):
        with pytest.raises(CaptureDeclined):
            shop.run("confirm", order_id)
    payment = shop.payment(order_id)
    assert payment is not None
    assert payment.state is PaymentState.CAPTURE_DECLINED


def test_refused_address_ends_undeliverable_and_the_saga_with_it(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.mailbox.refusal = Undeliverable("MessageRejected")
    shop.run("send", order_id)
    email = shop.email(order_id)
    assert email is not None
    assert email["state"] == "UNDELIVERABLE"
    assert not shop.order(order_id).saga_open


def test_customer_without_address_ends_undeliverable(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.mailbox.addresses.clear()
    shop.run("send", order_id)
    email = shop.email(order_id)
    assert email is not None
    assert email["state"] == "UNDELIVERABLE"


def test_throttled_mail_is_sent_by_the_retry(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.mailbox.refusal = NotSent("TooManyRequestsException")
    with pytest.raises(NotSent):
        shop.run("send", order_id)
    shop.run("send", order_id)
    assert len(shop.mailbox.sent) == 1


def test_mail_whose_sending_is_unknown_is_never_sent_again(shop: Shop) -> None:
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.mailbox.refusal = TimeoutError()
    with pytest.raises(TimeoutError):
        shop.run("send", order_id)
    shop.run_all(order_id, "send", "send")
    email = shop.email(order_id)
    assert email is not None
    assert email["state"] == "UNKNOWN"
    assert shop.mailbox.sent == []
    assert not shop.order(order_id).saga_open
