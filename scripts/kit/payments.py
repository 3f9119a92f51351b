"""What the payment provider has of an order, beside what the ledger says."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scripts.kit.customer import ApiError, call
from scripts.kit.endpoints import Endpoints

LIVE = ("succeeded", "pending")
"""States of a refund in which the customer has or gets the money."""


@dataclass(frozen=True)
class Intent:
    """A payment intent at the provider; amounts in minor units of its currency.

    Attributes:
        held: authorised and not captured: blocked on the card.
    """

    id: str
    status: str
    currency: str
    amount: int
    held: int
    captured: int
    refunded: int

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Intent":
        """From the sandbox's list."""
        return cls(
            id=found["id"],
            status=found["status"],
            currency=str(found["currency"]).upper(),
            amount=found["amount"],
            held=found["amount_capturable"],
            captured=found["amount_received"],
            refunded=sum(one["amount"] for one in found["refunds"] if one["status"] in LIVE),
        )


def intents(endpoints: Endpoints, order_id: str) -> list[Intent] | None:
    """The intents of an order in the local payment sandbox; None where the provider is real.

    Raises ApiError when the sandbox does not answer as it should.
    """
    if endpoints.payments is None:
        return None
    answer = call(f"{endpoints.payments}/_sandbox/intents?order={order_id}")
    if answer.status != 200:
        raise ApiError(f"The payment sandbox answers {answer.status}.")
    return [Intent.from_json(one) for one in answer.body["data"]]
