"""Stripe's test payment methods and what becomes of a payment with them.

Names and outcomes: https://docs.stripe.com/testing (cards, declined payments, 3-D Secure, disputes,
refunds), where most names exist with and without `visa_`.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Card:
    """A test card.

    Attributes:
        error_code: set when every payment with it is declined.
        authenticates: its bank insists that the owner acts (3-D Secure).
        refunds_fail: refunds are accepted and fail later.
        disputed: a payment with it is disputed as fraudulent once captured.
    """

    brand: str = "visa"
    error_code: str | None = None
    decline_code: str | None = None
    message: str = "Your card was declined."
    authenticates: bool = False
    refunds_fail: bool = False
    disputed: bool = False


def _declined(decline_code: str, message: str = "Your card was declined.") -> Card:
    return Card(error_code="card_declined", decline_code=decline_code, message=message)


_DECLINES: Final = {
    "chargeDeclined": _declined("generic_decline"),
    "chargeDeclinedInsufficientFunds": _declined(
        "insufficient_funds", "Your card has insufficient funds."
    ),
    "chargeDeclinedLostCard": _declined("lost_card"),
    "chargeDeclinedStolenCard": _declined("stolen_card"),
    "chargeDeclinedFraudulent": _declined("fraudulent"),
    "chargeDeclinedVelocityLimitExceeded": _declined("card_velocity_exceeded"),
    "chargeDeclinedExpiredCard": Card(error_code="expired_card", message="Your card has expired."),
    "chargeDeclinedIncorrectCvc": Card(
        error_code="incorrect_cvc", message="Your card's security code is incorrect."
    ),
    "chargeDeclinedProcessingError": Card(
        error_code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
}

TEST_CARDS: Final[dict[str, Card]] = {
    **{
        f"pm_card_{brand}": Card(brand=brand)
        for brand in ("visa", "visa_debit", "mastercard", "amex", "discover", "diners", "jcb")
    },
    **{f"pm_card_{name}": card for name, card in _DECLINES.items()},
    **{f"pm_card_visa_{name}": card for name, card in _DECLINES.items()},
    "pm_card_chargeCustomerFail": _declined("generic_decline"),
    "pm_card_authenticationRequired": Card(authenticates=True),
    "pm_card_threeDSecure2Required": Card(authenticates=True),
    "pm_card_threeDSecureRequired": Card(authenticates=True),
    "pm_card_createDispute": Card(disputed=True),
    "pm_card_refundFail": Card(refunds_fail=True),
}
