"""The payment gateway over Stripe's own SDK.

The SDK retries twice by default, with a key of its own making per call and sleeps in between. Here
it does not retry at all: the ledger owns the idempotency keys, the state machine owns the waiting,
and a function that sleeps is paid for. Its telemetry is off (it would write to the home folder).
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from urllib.parse import urlsplit

import stripe
from stripe import StripeClient

from functions.payments.gateway import (
    CardDeclined,
    Dispute,
    GatewayAmbiguous,
    GatewayError,
    GatewayRefused,
    GatewayUnavailable,
    IntentStatus,
    PaymentIntent,
    Refund,
    RefundStatus,
)
from functions.payments.stripe_http import NotSent, PooledHttpClient

if TYPE_CHECKING:
    from stripe.params import PaymentIntentListParams

API_VERSION: Final = "2026-10-28.endive"
"""What requests and answers look like; pinned, so that an account's default cannot change it."""

_PAGE: Final = 100
"""Objects of a page of a list: the most that there may be."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_NEVER_EXECUTED: Final = frozenset({401, 403, 409, 429})
"""Answers given before Stripe executes the request, so without effect and not kept under its key:
unauthorised, forbidden, key in use by a running twin, rate or lock limit
(https://docs.stripe.com/error-low-level)."""
_FALLBACK_CODES: Final[dict[type[stripe.StripeError], str]] = {
    stripe.AuthenticationError: "authentication_failed",
    stripe.PermissionError: "permission_denied",
    stripe.IdempotencyError: "idempotency_error",
    stripe.RateLimitError: "rate_limit",
    stripe.APIError: "server_error",
}
"""Our words for answers that come without a code."""

stripe.enable_telemetry = False
logging.getLogger("stripe").setLevel(logging.WARNING)  # below, it logs requests and their answers

Answer = TypeVar("Answer")


class ApiKey(Protocol):
    """The secret key, by call, so that a rotated one is picked up."""

    def __call__(self) -> str:
        """The key to use now; may be cached."""
        ...

    def instead_of(self, refused: str) -> str:
        """The key to use after the provider has refused this one; the same if there is no other."""
        ...


class StripeGateway:
    """A `PaymentGateway` over Stripe.

    Args:
        api_key: the secret key's provider; called when the first request is made, not before.
        api_base: where to send requests instead of Stripe, for example the local sandbox.
        http_client: a transport for the SDK; the pooled one unless a test brings its own.
    """

    def __init__(
        self,
        api_key: ApiKey,
        *,
        api_base: str | None = None,
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        self._api_key = api_key
        self._client = StripeClient(
            "taken from api_key for each request",
            stripe_version=API_VERSION,
            base_addresses={"api": _checked_base(api_base)} if api_base else None,
            max_network_retries=0,
            http_client=http_client or PooledHttpClient(),
        )
        self._intents = self._client.v1.payment_intents
        self._refunds = self._client.v1.refunds
        self._disputes = self._client.v1.disputes

    def create_intent(
        self,
        order_id: str,
        amount: int,
        currency: str,
        payment_method: str,
        *,
        number: int = 1,
    ) -> PaymentIntent:
        """See `PaymentGateway.create_intent`."""
        return self._move(
            f"{order_id}:create:{number}",
            None,
            lambda options: self._intents.create(
                {
                    "amount": amount,
                    "currency": currency.lower(),
                    "payment_method": payment_method,
                    "capture_method": "manual",
                    "allowed_payment_method_types": ["card"],
                    "metadata": {"orderId": order_id},
                },
                options,
            ),
        )

    def retrieve_intent(self, intent_id: str) -> PaymentIntent:
        """See `PaymentGateway.retrieve_intent`."""
        return _intent(
            self._read(intent_id, lambda options: self._intents.retrieve(intent_id, None, options))
        )

    def list_intents(self, since: datetime, *, after: str | None = None) -> list[PaymentIntent]:
        """See `PaymentGateway.list_intents`."""
        asked: PaymentIntentListParams = {
            "created": {"gte": int(since.timestamp())},
            "limit": _PAGE,
        }
        if after is not None:
            asked["starting_after"] = after
        page = self._read(None, lambda options: self._intents.list(asked, options))
        return [_intent(one) for one in page.data]

    def confirm_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway.confirm_intent`."""
        return self._move(
            idempotency_key,
            intent_id,
            lambda options: self._intents.confirm(
                intent_id, {"error_on_requires_action": True}, options
            ),
        )

    def capture_intent(
        self, intent_id: str, *, idempotency_key: str, amount: int | None = None
    ) -> PaymentIntent:
        """See `PaymentGateway.capture_intent`."""
        return self._move(
            idempotency_key,
            intent_id,
            lambda options: self._intents.capture(
                intent_id, {} if amount is None else {"amount_to_capture": amount}, options
            ),
        )

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway.cancel_intent`."""
        return self._move(
            idempotency_key,
            intent_id,
            lambda options: self._intents.cancel(intent_id, {}, options),
        )

    def refund_intent(
        self, intent_id: str, amount: int, *, idempotency_key: str, reference: str | None = None
    ) -> Refund:
        """See `PaymentGateway.refund_intent`."""
        return _refund(
            self._change(
                idempotency_key,
                intent_id,
                lambda options: self._refunds.create(
                    {
                        "payment_intent": intent_id,
                        "amount": amount,
                        "metadata": {"reference": reference} if reference else {},
                    },
                    options,
                ),
            )
        )

    def list_refunds(self, intent_id: str) -> list[Refund]:
        """See `PaymentGateway.list_refunds`."""

        def read_all(options: stripe.RequestOptions) -> list[Refund]:
            page = self._refunds.list({"payment_intent": intent_id, "limit": _PAGE}, options)
            return [_refund(refund) for refund in page.auto_paging_iter()]

        return self._read(intent_id, read_all)

    def list_disputes(self, intent_id: str) -> list[Dispute]:
        """See `PaymentGateway.list_disputes`."""

        def read_all(options: stripe.RequestOptions) -> list[Dispute]:
            page = self._disputes.list({"payment_intent": intent_id, "limit": _PAGE}, options)
            return [Dispute(one.id, one.amount, one.status) for one in page.auto_paging_iter()]

        return self._read(intent_id, read_all)

    def _move(
        self,
        idempotency_key: str,
        intent_id: str | None,
        call: Callable[[stripe.RequestOptions], stripe.PaymentIntent],
    ) -> PaymentIntent:
        """The intent after a call. What Stripe repeats for a key tells how the intent stood when
        the key was first used, which may be long ago: then it is asked for anew."""
        answer = self._change(idempotency_key, intent_id, call)
        response = answer.last_response
        if response is not None and response.headers.get("Idempotent-Replayed") == "true":
            return self.retrieve_intent(answer.id)
        return _intent(answer)

    def _read(
        self, intent_id: str | None, call: Callable[[stripe.RequestOptions], Answer]
    ) -> Answer:
        return self._call(intent_id, {}, call, changes=False)

    def _change(
        self,
        idempotency_key: str,
        intent_id: str | None,
        call: Callable[[stripe.RequestOptions], Answer],
    ) -> Answer:
        return self._call(intent_id, {"idempotency_key": idempotency_key}, call, changes=True)

    def _call(
        self,
        intent_id: str | None,
        options: stripe.RequestOptions,
        call: Callable[[stripe.RequestOptions], Answer],
        *,
        changes: bool,
    ) -> Answer:
        """One call, and a second one if the first one's key was refused and there is another.

        A refused key has no effect, so the same idempotency key does for both.
        """
        key = self._api_key()
        outcome = self._attempt(key, options, call)
        if isinstance(outcome, stripe.AuthenticationError):
            other = self._api_key.instead_of(key)
            if other != key:
                outcome = self._attempt(other, options, call)
        if isinstance(outcome, stripe.StripeError):
            raise _translated(outcome, intent_id, changes=changes)
        return outcome

    def _attempt(
        self,
        key: str,
        options: stripe.RequestOptions,
        call: Callable[[stripe.RequestOptions], Answer],
    ) -> Answer | stripe.StripeError:
        """The SDK's error is returned, not chained to what is raised for it: it carries the whole
        answer, and that holds the intent's client secret."""
        try:
            return call({**options, "api_key": key})
        except stripe.StripeError as error:
            return error


def _checked_base(api_base: str) -> str:
    """The key travels to this address in every request: over TLS, or within this machine."""
    parts = urlsplit(api_base)
    if parts.scheme != "https" and parts.hostname not in _LOOPBACK:
        raise ValueError("api_base must be https, or http on this machine")
    return api_base.rstrip("/")


def _translated(error: stripe.StripeError, intent_id: str | None, *, changes: bool) -> GatewayError:
    """Which of the gateway's errors it is. What only reads has no effect to be unsure about."""
    code = error.code or _FALLBACK_CODES.get(type(error), "provider_error")
    status = error.http_status
    request_id = error.request_id
    if error.error is not None and error.error.type == "card_error":
        decline_code = _decline_code(error.error)
        return CardDeclined(decline_code, intent_id=intent_id, request_id=request_id)
    if isinstance(error, (NotSent, stripe.RateLimitError)) or status in _NEVER_EXECUTED:
        return GatewayUnavailable(code, intent_id=intent_id, request_id=request_id)
    if isinstance(error, (stripe.InvalidRequestError, stripe.IdempotencyError)):
        return GatewayRefused(code, intent_id=intent_id, request_id=request_id)
    if not changes:
        return GatewayUnavailable(code, intent_id=intent_id, request_id=request_id)
    return GatewayAmbiguous(
        code, answered=status is not None, intent_id=intent_id, request_id=request_id
    )


def _decline_code(failure: stripe.StripeObject) -> str:
    """`card_declined` says less than the bank's own code; every other code says more
    (`authentication_required` where the bank's is `authentication_not_handled`). Stripe leaves
    out what it does not know, and the SDK's objects then have no such attribute."""
    code: str | None = getattr(failure, "code", None)
    if code is None or code == "card_declined":
        return getattr(failure, "decline_code", None) or "generic_decline"
    return code


def _intent(answer: stripe.PaymentIntent) -> PaymentIntent:
    failure = answer.last_payment_error
    return PaymentIntent(
        id=answer.id,
        status=IntentStatus(answer.status),
        amount=answer.amount,
        currency=answer.currency.upper(),
        amount_received=answer.amount_received,
        amount_capturable=answer.amount_capturable,
        decline_code=_decline_code(failure) if failure else None,
        cancellation_reason=answer.cancellation_reason,
        order_id=answer.metadata.to_dict().get("orderId"),
        created_at=datetime.fromtimestamp(answer.created, UTC),
    )


def _refund(answer: stripe.Refund) -> Refund:
    return Refund(
        id=answer.id,
        status=RefundStatus(answer.status or RefundStatus.PENDING),
        amount=answer.amount,
        reference=answer.metadata.to_dict().get("reference") if answer.metadata else None,
    )
