"""What the payment provider says of an intent, beside what the ledger says."""

from dataclasses import dataclass
from typing import Any

from scripts.kit.customer import ApiError, call
from scripts.kit.endpoints import Endpoints

LOCAL_KEY = "sk_test_local"


@dataclass(frozen=True)
class Intent:
    """A payment intent in minor units of its currency."""

    id: str
    status: str
    currency: str
    amount: int
    authorised: int
    captured: int
    refunded: int

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "Intent":
        """From the provider's answer, its latest charge expanded."""
        charge = found.get("latest_charge")
        charge = charge if isinstance(charge, dict) else {}
        held = charge.get("status") == "succeeded"
        return cls(
            id=found["id"],
            status=found["status"],
            currency=str(found["currency"]).upper(),
            amount=found["amount"],
            authorised=charge.get("amount", 0) if held else 0,
            captured=found["amount_received"],
            refunded=charge.get("amount_refunded", 0),
        )


def intent(endpoints: Endpoints, intent_id: str) -> Intent | None:
    """An intent as the local payment sandbox has it; None where the provider is a real one.

    Raises ApiError when the sandbox does not know it.
    """
    if endpoints.payments is None:
        return None
    url = f"{endpoints.payments}/v1/payment_intents/{intent_id}?expand[]=latest_charge"
    answer = call(url, headers={"Authorization": f"Bearer {LOCAL_KEY}"})
    if answer.status != 200:
        raise ApiError(f"The payment sandbox answers {answer.status} for {intent_id}.")
    return Intent.from_json(answer.body)
