"""AuditOrder: an order that has ended is judged twice; one in breach goes back to the queue."""

import json
from dataclasses import replace
from typing import Any

import pytest

from functions.checkout import audit_order
from functions.checkout.audit_order import AccountReader, AuditOrder, ProviderCharges
from functions.checkout.invariants import Charge, Promise
from functions.inventory.items import reservation_key
from functions.orders.store import order_key
from functions.payments.gateway import GatewayRefused, IntentStatus
from functions.payments.ledger import ledger_key
from functions.shared.errors import Inconsistent
from tests.support.shop import INVENTORY, ORDERS, Shop

FORWARD = ("charge", "reserve", "confirm", "send")


def auditor(shop: Shop) -> AuditOrder:
    """The audit of a shop."""
    reader = AccountReader(shop.database, ORDERS, INVENTORY)
    return AuditOrder(reader, ProviderCharges(shop.gateway))


def confirmed(shop: Shop) -> str:
    """An order that has ended CONFIRMED."""
    order_id = shop.place(("MUG", 2))
    shop.run_all(order_id, *FORWARD)
    return order_id


def test_an_order_as_it_should_be_has_no_breach(shop: Shop) -> None:
    assert auditor(shop)(confirmed(shop)) == []


def test_an_order_whose_saga_is_open_is_not_judged(shop: Shop) -> None:
    order_id = shop.place(("MUG", 2))
    shop.run_all(order_id, "charge", "reserve", "confirm")
    shop.database.tables[ORDERS].pop(ledger_key(order_id))
    assert auditor(shop)(order_id) == []


def test_money_that_the_provider_lacks_is_a_breach(shop: Shop) -> None:
    order_id = confirmed(shop)
    (intent,) = shop.gateway.intents.values()
    shop.gateway.intents[intent.id] = replace(intent, amount_received=1)
    assert Promise.MONEY in {breach.promise for breach in auditor(shop)(order_id)}


def test_goods_that_are_not_taken_are_a_breach(shop: Shop) -> None:
    order_id = confirmed(shop)
    shop.database.tables[INVENTORY].pop(reservation_key(order_id))
    (breach,) = auditor(shop)(order_id)
    assert (breach.promise, breach.words) == (Promise.STOCK, "its reservation is None")


def test_what_a_second_reading_does_not_find_is_no_breach(shop: Shop) -> None:
    order_id = confirmed(shop)
    sound = Charge("pi_" + order_id, "succeeded", 0, 2000, 0)
    answers = [(replace(sound, refunded=2000),), (sound,)]
    reader = AccountReader(shop.database, ORDERS, INVENTORY)
    assert AuditOrder(reader, lambda _: answers.pop(0))(order_id) == []
    assert answers == []


def test_an_intent_that_the_provider_does_not_know_has_no_charges(shop: Shop) -> None:
    class Forgetful:
        code = "resource_missing"

        def retrieve_intent(self, intent_id: str) -> None:
            raise GatewayRefused(self.code, intent_id=intent_id)

    gateway: Any = Forgetful()
    assert ProviderCharges(gateway)("pi_1") == ()
    gateway.code = "payment_intent_unexpected_state"
    with pytest.raises(GatewayRefused):
        ProviderCharges(gateway)("pi_1")


def test_refunds_that_live_lower_what_was_taken(shop: Shop) -> None:
    order_id = confirmed(shop)
    (intent,) = shop.gateway.intents.values()
    shop.gateway.refund_intent(intent.id, 500, idempotency_key="k", reference="r")
    assert ProviderCharges(shop.gateway)(intent.id) == (
        Charge(intent.id, IntentStatus.SUCCEEDED, 0, intent.amount, 500),
    )
    assert auditor(shop)(order_id)


def test_the_queue_keeps_what_is_in_breach_or_cannot_be_judged(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, broken = confirmed(shop), confirmed(shop)
    shop.database.tables[INVENTORY].pop(reservation_key(broken))
    monkeypatch.setattr(audit_order, "_audit_order", lambda: auditor(shop))
    ids = {"1": sound, "2": broken, "3": "no-such-order"}
    records = [
        {"messageId": n, "body": json.dumps({"detail": {"data": {"orderId": one}}})}
        for n, one in ids.items()
    ]
    answer = audit_order.handler({"Records": [*records, {"messageId": "4", "body": "{}"}]}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": n} for n in ("2", "3", "4")]}


def test_an_order_that_does_not_exist_is_not_passed_over(shop: Shop) -> None:
    shop.place(("MUG", 1))
    assert order_key("o") not in shop.database.tables[ORDERS]
    with pytest.raises(Inconsistent):
        auditor(shop)("o")
