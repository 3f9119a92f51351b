"""Refunds of captured payments. https://docs.stripe.com/refunds"""

from typing import Final

from scripts.local.payment_sandbox.cards import TEST_CARDS
from scripts.local.payment_sandbox.lists import PAGING, page
from scripts.local.payment_sandbox.operations import Operations
from scripts.local.payment_sandbox.wire import (
    ApiError,
    Json,
    bad_parameter,
    missing_object,
    require_known,
    take_integer,
    take_text,
    take_texts,
)

_CREATE: Final = frozenset(("payment_intent", "charge", "amount", "reason", "metadata"))
_LIST: Final = PAGING | {"payment_intent"}
_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer")


class Refunds(Operations):
    """The operations on refunds."""

    def create(self, params: Json) -> Json:
        """Give back an amount, by default all that is left; never more than was captured."""
        require_known(params, _CREATE)
        amount = take_integer(params, "amount")
        metadata = take_texts(params, "metadata")
        reason = params.get("reason")
        if reason is not None and reason not in _REASONS:
            raise bad_parameter("Invalid reason", "reason", "parameter_invalid")
        charge = self._refundable_charge(params)
        if charge["disputed"]:
            raise ApiError(
                400,
                f"Charge {charge['id']} has been charged back; cannot issue a refund.",
                code="charge_disputed",
            )
        left = charge["amount_captured"] - charge["amount_refunded"]
        if left == 0:
            raise ApiError(
                400,
                f"Charge {charge['id']} has already been refunded.",
                code="charge_already_refunded",
            )
        if amount is not None and amount > left:
            raise ApiError(
                400,
                f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})",
                param="amount",
            )
        refund: Json = {
            "id": self._new_id("re_"),
            "object": "refund",
            "amount": amount or left,
            "charge": charge["id"],
            "created": self._now(),
            "currency": charge["currency"],
            "metadata": metadata,
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "succeeded",
        }
        self._store.put("refund", refund, parent=charge["payment_intent"])
        self._count(charge, refund["amount"])
        self._emit("refund.created", refund)
        self._emit("charge.refunded", charge)
        if TEST_CARDS[charge["payment_method"]].refunds_fail:
            self.fail({**refund})
        return refund

    def fail(self, refund: Json) -> Json:
        """The bank could not take it: the money is back with the seller."""
        if refund["status"] not in ("succeeded", "pending"):
            raise ApiError(400, f"Refund {refund['id']} is {refund['status']}.")
        charge = self._store.known("charge", refund["charge"])
        refund |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
        self._store.put("refund", refund)
        self._count(charge, -refund["amount"])
        self._emit("refund.updated", refund)
        self._emit("refund.failed", refund)
        return refund

    def find(self, refund_id: str) -> Json:
        """The refund of a path, or 404."""
        refund = self._store.get("refund", refund_id)
        if refund is None:
            raise missing_object("refund", refund_id, param="refund")
        return refund

    def list(self, params: Json) -> Json:
        """A page of refunds, the newest first, usually of one intent."""
        require_known(params, _LIST)
        intent_id = take_text(params, "payment_intent")
        if intent_id is not None and self._store.get("payment_intent", intent_id) is None:
            raise missing_object("payment_intent", intent_id, param="payment_intent", status=400)
        return page(self._store, "refund", "/v1/refunds", params, parent=intent_id)

    def _refundable_charge(self, params: Json) -> Json:
        intent_id = take_text(params, "payment_intent")
        charge_id = take_text(params, "charge") or ""
        if (intent_id is None) == (not charge_id):
            raise bad_parameter(
                "Provide one of payment_intent and charge.", "charge", "parameter_missing"
            )
        if intent_id is not None:
            intent = self._store.get("payment_intent", intent_id)
            if intent is None:
                raise missing_object(
                    "payment_intent", intent_id, param="payment_intent", status=400
                )
            charge_id = intent["latest_charge"] or ""
        charge = self._store.get("charge", charge_id)
        if charge is None and intent_id is None:
            raise missing_object("charge", charge_id, param="charge", status=400)
        if charge is None or not charge["captured"]:
            raise ApiError(
                400,
                f"This PaymentIntent ({intent_id}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        return charge

    def _count(self, charge: Json, amount: int) -> None:
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
        self._store.put("charge", charge)
