"""Disputes: the customer's bank takes the money back. https://docs.stripe.com/disputes"""

from collections.abc import Callable
from typing import Final

from scripts.local.payment_sandbox.lists import PAGING, page
from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import ApiError, Json, require_known, take_text

OUTCOMES: Final = ("won", "lost")


def dispute(
    store: Store,
    charge: Json,
    new_id: Callable[[str], str],
    now: int,
    emit: Callable[[str, Json], None],
) -> Json:
    """Open a dispute over all that was captured and not given back, once per charge."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["disputed"] or left == 0:
        raise ApiError(400, f"Charge {charge['id']} cannot be disputed.")
    opened: Json = {
        "id": new_id("dp_"),
        "object": "dispute",
        "amount": left,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": "needs_response",
    }
    charge["disputed"] = True
    store.put("charge", charge)
    store.put("dispute", opened, parent=charge["payment_intent"])
    emit("charge.dispute.created", opened)
    emit("charge.dispute.funds_withdrawn", opened)
    return opened


def close(store: Store, dispute_id: str, status: str, emit: Callable[[str, Json], None]) -> Json:
    """The bank has decided: the shop has won, and can refund the payment again, or has lost."""
    found = store.get("dispute", dispute_id)
    if found is None or found["status"] in OUTCOMES or status not in OUTCOMES:
        raise ApiError(400, f"Dispute {dispute_id} cannot be {status}.")
    found["status"] = status
    store.put("dispute", found)
    emit("charge.dispute.closed", found)
    if status == "won":
        charge = store.known("charge", found["charge"])
        charge["disputed"] = False
        store.put("charge", charge)
        emit("charge.dispute.funds_reinstated", found)
    return found


def listed(store: Store, params: Json) -> Json:
    """A page of disputes of one intent, the newest first."""
    require_known(params, PAGING | {"payment_intent"})
    return page(
        store, "dispute", "/v1/disputes", params, parent=take_text(params, "payment_intent")
    )
