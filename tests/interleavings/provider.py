"""The payment provider in memory, with what twins of an attempt meet at the real one.

It answers a repeated idempotency key with the first answer, refusals included, and refuses to
refund more than it has captured (https://docs.stripe.com/api/idempotent_requests,
https://docs.stripe.com/api/refunds/create).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from functions.payments.gateway import (
    GatewayAmbiguous,
    GatewayError,
    GatewayRefused,
    PaymentIntent,
    Refund,
)
from tests.support.fake_gateway import FakeGateway
from tests.support.invariants import Charge

Answer = TypeVar("Answer")


@dataclass
class Provider(FakeGateway):
    """`PaymentGateway` in memory.

    Attributes:
        answers: idempotency key → the first answer.
        failing: idempotency keys under which it keeps a server error.
        forgetful: every create makes another intent, as after the keys have expired.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    failing: frozenset[str] = frozenset()
    forgetful: bool = False

    def create_intent(
        self, order_id: str, amount: int, currency: str, payment_method: str, *, number: int = 1
    ) -> PaymentIntent:
        """See `PaymentGateway`."""
        intent = super().create_intent(order_id, amount, currency, payment_method, number=number)
        if self.forgetful:
            new = replace(intent, id=f"pi_{order_id}_{len(self.intents)}")
            self.intents[new.id] = new
            self.cards[new.id] = payment_method
            return new
        return intent

    def confirm_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway`."""
        confirm = super().confirm_intent
        return self._once(
            idempotency_key, lambda: confirm(intent_id, idempotency_key=idempotency_key)
        )

    def capture_intent(
        self, intent_id: str, *, idempotency_key: str, amount: int | None = None
    ) -> PaymentIntent:
        """See `PaymentGateway`."""
        capture = super().capture_intent
        return self._once(
            idempotency_key,
            lambda: capture(intent_id, idempotency_key=idempotency_key, amount=amount),
        )

    def cancel_intent(self, intent_id: str, *, idempotency_key: str) -> PaymentIntent:
        """See `PaymentGateway`."""
        cancel = super().cancel_intent
        return self._once(
            idempotency_key, lambda: cancel(intent_id, idempotency_key=idempotency_key)
        )

    def refund_intent(
        self, intent_id: str, amount: int, *, idempotency_key: str, reference: str | None = None
    ) -> Refund:
        """See `PaymentGateway`."""
        return self._once(
            idempotency_key, lambda: self._refund(intent_id, amount, idempotency_key, reference)
        )

    def charges(self, order_id: str) -> tuple[Charge, ...]:
        """Every intent of an order, as the invariants want it."""
        of_order = [intent for intent in self.intents.values() if intent.order_id == order_id]
        return tuple(self._charge(intent) for intent in of_order)

    def _refund(self, intent_id: str, amount: int, key: str, reference: str | None) -> Refund:
        left = self.intents[intent_id].amount_received - self._given_back(intent_id)
        if amount > left:
            raise GatewayRefused("charge_already_refunded", intent_id=intent_id)
        return super().refund_intent(intent_id, amount, idempotency_key=key, reference=reference)

    def _once(self, key: str, effect: Callable[[], Answer]) -> Answer:
        if key in self.failing:
            raise GatewayAmbiguous("api_error", answered=True)
        if key not in self.answers:
            try:
                self.answers[key] = effect()
            except GatewayError as refusal:
                self.answers[key] = refusal
        answer: Answer = self.answers[key]
        if isinstance(answer, GatewayError):
            raise answer
        return answer

    def _given_back(self, intent_id: str) -> int:
        return sum(r.amount for r in self.refunds.get(intent_id, []) if r.status.living)

    def _charge(self, intent: PaymentIntent) -> Charge:
        held = intent.status.value == "requires_capture"
        return Charge(
            id=intent.id,
            status=intent.status,
            authorised=intent.amount if held else 0,
            captured=intent.amount_received,
            refunded=self._given_back(intent.id),
        )
