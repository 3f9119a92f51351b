"""The shapes of intents and charges, and the rules that need nothing but them."""

from collections.abc import Callable
from typing import Final

from scripts.local.payment_sandbox.cards import TEST_CARDS, Card
from scripts.local.payment_sandbox.currencies import CURRENCIES
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

ALLOWED: Final[dict[str, tuple[str, ...]]] = {
    "confirm": ("requires_payment_method", "requires_confirmation", "requires_action"),
    "capture": ("requires_capture",),
    "cancel": (
        "requires_payment_method",
        "requires_capture",
        "requires_confirmation",
        "requires_action",
        "processing",
    ),
}
"""In which status a payment intent takes which operation."""

_OPENINGS: Final = {
    "confirm": "You cannot confirm this PaymentIntent because",
    "cancel": "You cannot cancel this PaymentIntent because",
    "capture": "This PaymentIntent could not be captured because",
}
_MIN_AMOUNT: Final = 50
_MAX_AMOUNT: Final = 99_999_999
_CREATE: Final = frozenset(
    (
        "amount",
        "currency",
        "payment_method",
        "capture_method",
        "allowed_payment_method_types",
        "payment_method_types",
        "automatic_payment_methods",
        "description",
        "metadata",
    )
)


def checked_creation(params: Json) -> Json:
    """The fields of a new intent that its creator chose.

    Raises:
        ApiError: 400, with the parameter that is wrong.
    """
    require_known(params, _CREATE)
    for name in ("amount", "currency"):
        if name not in params:
            raise bad_parameter(f"Missing required param: {name}.", name, "parameter_missing")
    amount = take_integer(params, "amount") or 0
    if amount < _MIN_AMOUNT:
        raise bad_parameter("Amount must be at least 50.", "amount", "amount_too_small")
    if amount > _MAX_AMOUNT:
        raise bad_parameter("Amount must be at most 99999999.", "amount", "amount_too_large")
    currency = params["currency"]
    if currency not in CURRENCIES:
        taken = f"Stripe currently supports these currencies: {', '.join(CURRENCIES)}"
        raise bad_parameter(
            f"Invalid currency: {currency}. {taken}", "currency", "parameter_invalid"
        )
    capture_method = params.get("capture_method", "automatic")
    if capture_method not in ("automatic", "manual"):
        raise bad_parameter("Invalid capture_method", "capture_method", "parameter_invalid")
    payment_method = params.get("payment_method")
    if payment_method is not None:
        test_card(payment_method)
    return {
        "amount": amount,
        "currency": currency,
        "capture_method": capture_method,
        "payment_method": payment_method,
        "description": take_text(params, "description"),
        "metadata": take_texts(params, "metadata"),
    }


def new_intent(new_id: Callable[[str], str], now: int, chosen: Json) -> Json:
    """An intent of which nothing is held yet."""
    intent_id = new_id("pi_")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount_capturable": 0,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{new_id('')}",
        "confirmation_method": "automatic",
        "created": now,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "next_action": None,
        "payment_method_types": ["card"],
        "status": "requires_confirmation"
        if chosen["payment_method"]
        else "requires_payment_method",
        **chosen,
    }


def new_charge(new_id: Callable[[str], str], now: int, intent: Json, card: Card) -> Json:
    """The charge of an authorised intent, not captured yet."""
    return {
        "id": new_id("ch_"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "captured": False,
        "created": now,
        "currency": intent["currency"],
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": True,
        "payment_intent": intent["id"],
        "payment_method": intent["payment_method"],
        "payment_method_details": {"type": "card", "card": {"brand": card.brand}},
        "refunded": False,
        "status": "succeeded",
    }


def test_card(payment_method: object) -> Card:
    """The test card of this name.

    Raises:
        ApiError: 400 resource_missing, no test payment method is called so.
    """
    card = TEST_CARDS.get(payment_method) if isinstance(payment_method, str) else None
    if card is None:
        raise missing_object(
            "PaymentMethod", str(payment_method), param="payment_method", status=400
        )
    return card


def require_status(operation: str, intent: Json) -> None:
    """Refuses an operation that the intent's status does not take.

    Raises:
        ApiError: 400 payment_intent_unexpected_state.
    """
    status, allowed = intent["status"], ALLOWED[operation]
    if status in allowed:
        return
    if operation == "capture" and status == "succeeded":
        message = "it has already been captured."
    elif operation == "confirm" and status in ("succeeded", "requires_capture"):
        message = "it has already succeeded after being previously confirmed."
    else:
        message = (
            f"it has a status of {status}. Only a PaymentIntent with one of the following"
            f" statuses may be {operation.removesuffix('e')}ed: {', '.join(allowed)}."
        )
    raise unexpected_state(intent, f"{_OPENINGS[operation]} {message}")


def unexpected_state(intent: Json, message: str) -> ApiError:
    """A state error, with the intent as it stands."""
    return ApiError(
        400, message, code="payment_intent_unexpected_state", payment_intent=dict(intent)
    )
