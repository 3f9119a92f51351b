"""Disputes: the customer's bank takes the money back. https://docs.stripe.com/disputes"""

from collections.abc import Callable

from scripts.local.payment_sandbox.store import Store
from scripts.local.payment_sandbox.wire import ApiError, Json


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
    return opened
