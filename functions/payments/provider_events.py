"""What the payment provider tells of in its webhooks, as far as it matters here.

An event says where to look: which payment intent. What became of it is asked of the provider, so
events may come twice, late, and in any order.
Source: "Types of events", https://docs.stripe.com/api/events/types.
"""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict

REFUNDS: Final = frozenset(
    {
        "charge.refund.updated",
        "charge.refunded",
        "refund.created",
        "refund.failed",
        "refund.updated",
    }
)
DISPUTES: Final = frozenset(
    {
        "charge.dispute.closed",
        "charge.dispute.created",
        "charge.dispute.funds_reinstated",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.updated",
    }
)
HANDLED: Final = REFUNDS | DISPUTES
"""The types to which the provider's endpoint is to be subscribed. Others are ignored."""


class _Data(BaseModel):
    object: dict[str, Any]


class ProviderEvent(BaseModel):
    """One event of the provider, whose signature was found to be right.

    Attributes:
        id: the same however often the event comes.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    id: str
    type: str
    data: _Data

    @property
    def intent_id(self) -> str | None:
        """The payment intent that a handled event is about; None: a charge made without one."""
        intent = self.data.object.get("payment_intent")
        return intent if isinstance(intent, str) else None

    @property
    def dispute_id(self) -> str | None:
        """The dispute, if the event is about one."""
        return str(self.data.object["id"]) if self.type in DISPUTES else None
