"""A payment provider in memory, which fails before or after its effect when a test asks it to."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Literal

from functions.payments.gateway import (
    CardDeclined,
    Dispute,
    GatewayAmbiguous,
    GatewayError,
    GatewayRefused,
    IntentStatus,
    PaymentIntent,
    Refund,
    RefundStatus,
)

DECLINED_CARD = "pm_card_chargeDeclined"
UNKNOWN_CARD = "pm_card_unknown"
CREATED = datetime(2026, 1, 20, tzinfo=UTC)
"""When each intent was."""


@dataclass
class FakeGateway:
    """`PaymentGateway` in memory.

    `fail(call, when)` makes the next such call fail; `calls` lists (call, idempotency key). What
    stands in `refusals` the next such call is answered, and every later one with the same key, as
    `refund_answers` has them.
    """

    intents: dict[str, PaymentIntent] = field(default_factory=dict)
    cards: dict[str, str] = field(default_factory=dict)
    refunds: dict[str, list[Refund]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    disputes: dict[str, list[Dispute]] = field(default_factory=dict)
    refusals: dict[str, GatewayError] = field(default_factory=dict)
    refund_answers: dict[str, Refund | GatewayError] = field(default_factory=dict)
    _failures: dict[str, Literal["before", "after"]] = field(default_factory=dict)

    def fail(self, call: str, when: Literal["before", "after"]) -> None:
        """The next `call` loses its answer, before or after its effect."""
        self._failures[call] = when

    def _do(self, call: str, key: str, effect: Callable[[], PaymentIntent]) -> PaymentIntent:
        self.calls.append((call, key))
        failure = self._failures.pop(call, None)
        if failure == "before":
            raise GatewayAmbiguous("timeout", answered=False)
        intent = effect()
        self.intents[intent.id] = intent
        if failure == "after":
            raise GatewayAmbiguous("timeout", answered=False)
        return intent

    def create_intent(
        self,
        order_id: str,
        amount: int,
        currency: str,
        payment_method: str,
        *,
        number: int = 1,
    ) -> PaymentIntent:
        """See `PaymentGateway`."""
        intent = PaymentIntent(
            f"pi_{order_id}",
            IntentStatus.REQUIRES_CONFIRMATION,
            amount,
            currency,
            0,
            order_id=order_id,
            created_at=CREATED,
        )
        if payment_method == UNKNOWN_CARD:
            raise GatewayRefused("resource_missing")
        known = self.intents.get(intent.id)
        if known is not None and known.amount != amount:
            raise GatewayRefused("idempotency_error")
        self.cards[intent.id] = payment_method
        return self._do("create", f"{order_id}:create:{number}", lambda: known or intent)

    def retrieve_intent(self, intent_id: str) -> PaymentIntent:
        """See `PaymentGateway`."""
        if intent_id not in self.intents:
            raise GatewayRefused("resource_missing", intent_id=intent_id)
        return self.intents[intent_id]

    def list_intents(self, since: datetime, *, after: str | None = None) -> list[PaymentIntent]:
        """See `PaymentGateway`: all on one page."""
        found = [one for one in reversed(self.intents.values()) if one.created_at >= since]
        return found if after is None else []

    def confirm_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway`."""
        intent = self._expect(intent_id, IntentStatus.REQUIRES_CONFIRMATION)
        if self.cards[intent_id] == DECLINED_CARD:
            status = IntentStatus.REQUIRES_PAYMENT_METHOD
            declined = replace(intent, status=status, decline_code="generic_decline")
            self._do("confirm", idempotency_key, lambda: declined)
            raise CardDeclined("generic_decline")
        held = replace(intent, status=IntentStatus.REQUIRES_CAPTURE)
        return self._do("confirm", idempotency_key, lambda: held)

    def capture_intent(
        self, intent_id: str, *, idempotency_key: str, amount: int | None = None
    ) -> PaymentIntent:
        """See `PaymentGateway`."""
        intent = self._expect(intent_id, IntentStatus.REQUIRES_CAPTURE)
        taken = replace(intent, status=IntentStatus.SUCCEEDED, amount_received=intent.amount)
        return self._do("capture", idempotency_key, lambda: taken)

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway`."""
        intent = self.intents[intent_id]
        if intent.status in (IntentStatus.SUCCEEDED, IntentStatus.CANCELED):
            raise GatewayRefused("payment_intent_unexpected_state")
        cancelled = replace(intent, status=IntentStatus.CANCELED)
        return self._do("cancel", idempotency_key, lambda: cancelled)

    def refund_intent(
        self, intent_id: str, amount: int, *, idempotency_key: str, reference: str | None = None
    ) -> Refund:
        """See `PaymentGateway`: once for each key, never more than was captured."""
        if "refund" in self.refusals:
            self.refund_answers.setdefault(idempotency_key, self.refusals.pop("refund"))
        kept = self.refund_answers.get(idempotency_key)
        if isinstance(kept, GatewayError):
            raise kept
        if kept is not None:
            return kept
        refunds = self.refunds.setdefault(intent_id, [])
        intent = self.intents[intent_id]
        living = sum(refund.amount for refund in refunds if refund.status.living)
        if living + amount > intent.amount_received:
            raise GatewayRefused("charge_already_refunded", intent_id=intent_id)
        self.calls.append(("refund", idempotency_key))
        failure = self._failures.pop("refund", None)
        refund = Refund(f"re_{len(self.calls)}", RefundStatus.SUCCEEDED, amount, reference)
        if failure != "before":
            refunds.insert(0, refund)
            self.refund_answers[idempotency_key] = refund
        if failure is not None:
            raise GatewayAmbiguous("timeout", answered=False)
        return refund

    def list_refunds(self, intent_id: str) -> list[Refund]:
        """See `PaymentGateway`."""
        return self.refunds.get(intent_id, [])

    def list_disputes(self, intent_id: str) -> list[Dispute]:
        """See `PaymentGateway`."""
        return self.disputes.get(intent_id, [])

    def drop_authorisation(self, intent_id: str) -> None:
        """What a bank or the provider does to an authorisation that is not captured in time."""
        self.intents[intent_id] = replace(self.intents[intent_id], status=IntentStatus.CANCELED)

    def _expect(self, intent_id: str, status: IntentStatus) -> PaymentIntent:
        if self.intents[intent_id].status is not status:
            raise GatewayRefused("payment_intent_unexpected_state")
        return self.intents[intent_id]
