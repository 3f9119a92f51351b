"""Payment intents and what can be done to them.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from typing import Any, Final

from scripts.local.payment_sandbox.cards import TEST_CARDS, Card
from scripts.local.payment_sandbox.disputes import dispute
from scripts.local.payment_sandbox.lists import PAGING, page
from scripts.local.payment_sandbox.objects import (
    ALLOWED,
    checked_creation,
    new_charge,
    new_intent,
    require_status,
    test_card,
    unexpected_state,
)
from scripts.local.payment_sandbox.operations import Operations
from scripts.local.payment_sandbox.wire import (
    ApiError,
    Json,
    bad_parameter,
    missing_object,
    require_known,
    take_flag,
    take_integer,
)

_CONFIRM: Final = frozenset(("payment_method", "error_on_requires_action", "return_url"))
_CAPTURE: Final = frozenset(("amount_to_capture",))
_CANCEL: Final = frozenset(("cancellation_reason",))
_LIST: Final = PAGING | {"created"}
_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_AUTHENTICATION_WANTED: Final = (
    "This payment required an authentication action to complete, but `error_on_requires_action`"
    " was set."
)


class Intents(Operations):
    """The operations on payment intents."""

    def find(self, intent_id: str) -> Json:
        """The intent of a path, or 404."""
        intent = self._store.get("payment_intent", intent_id)
        if intent is None:
            raise missing_object("payment_intent", intent_id, param="intent")
        return intent

    def list(self, params: Json) -> Json:
        """A page of all intents, the newest first (https://docs.stripe.com/api/payment_intents/list);
        of its filters, the one by time."""
        require_known(params, _LIST)
        return page(self._store, "payment_intent", "/v1/payment_intents", params)

    def create(self, params: Json) -> Json:
        """A new intent: nothing is held yet."""
        intent = new_intent(self._new_id, self._now(), checked_creation(params))
        self._save(intent)
        self._emit("payment_intent.created", intent)
        return intent

    def confirm(self, intent_id: str, params: Json) -> Json:
        """Try the card: authorised (or captured at once, by the capture method), or declined."""
        intent = self.find(intent_id)
        require_known(params, _CONFIRM)
        error_on_action = take_flag(params, "error_on_requires_action")
        require_status("confirm", intent)
        payment_method = params.get("payment_method", intent["payment_method"])
        if payment_method is None:
            raise unexpected_state(
                intent,
                "You cannot confirm this PaymentIntent because it's missing a payment method.",
            )
        card = test_card(payment_method)
        intent["payment_method"] = payment_method
        if card.authenticates and error_on_action:
            raise self.decline(
                intent,
                Card(
                    error_code="authentication_required",
                    decline_code="authentication_not_handled",
                    message=_AUTHENTICATION_WANTED,
                ),
            )
        if card.authenticates:
            intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}
            self._save(intent)
            self._emit("payment_intent.requires_action", intent)
            return intent
        if card.error_code is not None:
            raise self.decline(intent, card)
        return self._authorise(intent, card)

    def _authorise(self, intent: Json, card: Card) -> Json:
        charge = new_charge(self._new_id, self._now(), intent, card)
        self._store.put("charge", charge, parent=intent["id"])
        intent |= {
            "status": "requires_capture",
            "amount_capturable": intent["amount"],
            "last_payment_error": None,
            "latest_charge": charge["id"],
        }
        if intent["capture_method"] == "automatic":
            return self._take(intent, intent["amount"])
        self._save(intent)
        self._emit("payment_intent.amount_capturable_updated", intent)
        return intent

    def decline(self, intent: Json, card: Card) -> ApiError:
        """The error of a declined payment; the intent is left waiting for another card."""
        failure = {
            "type": "card_error",
            "code": card.error_code,
            "message": card.message,
            "payment_method": {"id": intent["payment_method"], "object": "payment_method"},
        }
        if card.decline_code:
            failure["decline_code"] = card.decline_code
        intent |= {
            "status": "requires_payment_method",
            "amount_capturable": 0,
            "payment_method": None,
            "last_payment_error": failure,
        }
        self._save(intent)
        self._emit("payment_intent.payment_failed", intent)
        fields: dict[str, Any] = {k: v for k, v in failure.items() if k not in ("type", "message")}
        return ApiError(402, card.message, type="card_error", payment_intent=intent, **fields)

    def capture(self, intent_id: str, params: Json) -> Json:
        """Take the authorised amount, or a part of it, which releases the rest."""
        intent = self.find(intent_id)
        require_known(params, _CAPTURE)
        amount = take_integer(params, "amount_to_capture")
        require_status("capture", intent)
        if amount is not None and amount > intent["amount_capturable"]:
            raise ApiError(
                400,
                f"The amount to capture ({amount}) is larger than the capturable amount"
                f" ({intent['amount_capturable']}).",
                code="amount_too_large",
                param="amount_to_capture",
            )
        return self._take(intent, amount or intent["amount_capturable"])

    def _take(self, intent: Json, amount: int) -> Json:
        charge = self._charge(intent)
        charge |= {"captured": True, "amount_captured": amount}
        self._store.put("charge", charge)
        intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
        self._save(intent)
        self._emit("charge.captured", charge)
        self._emit("payment_intent.succeeded", intent)
        if TEST_CARDS[charge["payment_method"]].disputed:
            dispute(self._store, charge, self._new_id, self._now(), self._emit)
        return intent

    def dispute(self, intent_id: str) -> Json:
        """The customer disputes the payment with their bank."""
        intent = self.find(intent_id)
        charge = self._store.get("charge", intent["latest_charge"] or "")
        if charge is None or not charge["captured"]:
            raise ApiError(400, f"Nothing was captured with {intent_id}.")
        return dispute(self._store, charge, self._new_id, self._now(), self._emit)

    def cancel(self, intent_id: str, params: Json) -> Json:
        """Void: what was held is released, and nothing is accepted any more."""
        intent = self.find(intent_id)
        require_known(params, _CANCEL)
        reason = params.get("cancellation_reason")
        if reason is not None and reason not in _REASONS:
            raise bad_parameter("Invalid reason", "cancellation_reason", "parameter_invalid")
        require_status("cancel", intent)
        return self.void(intent, reason)

    def void(self, intent: Json, reason: str | None) -> Json:
        """Cancel without asking: also what the provider does itself when an authorisation ages."""
        if intent["latest_charge"] and intent["status"] == "requires_capture":
            charge = self._charge(intent)
            charge |= {"refunded": True, "amount_refunded": charge["amount"]}
            self._store.put("charge", charge)
        intent |= {
            "status": "canceled",
            "amount_capturable": 0,
            "canceled_at": self._now(),
            "cancellation_reason": reason,
        }
        self._save(intent)
        self._emit("payment_intent.canceled", intent)
        return intent

    def expire(self, intent_id: str) -> Json:
        """The bank's hold has aged out: the provider cancels what was authorised (for most cards
        after 7 days, https://docs.stripe.com/payments/place-a-hold-on-a-payment-method)."""
        intent = self.find(intent_id)
        require_status("capture", intent)
        return self.void(intent, "automatic")

    def expire_if_held(self, intent_id: str) -> None:
        """The same, for an intent that may not hold anything."""
        if self.find(intent_id)["status"] in ALLOWED["capture"]:
            self.expire(intent_id)

    def decline_if_open(self, intent_id: str, card: Card) -> None:
        """The bank says no, whatever the card: for an intent that it can still say no to."""
        intent = self.find(intent_id)
        if intent["status"] in ALLOWED["confirm"] + ALLOWED["capture"]:
            raise self.decline(intent, card)

    def _charge(self, intent: Json) -> Json:
        return self._store.known("charge", intent["latest_charge"])

    def _save(self, intent: Json) -> None:
        self._store.put("payment_intent", intent, parent=intent["metadata"].get("orderId", ""))
