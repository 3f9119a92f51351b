"""Idempotency keys as the provider documents them, faults included."""

import threading

import pytest

from scripts.local.payment_sandbox.core import Sandbox
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import Dropped, Response
from tests.unit.payments.raw import admin, new_intent, send

PATIENCE_SECONDS = 30


def _confirm(sandbox: Sandbox, intent_id: str, key: str, **params: object) -> Response:
    return send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/confirm", params, key=key)


def test_the_same_request_gets_the_same_answer(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    first = _confirm(sandbox, intent_id, "k")
    again = _confirm(sandbox, intent_id, "k")
    assert again.body == first.body
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_order_of_parameters_does_not_matter(sandbox: Sandbox) -> None:
    params = {"amount": 1_000, "currency": "eur"}
    first = send(sandbox, "POST", "/v1/payment_intents", params, key="k")
    turned = dict(reversed(params.items()))
    assert send(sandbox, "POST", "/v1/payment_intents", turned, key="k").body == first.body


def test_a_key_belongs_to_its_parameters_and_endpoint(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _confirm(sandbox, intent_id, "k")
    other = _confirm(sandbox, intent_id, "k", error_on_requires_action="true")
    assert (other.status, other.json()["error"]["type"]) == (400, "idempotency_error")
    elsewhere = send(sandbox, "POST", f"/v1/payment_intents/{intent_id}/cancel", key="k")
    assert (elsewhere.status, elsewhere.json()["error"]["type"]) == (400, "idempotency_error")


def test_declines_and_state_errors_are_kept(sandbox: Sandbox) -> None:
    declined = new_intent(sandbox, card="pm_card_chargeDeclined")
    assert _confirm(sandbox, declined, "k1").body == _confirm(sandbox, declined, "k1").body
    capture = f"/v1/payment_intents/{declined}/capture"
    first = send(sandbox, "POST", capture, key="k2")
    assert first.status == 400
    assert send(sandbox, "POST", capture, key="k2").headers["Idempotent-Replayed"] == "true"


def test_what_fails_validation_is_not_kept(sandbox: Sandbox) -> None:
    wrong = send(sandbox, "POST", "/v1/payment_intents", {"currency": "eur"}, key="k")
    assert wrong.status == 400
    right = {"amount": 1_000, "currency": "eur"}
    assert send(sandbox, "POST", "/v1/payment_intents", right, key="k").status == 200


def test_unauthorised_and_rate_limited_are_not_kept(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    path = f"/v1/payment_intents/{intent_id}/confirm"
    assert send(sandbox, "POST", path, key="k", api_key="sk_test_wrong").status == 401
    admin(sandbox, "POST", "faults", {"kind": "status", "status": 429, "path": "*/confirm"})
    assert _confirm(sandbox, intent_id, "k").status == 429
    assert _confirm(sandbox, intent_id, "k").status == 200


@pytest.mark.parametrize(
    ("kind", "status_after"),
    [("error-before", "requires_confirmation"), ("error-after", "requires_capture")],
)
def test_a_server_error_is_kept(sandbox: Sandbox, kind: str, status_after: str) -> None:
    intent_id = new_intent(sandbox)
    admin(sandbox, "POST", "faults", {"kind": kind, "path": "*/confirm"})
    assert _confirm(sandbox, intent_id, "k").status == 500
    again = _confirm(sandbox, intent_id, "k")
    assert (again.status, again.headers["Idempotent-Replayed"]) == (500, "true")
    now = send(sandbox, "GET", f"/v1/payment_intents/{intent_id}").json()["status"]
    assert now == status_after


@pytest.mark.parametrize(
    ("kind", "replayed", "status_after"),
    [
        ("drop-before", False, "requires_confirmation"),
        ("drop-after", True, "requires_capture"),
    ],
)
def test_a_lost_answer_is_settled_by_the_same_key(
    sandbox: Sandbox, kind: str, replayed: bool, status_after: str
) -> None:
    intent_id = new_intent(sandbox)
    admin(sandbox, "POST", "faults", {"kind": kind, "path": "*/confirm", "key": "k"})
    with pytest.raises(Dropped):
        _confirm(sandbox, intent_id, "k")
    now = send(sandbox, "GET", f"/v1/payment_intents/{intent_id}").json()["status"]
    assert now == status_after
    again = _confirm(sandbox, intent_id, "k")
    assert again.status == 200
    assert ("Idempotent-Replayed" in again.headers) is replayed


def test_expired_keys_are_as_never_used(sandbox: Sandbox) -> None:
    params = {"amount": 1_000, "currency": "eur"}
    first = send(sandbox, "POST", "/v1/payment_intents", params, key="order-1:create").json()
    send(sandbox, "POST", "/v1/payment_intents", params, key="order-2:create")
    assert admin(sandbox, "POST", "keys/expire", {"prefix": "order-1:"}) == {"expired": 1}
    again = send(sandbox, "POST", "/v1/payment_intents", params, key="order-1:create").json()
    assert again["id"] != first["id"]


def test_a_key_that_is_too_long(sandbox: Sandbox) -> None:
    params = {"amount": 1_000, "currency": "eur"}
    assert send(sandbox, "POST", "/v1/payment_intents", params, key="k" * 256).status == 400
    assert send(sandbox, "POST", "/v1/payment_intents", params, key="k" * 255).status == 200


def test_a_fault_strikes_as_often_as_ordered(sandbox: Sandbox) -> None:
    admin(
        sandbox,
        "POST",
        "faults",
        {"kind": "status", "status": 503, "method": "GET", "skip": 1, "times": 2},
    )
    statuses = [send(sandbox, "GET", "/v1/refunds").status for _ in range(5)]
    assert statuses == [200, 503, 503, 200, 200]
    [fault] = admin(sandbox, "GET", "faults")["data"]
    assert fault["struck"] == 2
    admin(sandbox, "POST", "faults", {"kind": "drop-before", "times": None})
    admin(sandbox, "DELETE", "faults")
    assert send(sandbox, "GET", "/v1/refunds").status == 200


def test_a_twin_of_a_running_request_is_refused() -> None:
    running, go_on = threading.Event(), threading.Event()

    def wait(_seconds: float) -> None:
        running.set()
        assert go_on.wait(PATIENCE_SECONDS)

    sandbox = Sandbox(Store(), sleep=wait)
    intent_id = new_intent(sandbox)
    admin(sandbox, "POST", "faults", {"kind": "latency", "seconds": 1})
    answers: list[Response] = []
    first = threading.Thread(target=lambda: answers.append(_confirm(sandbox, intent_id, "k")))
    first.start()
    assert running.wait(PATIENCE_SECONDS)
    twin = _confirm(sandbox, intent_id, "k")
    assert (twin.status, twin.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    go_on.set()
    first.join(PATIENCE_SECONDS)
    assert [answer.status for answer in answers] == [200]
    assert _confirm(sandbox, intent_id, "k").headers["Idempotent-Replayed"] == "true"


def test_of_concurrent_captures_one_wins(sandbox: Sandbox) -> None:
    intent_id = new_intent(sandbox)
    _confirm(sandbox, intent_id, "confirm")
    start = threading.Barrier(8)
    statuses: list[int] = []

    def capture(key: str) -> None:
        start.wait(PATIENCE_SECONDS)
        path = f"/v1/payment_intents/{intent_id}/capture"
        statuses.append(send(sandbox, "POST", path, key=key).status)

    threads = [threading.Thread(target=capture, args=(f"capture-{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    assert sorted(statuses) == [200] + [400] * 7
    assert admin(sandbox, "GET", "totals")["captured"] == 1_000
