"""The adapter through the real SDK: every answer becomes the right error of the port."""

import logging
import subprocess
import sys
import traceback
from collections.abc import Callable

import pytest
import stripe

from functions.payments import stripe_gateway, stripe_http
from functions.payments.gateway import (
    CardDeclined,
    Dispute,
    GatewayAmbiguous,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    IntentStatus,
    PaymentGateway,
    PaymentIntent,
    RefundStatus,
)
from functions.payments.stripe_gateway import StripeGateway
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY, Sandbox
from scripts.local.payment_sandbox.store import Store
from tests.support.stripe_in_process import InProcessHttpClient, StaticKey
from tests.unit.payments.raw import admin

LAMBDA_TIMEOUT_SECONDS = 20


def _held(gateway: PaymentGateway, card: str = "pm_card_visa") -> PaymentIntent:
    intent = gateway.create_intent("order-1", 1_000, "EUR", card)
    return gateway.confirm_intent(intent.id, idempotency_key="order-1:confirm")


def test_a_payment_from_creation_to_refund(gateway: StripeGateway) -> None:
    created = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    assert (created.status, created.order_id) == (IntentStatus.REQUIRES_CONFIRMATION, "order-1")
    held = gateway.confirm_intent(created.id, idempotency_key="order-1:confirm")
    assert (held.status, held.amount_capturable) == (IntentStatus.REQUIRES_CAPTURE, 1_000)
    taken = gateway.capture_intent(created.id, idempotency_key="order-1:capture")
    assert (taken.status, taken.amount_received) == (IntentStatus.SUCCEEDED, 1_000)
    assert gateway.retrieve_intent(created.id) == taken
    assert (taken.amount, taken.currency) == (1_000, "EUR")
    refund = gateway.refund_intent(created.id, 300, idempotency_key="r1", reference="damaged")
    assert (refund.status, refund.amount) == (RefundStatus.SUCCEEDED, 300)
    assert refund.reference == "damaged"
    second = gateway.refund_intent(created.id, 200, idempotency_key="r2")
    assert gateway.list_refunds(created.id) == [second, refund]


def test_disputes_of_a_payment(gateway: StripeGateway, sandbox: Sandbox) -> None:
    intent = _held(gateway)
    gateway.capture_intent(intent.id, idempotency_key="c")
    assert gateway.list_disputes(intent.id) == []
    opened = admin(sandbox, "POST", f"intents/{intent.id}/dispute")
    assert gateway.list_disputes(intent.id) == [Dispute(opened["id"], 1_000, "needs_response")]


def test_more_refunds_than_fit_on_a_page(gateway: StripeGateway) -> None:
    intent = _held(gateway)
    gateway.capture_intent(intent.id, idempotency_key="c")
    for number in range(101):
        gateway.refund_intent(intent.id, 1, idempotency_key=f"r{number}")
    assert len(gateway.list_refunds(intent.id)) == 101


def test_capture_of_a_part(gateway: StripeGateway) -> None:
    intent = _held(gateway)
    assert gateway.capture_intent(intent.id, idempotency_key="c", amount=1).amount_received == 1


def test_creation_is_idempotent_by_the_order(gateway: StripeGateway, sandbox: Sandbox) -> None:
    first = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    assert gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa") == first
    created = [r for r in admin(sandbox, "GET", "requests")["data"] if r["method"] == "POST"]
    assert [r["idempotency_key"] for r in created] == ["order-1:create:1"] * 2
    with pytest.raises(GatewayRefused, match="idempotency_error"):
        gateway.create_intent("order-1", 2_000, "EUR", "pm_card_visa")


def test_what_a_repeated_key_answers_is_the_present(gateway: StripeGateway) -> None:
    intent = _held(gateway)
    assert gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa") == intent
    gateway.cancel_intent(intent.id, idempotency_key="v")
    late = gateway.confirm_intent(intent.id, idempotency_key="order-1:confirm")
    assert late.status is IntentStatus.CANCELED


def test_intents_are_listed_page_by_page_from_a_moment_on(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe_gateway, "_PAGE", 2)
    seconds = iter(range(100, 1_000))
    sandbox = Sandbox(Store(), now=lambda: next(seconds))
    gateway = StripeGateway(StaticKey(), http_client=InProcessHttpClient(sandbox))
    made = [gateway.create_intent(f"order-{n}", 1_000, "EUR", "pm_card_visa") for n in range(4)]
    pages, last = [], None
    while page := gateway.list_intents(made[1].created_at, after=last):
        pages.append([one.order_id for one in page])
        last = page[-1].id
    assert pages == [["order-3", "order-2"], ["order-1"]]


@pytest.mark.parametrize(
    ("card", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_authenticationRequired", "authentication_required"),
    ],
)
def test_declines(gateway: StripeGateway, card: str, code: str) -> None:
    intent = gateway.create_intent("order-1", 1_000, "EUR", card)
    with pytest.raises(CardDeclined) as caught:
        gateway.confirm_intent(intent.id, idempotency_key="order-1:confirm")
    assert (caught.value.code, caught.value.intent_id) == (code, intent.id)
    seen = gateway.retrieve_intent(intent.id)
    assert (seen.status, seen.decline_code) == (IntentStatus.REQUIRES_PAYMENT_METHOD, code)


def test_a_cancelled_intent_refuses_everything(gateway: StripeGateway) -> None:
    intent = _held(gateway)
    assert gateway.cancel_intent(intent.id, idempotency_key="x").status is IntentStatus.CANCELED
    for late in (gateway.confirm_intent, gateway.capture_intent, gateway.cancel_intent):
        with pytest.raises(GatewayRefused, match="payment_intent_unexpected_state"):
            late(intent.id, idempotency_key=late.__name__)
    assert gateway.retrieve_intent(intent.id).amount_received == 0


@pytest.mark.parametrize(
    ("deed", "code"),
    [
        (lambda g, i: g.capture_intent(i, idempotency_key="c", amount=1_001), "amount_too_large"),
        (lambda g, i: g.refund_intent(i, 1, idempotency_key="r"), "provider_error"),
        (lambda g, i: g.retrieve_intent("pi_unknown"), "resource_missing"),
        (lambda g, i: g.create_intent("o", 1_000, "EUR", "pm_unknown"), "resource_missing"),
        (lambda g, i: g.create_intent("o", 1, "EUR", "pm_card_visa"), "amount_too_small"),
    ],
)
def test_refusals(
    gateway: StripeGateway, deed: Callable[[StripeGateway, str], object], code: str
) -> None:
    intent = _held(gateway)
    with pytest.raises(GatewayRefused, match=code):
        deed(gateway, intent.id)


def test_more_than_captured_is_not_refunded(gateway: StripeGateway) -> None:
    intent = _held(gateway)
    gateway.capture_intent(intent.id, idempotency_key="c")
    gateway.refund_intent(intent.id, 900, idempotency_key="r1")
    with pytest.raises(GatewayRefused):
        gateway.refund_intent(intent.id, 101, idempotency_key="r2")
    gateway.refund_intent(intent.id, 100, idempotency_key="r3")
    with pytest.raises(GatewayRefused, match="charge_already_refunded"):
        gateway.refund_intent(intent.id, 1, idempotency_key="r4")


@pytest.mark.parametrize(
    ("fault", "error", "answered"),
    [
        ({"kind": "error-before"}, GatewayAmbiguous, True),
        ({"kind": "error-after"}, GatewayAmbiguous, True),
        ({"kind": "error-after", "status": 503}, GatewayAmbiguous, True),
        ({"kind": "drop-before"}, GatewayAmbiguous, False),
        ({"kind": "drop-after"}, GatewayAmbiguous, False),
        ({"kind": "status", "status": 429, "code": "lock_timeout"}, GatewayUnavailable, None),
        ({"kind": "status", "status": 409}, GatewayUnavailable, None),
        ({"kind": "status", "status": 403}, GatewayUnavailable, None),
        ({"kind": "status", "status": 424}, GatewayAmbiguous, True),
        ({"kind": "status", "status": 400}, GatewayRefused, None),
        ({"kind": "decline", "code": "do_not_honor"}, CardDeclined, None),
    ],
)
@pytest.mark.parametrize("deed", ["confirm", "capture"])
def test_failures_of_changing_calls(
    gateway: StripeGateway,
    sandbox: Sandbox,
    deed: str,
    fault: dict[str, object],
    error: type[GatewayError],
    answered: bool | None,
) -> None:
    intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    if deed == "capture":
        gateway.confirm_intent(intent.id, idempotency_key="confirm")
    admin(sandbox, "POST", "faults", {"path": f"*/{deed}", **fault})
    call = gateway.confirm_intent if deed == "confirm" else gateway.capture_intent
    with pytest.raises(error) as caught:
        call(intent.id, idempotency_key="k")
    assert caught.value.intent_id == intent.id
    assert getattr(caught.value, "answered", None) is answered


def test_an_authorisation_that_expired_cannot_be_captured(
    gateway: StripeGateway, sandbox: Sandbox
) -> None:
    intent = _held(gateway)
    admin(sandbox, "POST", "faults", {"kind": "expire", "path": "*/capture"})
    with pytest.raises(GatewayRefused, match="payment_intent_unexpected_state"):
        gateway.capture_intent(intent.id, idempotency_key="c")
    seen = gateway.retrieve_intent(intent.id)
    assert (seen.status, seen.cancellation_reason) == (IntentStatus.CANCELED, "automatic")


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "drop-before"},
        {"kind": "error-before"},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
    ],
)
def test_reading_calls_are_never_ambiguous(
    gateway: StripeGateway, sandbox: Sandbox, fault: dict[str, object]
) -> None:
    intent = _held(gateway)
    admin(sandbox, "POST", "faults", {"method": "GET", "times": 2, **fault})
    with pytest.raises(GatewayUnavailable):
        gateway.retrieve_intent(intent.id)
    with pytest.raises(GatewayUnavailable):
        gateway.list_refunds(intent.id)


def test_the_sdk_does_not_retry(gateway: StripeGateway, sandbox: Sandbox) -> None:
    intent = _held(gateway)
    admin(sandbox, "POST", "faults", {"kind": "status", "status": 503, "path": "*/capture"})
    with pytest.raises(GatewayAmbiguous):
        gateway.capture_intent(intent.id, idempotency_key="c")
    paths = [request["path"] for request in admin(sandbox, "GET", "requests")["data"]]
    assert sum(path.endswith("/capture") for path in paths) == 1


class RotatingKey(StaticKey):
    """An old key, and the present one after a refusal."""

    def instead_of(self, refused: str) -> str:
        super().instead_of(refused)
        self.key = DEFAULT_API_KEY
        return self.key


def test_a_refused_key_is_replaced_once(sandbox: Sandbox) -> None:
    key = RotatingKey("sk_test_old")
    gateway = StripeGateway(key, http_client=InProcessHttpClient(sandbox))
    intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    assert gateway.retrieve_intent(intent.id).id == intent.id
    assert key.refused == 1


def test_a_key_that_stays_refused(sandbox: Sandbox) -> None:
    key = StaticKey("sk_test_wrong_and_secret")
    gateway = StripeGateway(key, http_client=InProcessHttpClient(sandbox))
    with pytest.raises(GatewayUnavailable, match="authentication_failed"):
        gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    assert key.refused == 1
    assert len(sandbox.requests()) == 1, "there is no other key to try"


def test_two_keys_that_are_both_refused_are_two_calls_and_no_more(sandbox: Sandbox) -> None:
    sandbox.accept_keys(["sk_test_other"])
    gateway = StripeGateway(RotatingKey("sk_test_old"), http_client=InProcessHttpClient(sandbox))
    with pytest.raises(GatewayUnavailable, match="authentication_failed"):
        gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    assert [request["status"] for request in sandbox.requests()] == [401, 401]


def test_what_was_changed_before_its_key_was_revoked_is_not_changed_again(sandbox: Sandbox) -> None:
    sandbox.accept_keys(["sk_test_old", DEFAULT_API_KEY])
    key = RotatingKey("sk_test_old")
    gateway = StripeGateway(key, http_client=InProcessHttpClient(sandbox))
    intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa")
    sandbox.accept_keys([DEFAULT_API_KEY])
    assert gateway.create_intent("order-1", 1_000, "EUR", "pm_card_visa").id == intent.id
    assert key.refused == 1


def test_the_key_is_fetched_when_needed_not_before() -> None:
    class Unready(StaticKey):
        def __call__(self) -> str:
            raise AssertionError("fetched too early")

    StripeGateway(Unready())


def test_errors_and_logs_hold_no_secret(sandbox: Sandbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "sk_test_wrong_and_secret"
    refused = StripeGateway(StaticKey(secret), http_client=InProcessHttpClient(sandbox))
    gateway = StripeGateway(StaticKey(), http_client=InProcessHttpClient(sandbox))
    intent = gateway.create_intent("order-1", 1_000, "EUR", "pm_card_chargeDeclined")
    calls: list[Callable[[], object]] = [
        lambda: refused.retrieve_intent(intent.id),
        lambda: gateway.confirm_intent(intent.id, idempotency_key="k"),
        lambda: gateway.capture_intent(intent.id, idempotency_key="c"),
    ]
    for call in calls:
        with pytest.raises(GatewayError) as caught:
            call()
        shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.args)
        for word in (secret, DEFAULT_API_KEY, "_secret_", "Your card"):
            assert word not in shown
        assert caught.value.__context__ is None
    for word in (secret, DEFAULT_API_KEY, "_secret_", "pm_card"):
        assert word not in caplog.text


@pytest.mark.parametrize("base", ["http://payments.example.com", "ftp://127.0.0.1x"])
def test_the_key_travels_encrypted_or_stays_on_the_machine(base: str) -> None:
    with pytest.raises(ValueError, match="https"):
        StripeGateway(StaticKey(), api_base=base)


def test_versions_and_timeouts() -> None:
    assert stripe.api_version == stripe_gateway.API_VERSION
    assert not stripe.enable_telemetry
    longest = stripe_http.CONNECT_TIMEOUT_SECONDS + stripe_http.READ_TIMEOUT_SECONDS
    assert longest <= LAMBDA_TIMEOUT_SECONDS / 2


def test_the_adapter_does_not_need_requests() -> None:
    """So that the Lambda package may leave it out."""
    program = (
        "import sys; sys.modules['requests'] = None\n"
        "from tests.support.stripe_in_process import in_process_gateway\n"
        "gateway, _ = in_process_gateway()\n"
        "print(gateway.create_intent('o', 1000, 'EUR', 'pm_card_visa').status)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert ran.stdout.strip() == "requires_confirmation"


def test_a_clock_and_ids_can_be_chosen() -> None:
    numbers = iter(range(100))
    sandbox = Sandbox(Store(), new_id=lambda prefix: f"{prefix}{next(numbers)}", now=lambda: 0)
    gateway = StripeGateway(StaticKey(), http_client=InProcessHttpClient(sandbox))
    assert gateway.create_intent("o", 1_000, "EUR", "pm_card_visa").id == "pi_1"
