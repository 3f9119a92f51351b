"""What happens at the payment provider alone reaches the ledger and the operators."""

import json
import time
from typing import Any

import pytest

from functions.orders.domain import OrderStatus
from functions.payments.ledger import PaymentState
from functions.payments.signatures import HEADER, TOLERANCE_SECONDS
from scripts.dev.seed_catalog import EXAMPLE_ORDER
from scripts.kit.customer import Answer, Customer, call
from scripts.kit.logs import function_groups, read
from scripts.kit.payments import intents
from scripts.kit.records import OrderRecord
from scripts.local.payment_sandbox.webhooks import signature
from scripts.local.webhooks import SIGNING_SECRET
from tests.e2e.conftest import Shop
from tests.e2e.orders import PATIENCE, placed_and_ended
from tests.support.emulator import wait_until


def at_provider(shop: Shop, method: str, path: str, body: object = None) -> Any:
    """Something done at the provider, past the platform."""
    answer = call(f"{shop.endpoints.payments}/_sandbox/{path}", method, body)
    assert answer.status == 200, answer
    return answer.body


def confirmed(shop: Shop, customer: Customer) -> tuple[str, str]:
    """The ids of a confirmed order and of its intent."""
    order_id, _ = placed_and_ended(customer, EXAMPLE_ORDER)
    (intent,) = intents(shop.endpoints, order_id) or []
    return order_id, intent.id


def record(shop: Shop, order_id: str) -> OrderRecord:
    found = shop.records.order(order_id)
    assert found is not None
    return found


def attention(shop: Shop, order_id: str) -> set[str]:
    told = (e for e in record(shop, order_id).events if e.startswith("AttentionRequired#"))
    return {each.removeprefix("AttentionRequired#") for each in told}


def lines(shop: Shop, function: str, order_id: str) -> list[dict[str, Any]]:
    """What a function has logged since an order was placed."""
    group = function_groups(shop.clients, shop.endpoints)[function]
    since = record(shop, order_id).order.created_at
    return [dict(line.fields or {}) for line in read(shop.clients, group, since)]


def outcomes(shop: Shop, order_id: str, **of: str) -> list[str]:
    """What became of the events with these fields, one after another."""
    noted = lines(shop, "PaymentEvents", order_id)
    return [line["outcome"] for line in noted if of.items() <= line.items()]


def wait(shop: Shop, order_id: str, *concerns: str) -> OrderRecord:
    """The order once operators were told of these concerns, and of no others."""
    wait_until(
        lambda: attention(shop, order_id) >= set(concerns),
        lambda: f"{concerns}\n{shop.story(order_id)}",
        seconds=PATIENCE,
    )
    assert attention(shop, order_id) == set(concerns)
    return record(shop, order_id)


def test_a_refund_made_outside_the_platform(shop: Shop, ada: Customer) -> None:
    order_id, intent_id = confirmed(shop, ada)
    refund = at_provider(shop, "POST", f"intents/{intent_id}/refund", {"amount": 500})
    after = wait(shop, order_id, f"RefundedOutside#{refund['id']}")
    assert after.payment is not None
    assert (after.payment.state, after.payment.outside) == (PaymentState.CAPTURED, 500)
    assert after.order.status is OrderStatus.CONFIRMED
    assert not after.order.saga_open

    def published() -> bool:
        logged = lines(shop, "EventLog", order_id)
        types = {x["event_type"] for x in logged if x.get("correlation_id") == order_id}
        return "AttentionRequired" in types

    wait_until(published, "the event on the bus", seconds=PATIENCE)


def test_an_event_that_comes_twice(shop: Shop, ada: Customer) -> None:
    order_id, intent_id = confirmed(shop, ada)
    at_provider(shop, "POST", f"intents/{intent_id}/refund", {"amount": 100})
    (event,) = [
        event
        for event in at_provider(shop, "GET", "events?type=refund.created")["data"]
        if event["data"]["object"]["payment_intent"] == intent_id
    ]

    def handled(times: int) -> bool:
        """Whether it was handled so often, and the refund noted, by this event or another."""
        by_id = outcomes(shop, order_id, event_id=event["id"])
        return len(by_id) >= times and "noted" in outcomes(shop, order_id, intent_id=intent_id)

    wait_until(lambda: handled(1), "the first", seconds=PATIENCE)
    before = record(shop, order_id)
    at_provider(shop, "POST", f"events/{event['id']}/resend")
    wait_until(lambda: handled(2), "the second", seconds=PATIENCE)
    assert outcomes(shop, order_id, intent_id=intent_id).count("noted") == 1
    assert record(shop, order_id) == before


def test_a_refund_that_fails_after_its_order_was_cancelled(shop: Shop, ada: Customer) -> None:
    order_id, _ = confirmed(shop, ada)
    headers = {"Authorization": f"Bearer {ada.token}"}
    cancelled = call(f"{shop.endpoints.api}/orders/{order_id}/cancel", "POST", b"", headers)
    assert cancelled.status == 202, cancelled
    wait_until(
        lambda: not record(shop, order_id).order.saga_open,
        lambda: f"the cancel to end\n{shop.story(order_id)}",
        seconds=PATIENCE,
    )
    (intent,) = at_provider(shop, "GET", f"intents?order={order_id}")["data"]
    (refund,) = intent["refunds"]
    at_provider(shop, "POST", f"refunds/{refund['id']}/fail")
    after = wait(shop, order_id, f"RefundFailed#{refund['id']}")
    assert after.payment is not None
    assert (after.payment.state, after.payment.refunded) == (PaymentState.REFUND_FAILED, 0)
    at_provider(shop, "POST", f"intents/{intent['id']}/refund")  # in another way, by an operator

    def made_good() -> bool:
        payment = record(shop, order_id).payment
        return payment is not None and payment.state is PaymentState.REFUNDED

    wait_until(made_good, lambda: shop.story(order_id), seconds=PATIENCE)


def test_a_dispute(shop: Shop, ada: Customer) -> None:
    order_id, intent_id = confirmed(shop, ada)
    dispute = at_provider(shop, "POST", f"intents/{intent_id}/dispute")
    after = wait(shop, order_id, f"PaymentDisputed#{dispute['id']}")
    assert after.payment is not None
    assert after.payment.dispute == dispute["id"]
    assert after.order.status is OrderStatus.CONFIRMED
    at_provider(shop, "POST", f"disputes/{dispute['id']}/close", {"status": "lost"})
    after = wait(shop, order_id, f"PaymentDisputed#{dispute['id']}", f"DisputeLost#{dispute['id']}")
    assert after.payment is not None
    assert (after.payment.lost, after.payment.refundable) == (after.payment.captured, 0)


def post(shop: Shop, body: str, header: str | None) -> Answer:
    headers = {} if header is None else {HEADER: header}
    url = f"{shop.endpoints.api}/webhooks/payments"
    return call(url, "POST", body.encode(), headers)


@pytest.mark.parametrize(
    ("secret", "age"), [("whsec_forged", 0), (SIGNING_SECRET, TOLERANCE_SECONDS + 60), (None, 0)]
)
def test_what_is_forged_or_stale_changes_nothing(
    shop: Shop, ada: Customer, secret: str | None, age: int
) -> None:
    order_id, intent_id = confirmed(shop, ada)
    before = record(shop, order_id)
    dispute = {"id": "dp_forged", "payment_intent": intent_id}
    body = json.dumps(
        {"id": "evt_forged", "type": "charge.dispute.created", "data": {"object": dispute}}
    )
    header = signature(body, secret, int(time.time()) - age) if secret else None
    refused = post(shop, body, header)
    assert refused.status == 400, refused
    assert refused.body["title"] == "Bad Request"
    genuine = body.replace("dp_forged", "dp_genuine")
    taken = post(shop, genuine, signature(genuine, SIGNING_SECRET, int(time.time())))
    assert taken.status == 200, taken
    after = wait(shop, order_id, "PaymentDisputed#dp_genuine")
    assert outcomes(shop, order_id, intent_id=intent_id) == ["noted"], (
        "the forged one was not queued"
    )
    assert set(after.events) - set(before.events) == {
        "AttentionRequired#PaymentDisputed#dp_genuine"
    }
