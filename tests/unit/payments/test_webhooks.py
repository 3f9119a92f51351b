"""Webhooks: signed as the SDK verifies, sent until taken, caused by what happened."""

import json
from collections.abc import Mapping

import pytest
import stripe

from scripts.local.payment_sandbox import webhooks
from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.webhooks import Webhooks, signature
from scripts.local.payment_sandbox.wire import Request
from tests.unit.payments.raw import admin, new_intent, send

SECRET = "whsec_test"
NOW = 1_750_000_000


class Receiver:
    """An endpoint that answers what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.received: list[tuple[Mapping[str, str], bytes]] = []

    def __call__(self, url: str, headers: Mapping[str, str], body: bytes) -> int:
        assert url == "http://127.0.0.1:1/webhooks/payments"
        self.received.append((headers, body))
        return self.status

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for _, body in self.received]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def clock() -> list[int]:
    return [NOW]


@pytest.fixture
def sandbox(receiver: Receiver, clock: list[int]) -> Sandbox:
    sandbox = Sandbox(Store(), now=lambda: clock[0], send=receiver)
    endpoint = {"url": "http://127.0.0.1:1/webhooks/payments", "secret": SECRET}
    admin(sandbox, "PUT", "webhook", endpoint)
    return sandbox


def _do(sandbox: Sandbox, intent_id: str, *operations: str) -> None:
    for operation in operations:
        answer = send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/{operation}")
        assert answer.status in (200, 402)


def test_every_change_is_told(sandbox: Sandbox, receiver: Receiver) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm", "capture")
    admin(sandbox, "POST", f"intents/{intent_id}/refund", {"amount": 100})
    _do(sandbox, new_intent(sandbox, card="pm_card_chargeDeclined"), "confirm")
    _do(sandbox, new_intent(sandbox), "cancel")
    assert admin(sandbox, "POST", "events/deliver") == {"taken": 10}
    assert receiver.types() == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "charge.captured",
        "payment_intent.succeeded",
        "refund.created",
        "charge.refunded",
        "payment_intent.created",
        "payment_intent.payment_failed",
        "payment_intent.created",
        "payment_intent.canceled",
    ]
    assert admin(sandbox, "GET", "events/undelivered")["data"] == []


def test_an_endpoint_is_told_of_what_it_subscribed_to(sandbox: Sandbox, receiver: Receiver) -> None:
    endpoint = {"url": "http://127.0.0.1:1/webhooks/payments", "secret": SECRET}
    admin(sandbox, "PUT", "webhook", {**endpoint, "enabled_events": ["charge.captured"]})
    _do(sandbox, new_intent(sandbox), "confirm", "capture")
    admin(sandbox, "POST", "events/deliver")
    assert receiver.types() == ["charge.captured"]


@pytest.mark.parametrize("enabled", ["*", [1], {}, None])
def test_a_subscription_is_a_list_of_types(sandbox: Sandbox, enabled: object) -> None:
    wrong = {"url": "http://127.0.0.1:1/", "secret": SECRET, "enabled_events": enabled}
    request = Request("PUT", "/_sandbox/webhook", "", {}, json.dumps(wrong).encode())
    assert sandbox.handle(request).status == 400


def test_the_sdk_accepts_the_signature(sandbox: Sandbox, receiver: Receiver) -> None:
    intent_id = new_intent(sandbox)
    admin(sandbox, "POST", "events/deliver")
    [(headers, body)] = receiver.received
    header = headers["Stripe-Signature"]
    event = stripe.Webhook.construct_event(body, header, SECRET, tolerance=0)
    assert event.type == "payment_intent.created"
    assert event.data.object["id"] == intent_id
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body + b" ", header, SECRET, tolerance=0)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, header, SECRET)  # NOW is long past
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature(body.decode(), "other", NOW), SECRET)


def test_what_is_not_taken_is_sent_again(
    sandbox: Sandbox, receiver: Receiver, clock: list[int]
) -> None:
    new_intent(sandbox)
    receiver.status = 500
    assert sandbox.webhooks.deliver() == 0
    assert sandbox.webhooks.deliver() == 0
    assert len(receiver.received) == 1  # not before its time
    receiver.status = 200
    clock[0] += 1
    assert sandbox.webhooks.deliver() == 1
    assert sandbox.webhooks.deliver() == 0
    assert receiver.received[0][1] == receiver.received[1][1]


def test_what_is_never_taken_is_given_up_and_shown(sandbox: Sandbox, receiver: Receiver) -> None:
    new_intent(sandbox)
    receiver.status = 0
    for _ in range(webhooks.ATTEMPTS + 3):
        admin(sandbox, "POST", "events/deliver")
    assert len(receiver.received) == webhooks.ATTEMPTS
    [left] = admin(sandbox, "GET", "events/undelivered")["data"]
    assert left["attempts"] == webhooks.ATTEMPTS


def test_an_event_can_be_sent_twice(sandbox: Sandbox, receiver: Receiver) -> None:
    new_intent(sandbox)
    admin(sandbox, "POST", "events/deliver")
    [event] = admin(sandbox, "GET", "events?type=payment_intent.created")["data"]
    admin(sandbox, "POST", f"events/{event['id']}/resend")
    admin(sandbox, "POST", "events/deliver")
    assert receiver.received[0][1] == receiver.received[1][1]


def test_a_refund_that_fails(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm", "capture")
    refund = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id}).json()
    admin(sandbox, "POST", f"refunds/{refund['id']}/fail")
    [failed] = admin(sandbox, "GET", "events?type=refund.failed")["data"]
    assert failed["data"]["object"]["status"] == "failed"
    assert failed["data"]["object"]["payment_intent"] == intent_id


def test_a_dispute_from_outside(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm", "capture")
    opened = admin(sandbox, "POST", f"intents/{intent_id}/dispute")
    [event] = admin(sandbox, "GET", "events?type=charge.dispute.created")["data"]
    assert event["data"]["object"] == opened
    assert (opened["amount"], opened["payment_intent"]) == (1_000, intent_id)
    refused = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id})
    assert refused.json()["error"]["code"] == "charge_disputed"


def test_a_card_whose_payments_are_disputed(sandbox: Sandbox) -> None:
    _do(sandbox, new_intent(sandbox, card="pm_card_createDispute"), "confirm", "capture")
    assert len(admin(sandbox, "GET", "events?type=charge.dispute.created")["data"]) == 1


def test_a_change_that_is_undone_tells_nothing(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    before = len(admin(sandbox, "GET", "events")["data"])
    send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/capture")
    send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/confirm", {"colour": "red"})
    assert len(admin(sandbox, "GET", "events")["data"]) == before


def test_without_an_endpoint_nothing_is_recorded() -> None:
    sandbox = Sandbox(Store())
    new_intent(sandbox)
    assert admin(sandbox, "GET", "events") == {"data": []}
    assert Webhooks(Store(), str, lambda: 0).deliver() == 0


@pytest.mark.parametrize("outcome", ["won", "lost"])
def test_how_a_dispute_ends(sandbox: Sandbox, outcome: str) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm", "capture")
    dispute = admin(sandbox, "POST", f"intents/{intent_id}/dispute")
    closed = admin(sandbox, "POST", f"disputes/{dispute['id']}/close", {"status": outcome})
    assert closed["status"] == outcome
    told = {one["type"] for one in admin(sandbox, "GET", "events")["data"]}
    assert "charge.dispute.closed" in told
    assert ("charge.dispute.funds_reinstated" in told) is (outcome == "won")
