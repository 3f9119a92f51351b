"""The sandbox keeps to the provider's documented behaviour."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.objects import ALLOWED
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Json, Request
from tests.unit.payments.raw import admin, new_intent, send


def _do(sandbox: Sandbox, intent_id: str, operation: str, **params: object) -> tuple[int, Json]:
    answer = send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/{operation}", params)
    return answer.status, answer.json()


def _in_status(sandbox: Sandbox, status: str) -> str:
    """An intent in this status."""
    card = {
        "requires_action": "pm_card_authenticationRequired",
        "requires_payment_method": "pm_card_chargeDeclined",
    }.get(status, "pm_card_visa")
    intent_id = new_intent(sandbox, card=card)
    steps = {
        "requires_confirmation": [],
        "succeeded": ["confirm", "capture"],
        "canceled": ["cancel"],
    }.get(status, ["confirm"])
    for step in steps:
        _do(sandbox, intent_id, step)
    found = send(sandbox, "GET", f"/v1/payment_intents/{intent_id}").json()
    assert found["status"] == status
    return intent_id


STATUSES = (
    "requires_payment_method",
    "requires_confirmation",
    "requires_action",
    "requires_capture",
    "succeeded",
    "canceled",
)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("operation", ALLOWED)
def test_every_operation_in_every_status(sandbox: Sandbox, status: str, operation: str) -> None:
    intent_id = _in_status(sandbox, status)
    params = {"payment_method": "pm_card_visa"} if operation == "confirm" else {}
    code, body = _do(sandbox, intent_id, operation, **params)
    if status in ALLOWED[operation]:
        assert code == 200, body
    else:
        assert code == 400
        assert body["error"]["type"] == "invalid_request_error"
        assert body["error"]["code"] == "payment_intent_unexpected_state"
        assert body["error"]["payment_intent"]["status"] == status
        after = send(sandbox, "GET", f"/v1/payment_intents/{intent_id}").json()
        assert after["status"] == status


def test_authorise_then_capture(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, amount=1_000)
    _, held = _do(sandbox, intent_id, "confirm")
    assert (held["amount_capturable"], held["amount_received"]) == (1_000, 0)
    assert held["latest_charge"].startswith("ch_")
    _, taken = _do(sandbox, intent_id, "capture")
    assert (taken["amount_capturable"], taken["amount_received"]) == (0, 1_000)


def test_partial_capture_releases_the_rest(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, amount=1_000)
    _do(sandbox, intent_id, "confirm")
    _, taken = _do(sandbox, intent_id, "capture", amount_to_capture=400)
    assert (taken["amount_capturable"], taken["amount_received"]) == (0, 400)


def test_capture_of_more_than_held_is_refused(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, amount=1_000)
    _do(sandbox, intent_id, "confirm")
    status, body = _do(sandbox, intent_id, "capture", amount_to_capture=1_001)
    assert (status, body["error"]["code"]) == (400, "amount_too_large")
    assert admin(sandbox, "GET", "totals")["captured"] == 0


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
    ],
)
def test_declines(sandbox: Sandbox, card: str, code: str, decline_code: str | None) -> None:
    intent_id = new_intent(sandbox, card=card)
    status, body = _do(sandbox, intent_id, "confirm")
    error = body["error"]
    assert (status, error["type"], error["code"]) == (402, "card_error", code)
    assert error.get("decline_code") == decline_code
    intent = error["payment_intent"]
    assert (intent["id"], intent["status"]) == (intent_id, "requires_payment_method")
    assert intent["last_payment_error"]["code"] == code
    assert intent["payment_method"] is None


def test_a_declined_intent_can_be_confirmed_with_another_card(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, card="pm_card_chargeDeclined")
    _do(sandbox, intent_id, "confirm")
    status, body = _do(sandbox, intent_id, "confirm")
    assert (status, body["error"]["code"]) == (400, "payment_intent_unexpected_state")
    status, body = _do(sandbox, intent_id, "confirm", payment_method="pm_card_mastercard")
    assert (status, body["status"], body["last_payment_error"]) == (200, "requires_capture", None)


def test_a_card_that_wants_authentication(sandbox: Sandbox) -> None:
    waiting = new_intent(sandbox, card="pm_card_authenticationRequired")
    assert _do(sandbox, waiting, "confirm")[1]["status"] == "requires_action"
    refused = new_intent(sandbox, card="pm_card_authenticationRequired")
    status, body = _do(sandbox, refused, "confirm", error_on_requires_action="true")
    assert (status, body["error"]["code"]) == (402, "authentication_required")
    assert body["error"]["payment_intent"]["status"] == "requires_payment_method"


def test_refunds_never_exceed_what_was_captured(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, amount=1_000)
    _do(sandbox, intent_id, "confirm")
    before_capture = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id})
    assert before_capture.status == 400
    _do(sandbox, intent_id, "capture", amount_to_capture=800)
    first = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id, "amount": 300})
    assert (first.status, first.json()["status"]) == (200, "succeeded")
    too_much = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id, "amount": 501})
    assert (too_much.status, too_much.json()["error"]["param"]) == (400, "amount")
    rest = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id})
    assert rest.json()["amount"] == 500
    again = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id})
    assert again.json()["error"]["code"] == "charge_already_refunded"
    assert admin(sandbox, "GET", "totals")["refunded"] == 800


def test_refunds_are_listed_in_pages_the_newest_first(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm")
    _do(sandbox, intent_id, "capture")
    made = [
        send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id, "amount": n}).json()[
            "id"
        ]
        for n in (1, 2, 3)
    ]
    url = f"/v1/refunds?payment_intent={intent_id}&limit=2"
    first = send(sandbox, "GET", url).json()
    assert [refund["id"] for refund in first["data"]] == [made[2], made[1]]
    assert first["has_more"]
    second = send(sandbox, "GET", f"{url}&starting_after={made[1]}").json()
    assert [refund["id"] for refund in second["data"]] == [made[0]]
    assert not second["has_more"]
    assert send(sandbox, "GET", f"/v1/refunds/{made[0]}").json()["amount"] == 1


@pytest.mark.parametrize(
    ("created", "found"),
    [
        ({}, [3, 2, 1]),
        ({"created": 2}, [2]),
        ({"created[gt]": 1, "created[lte]": 3}, [3, 2]),
        ({"created[gte]": 2, "created[lt]": 3}, [2]),
        ({"created[gte]": 4}, []),
    ],
)
def test_payments_are_listed_by_the_time_of_their_creation(
    created: dict[str, int], found: list[int]
) -> None:
    seconds = [0]
    sandbox = Sandbox(Store(), now=lambda: seconds[0])
    for seconds[0] in (1, 2, 3):
        new_intent(sandbox)
    listed = send(sandbox, "GET", f"/v1/payment_intents?{urlencode(created)}").json()
    assert [one["created"] for one in listed["data"]] == found


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("created[after]=1", "created"),
        ("created[gte]=x", "gte"),
        ("limit=101", "limit"),
        ("starting_after=pi_unknown", "starting_after"),
        ("status=succeeded", "status"),
    ],
)
def test_a_list_refuses_what_it_does_not_know(sandbox: Sandbox, query: str, param: str) -> None:
    answer = send(sandbox, "GET", f"/v1/payment_intents?{query}")
    assert (answer.status, answer.json()["error"]["param"]) == (400, param)


def test_a_failed_refund_can_be_made_again(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm")
    _do(sandbox, intent_id, "capture")
    refund = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id}).json()
    assert admin(sandbox, "POST", f"refunds/{refund['id']}/fail")["status"] == "failed"
    assert admin(sandbox, "GET", "totals")["refunded"] == 0
    assert send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id}).status == 200


def test_a_card_whose_refunds_fail_later(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, card="pm_card_refundFail")
    _do(sandbox, intent_id, "confirm")
    _do(sandbox, intent_id, "capture")
    refund = send(sandbox, "POST", "/v1/refunds", {"payment_intent": intent_id}).json()
    assert refund["status"] == "succeeded"
    later = send(sandbox, "GET", f"/v1/refunds/{refund['id']}").json()
    assert later["status"] == "failed"


@pytest.mark.parametrize(
    ("params", "param", "code"),
    [
        ({}, "amount", "parameter_missing"),
        ({"amount": 1_000}, "currency", "parameter_missing"),
        ({"amount": "1e3", "currency": "eur"}, "amount", "parameter_invalid_integer"),
        ({"amount": "-5", "currency": "eur"}, "amount", "parameter_invalid_integer"),
        ({"amount": 49, "currency": "eur"}, "amount", "amount_too_small"),
        ({"amount": 100_000_000, "currency": "eur"}, "amount", "amount_too_large"),
        ({"amount": 1_000, "currency": "EUR"}, "currency", "parameter_invalid"),
        ({"amount": 1_000, "currency": "zzz"}, "currency", "parameter_invalid"),
        ({"amount": 1_000, "currency[x]": "eur"}, "currency", "parameter_invalid"),
        ({"amount": 1_000, "currency": "eur", "colour": "red"}, "colour", "parameter_unknown"),
        ({"amount": 1_000, "currency": "eur", "metadata": "x"}, "metadata", "parameter_invalid"),
        ({"amount": 1_000, "currency": "eur", "a[b": "x"}, "a[b", "parameter_invalid"),
        (
            {"amount": 1_000, "currency": "eur", "payment_method": "pm_nonsense"},
            "payment_method",
            "resource_missing",
        ),
    ],
)
def test_bad_parameters(sandbox: Sandbox, params: dict[str, object], param: str, code: str) -> None:
    answer = send(sandbox, "POST", "/v1/payment_intents", params)
    error = answer.json()["error"]
    assert (answer.status, error["param"], error["code"]) == (400, param, code)
    assert admin(sandbox, "GET", "totals")["intents"] == 0


def test_who_may_ask_for_what(sandbox: Sandbox) -> None:
    assert send(sandbox, "GET", "/v1/payment_intents/pi_x", api_key="sk_test_wrong").status == 401
    missing = send(sandbox, "GET", "/v1/payment_intents/pi_x")
    assert (missing.status, missing.json()["error"]["code"]) == (404, "resource_missing")
    unknown = send(sandbox, "GET", "/v1/unicorns")
    assert (unknown.status, unknown.json()["error"]["type"]) == (404, "invalid_request_error")
    assert missing.headers["Request-Id"].startswith("req_")
    assert missing.headers["Request-Id"] != unknown.headers["Request-Id"]


def test_an_authorisation_expires(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _do(sandbox, intent_id, "confirm")
    expired = admin(sandbox, "POST", f"intents/{intent_id}/expire")
    assert (expired["status"], expired["cancellation_reason"]) == ("canceled", "automatic")
    assert _do(sandbox, intent_id, "capture")[0] == 400
    assert admin(sandbox, "GET", "totals")["authorised"] == 0


def test_admin_shows_what_happened(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox, amount=700)
    _do(sandbox, intent_id, "confirm")
    assert admin(sandbox, "GET", "totals?order=order-1") == {
        "intents": 1,
        "authorised": 700,
        "live_authorisations": 1,
        "captured": 0,
        "refunded": 0,
    }
    assert admin(sandbox, "GET", "totals?order=order-2")["intents"] == 0
    [found] = admin(sandbox, "GET", "intents?order=order-1")["data"]
    assert (found["id"], found["refunds"]) == (intent_id, [])
    seen = admin(sandbox, "GET", "requests")["data"]
    assert [request["path"].split("/")[-1] for request in seen] == ["payment_intents", "confirm"]
    admin(sandbox, "POST", "reset")
    assert admin(sandbox, "GET", "totals")["intents"] == 0


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "faults", b'{"kind": "earthquake"}'),
        ("POST", "faults", b'{"kind": "latency", "colour": "red"}'),
        ("POST", "faults", b'{"kind": "latency", "seconds": "1"}'),
        ("POST", "faults", b"[]"),
        ("PUT", "webhook", b'{"url": "nowhere", "secret": "s"}'),
        ("PUT", "webhook", b'{"url": 1}'),
        ("POST", "events/evt_x/resend", b""),
        ("POST", "faults", b"{"),
        ("GET", "nonsense", b""),
        ("POST", "intents/pi_x/expire", b""),
        ("POST", "intents/pi_x/explode", b""),
    ],
)
def test_admin_refuses_nonsense(sandbox: Sandbox, method: str, target: str, body: bytes) -> None:
    answer = sandbox.handle(Request(method, f"/_sandbox/{target}", body=body))
    assert answer.status in (400, 404)
    assert answer.json()["error"]["message"]


@settings(max_examples=200)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    path=st.sampled_from(
        ["/v1/payment_intents", "/v1/refunds", "/v1/payment_intents/pi_1/capture", "/", "//"]
    ),
    parameters=st.one_of(
        st.binary(max_size=60),
        st.lists(
            st.tuples(
                st.sampled_from(
                    [
                        "amount",
                        "currency",
                        "metadata[a]",
                        "metadata",
                        "a[b][c]",
                        "a[",
                        "a]b",
                        "",
                        "payment_intent",
                        "payment_intent[a]",
                        "charge[]",
                        "limit",
                        "starting_after[a]",
                        "description[a]",
                        "payment_method[a]",
                        "reason[a]",
                    ]
                ),
                st.sampled_from(["1000", "eur", "", "\x00", "9" * 5_000, "pi_1", "\u0661"]),
            ),
            max_size=5,
        ).map(lambda pairs: urlencode(pairs).encode()),
    ),
)
def test_whatever_comes_is_answered(method: str, path: str, parameters: bytes) -> None:
    sandbox = Sandbox(Store(), new_id=lambda prefix: f"{prefix}1")
    headers = {"authorization": f"Bearer {DEFAULT_API_KEY}", "idempotency-key": "k"}
    query = parameters.decode("latin-1")
    answer = sandbox.handle(Request(method, path, query, headers, parameters))
    assert answer.status in (200, 400, 404)
    if answer.status != 200:
        assert answer.json()["error"]["message"]
