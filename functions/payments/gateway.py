"""The payment provider as the domain sees it: authorise, capture, void, refund.

A payment is authorised first and captured when its order is confirmed, so a customer whose order
is rejected is never charged. The provider keeps one object for all of it, the payment intent; its
status is a state machine, and the names of the states are the provider's own
(https://docs.stripe.com/payments/paymentintents/lifecycle).

Amounts are integers in the currency's minor unit (cents), currencies ISO 4217 in upper case.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from functions.shared.errors import AmbiguousError, RetryableError, TechnicalError


class IntentStatus(StrEnum):
    """Where a payment intent stands."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"  # new without a card, or declined
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"  # authorised: the money is held, not taken
    SUCCEEDED = "succeeded"  # captured
    CANCELED = "canceled"  # final: every later confirm or capture is refused


class RefundStatus(StrEnum):
    """Where a refund stands; a FAILED or CANCELED one gives nothing back, also if it had done."""

    PENDING = "pending"
    REQUIRES_ACTION = "requires_action"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"

    @property
    def living(self) -> bool:
        """Whether the money is, or is going to be, the customer's."""
        return self not in (RefundStatus.FAILED, RefundStatus.CANCELED)


@dataclass(frozen=True, slots=True)
class PaymentIntent:
    """One payment at the provider, as it stood when it answered.

    Attributes:
        amount: what was asked for.
        amount_capturable: what is held and may still be captured.
        amount_received: what was captured (refunds do not lower it).
        decline_code: why the last confirm was declined, as in `CardDeclined.code`.
        cancellation_reason: "automatic" when the provider let the authorisation expire.
        order_id: the order that `PaymentGateway.create_intent` was called for.
        created_at: to the second.
    """

    id: str
    status: IntentStatus
    amount: int
    currency: str
    amount_received: int
    amount_capturable: int = 0
    decline_code: str | None = None
    cancellation_reason: str | None = None
    order_id: str | None = None
    created_at: datetime = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back; `reference` is the caller's own name for it, and None for a refund
    that was made outside the platform, for example in the provider's dashboard."""

    id: str
    status: RefundStatus
    amount: int
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A customer's objection at their bank (https://docs.stripe.com/disputes/how-disputes-work).

    The bank takes `amount` back at once, and gives it to the shop again if that wins. Neither
    changes what the provider says of the intent or its refunds.

    Attributes:
        amount: in minor units.
        status: the provider's: `lost` and `won` are final.
    """

    id: str
    amount: int
    status: str

    @property
    def lost(self) -> bool:
        """Whether the customer has the money for good."""
        return self.status == "lost"

    @property
    def won(self) -> bool:
        """Whether the shop has it for good."""
        return self.status == "won"


class GatewayError(Exception):
    """The root of everything a gateway raises. Messages hold ids and codes only.

    ::

        GatewayError
        ├── CardDeclined        business: the bank or the card said no, for certain
        ├── GatewayRefused      technical, certainly no effect: the provider will not do this in
        │                       the present state (or with this key): retrieve, then decide
        ├── GatewayUnavailable  technical, certainly no effect of this call: repeat it later,
        │                       with the same idempotency key
        └── GatewayAmbiguous    technical, effect unknown: retrieve the intent by its id

    The technical ones are also members of the families in `functions.shared.errors`.

    Attributes:
        code: the provider's code (`payment_intent_unexpected_state`), or our own word for a
            failure that has none (`timeout`).
        request_id: the provider's name for the request, to be quoted to its support.
    """

    def __init__(
        self, code: str, *, intent_id: str | None = None, request_id: str | None = None
    ) -> None:
        self.code = code
        self.intent_id = intent_id
        self.request_id = request_id
        parts = [code]
        if intent_id:
            parts.append(f"intent {intent_id}")
        if request_id:
            parts.append(f"request {request_id}")
        super().__init__(", ".join(parts))


class CardDeclined(GatewayError):
    """The payment was declined. `code` is the reason a customer may be told, as one of the
    provider's decline codes: `generic_decline`, `insufficient_funds`, `expired_card`,
    `authentication_required` (also where the bank insists on 3-D Secure)."""


class GatewayRefused(GatewayError, TechnicalError):
    """The provider understood and refused; nothing changed by this call.

    A state error (`payment_intent_unexpected_state`: cancelled, already captured), an amount too
    large, an unknown intent (`resource_missing`), or `idempotency_error`: the key was used with
    other parameters before. Somebody else moved the payment, or we are wrong about it.
    """


class GatewayUnavailable(GatewayError, RetryableError):
    """This call certainly changed nothing: not connected, rate limited (429), the key refused, a
    twin with the same idempotency key still running (409), or it was only a reading call.

    Repeat later, with the same idempotency key.
    """


class GatewayAmbiguous(GatewayError, AmbiguousError):
    """The call may or may not have changed the payment.

    Attributes:
        answered: True: the provider answered with a server error, which it keeps under the
            idempotency key and repeats; after retrieving, going on needs the next key.
            False: no answer came (time-out, lost connection); the same key settles it.
    """

    def __init__(
        self,
        code: str,
        *,
        answered: bool,
        intent_id: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(code, intent_id=intent_id, request_id=request_id)
        self.answered = answered


class PaymentGateway(Protocol):
    """What the platform asks of a payment provider.

    Every call may raise `GatewayUnavailable`; every call that changes something may raise
    `GatewayRefused` and `GatewayAmbiguous`; only `confirm_intent` and `capture_intent` raise
    `CardDeclined`. Nothing is retried in here: the callers own their retries, because only they
    know whether a repetition is still wanted.
    """

    def create_intent(
        self,
        order_id: str,
        amount: int,
        currency: str,
        payment_method: str,
        *,
        number: int = 1,
    ) -> PaymentIntent:
        """Create an unconfirmed intent with manual capture: no money moves, nothing is held.

        Idempotent by order and `number` for as long as the provider keeps its keys (24 hours).
        Later, or under the next number, a second intent may come to be, harmless since it is never
        confirmed. An intent that was created before is told of as it is now.

        Raises:
            GatewayRefused: `idempotency_error`, order and number were used before with another
                amount, currency or payment method; `resource_missing`, there is no such payment
                method.
        """
        ...

    def retrieve_intent(self, intent_id: str) -> PaymentIntent:
        """Read the intent as it is now, also after any ambiguous call.

        Raises:
            GatewayRefused: `resource_missing`, there is no such intent.
        """
        ...

    def list_intents(self, since: datetime, *, after: str | None = None) -> list[PaymentIntent]:
        """A page of all intents that were created since then, the newest first; empty at the end.

        Args:
            after: the last one's id of the page before.
        """
        ...

    def confirm_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """Authorise: hold the money on the customer's card.

        A card that wants its owner to act (3-D Secure) counts as declined.
        """
        ...

    def capture_intent(
        self, intent_id: str, *, idempotency_key: str, amount: int | None = None
    ) -> PaymentIntent:
        """Take the held money: all of it, or `amount` of it, which releases the rest."""
        ...

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """Void: release what is held, and have every later confirm or capture refused."""
        ...

    def refund_intent(
        self, intent_id: str, amount: int, *, idempotency_key: str, reference: str | None = None
    ) -> Refund:
        """Give back `amount` of what was captured.

        `reference` is never left out by the platform: without it, a refund counts as made
        outside.

        Before a *new* key is used for the same refund, `list_refunds` must have shown that
        it is not there: unlike the other calls, a refund can happen twice.
        """
        ...

    def list_refunds(self, intent_id: str) -> list[Refund]:
        """Every refund of the intent, the newest first, failed ones included."""
        ...

    def list_disputes(self, intent_id: str) -> list[Dispute]:
        """Every dispute of the intent, the newest first."""
        ...
