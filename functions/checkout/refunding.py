"""What every refund at the provider has in common: it must not happen twice, also by a late twin.

Unlike confirm, capture and cancel, a refund of a part is no move of a state machine: the provider
would do it again under another key. So all attempts use one key, and the next only when the
provider keeps a failure under it and would repeat that. Before any call, the intent's refunds are
listed: a refund that is there needs no second one, however long ago its key has expired.
"""

from collections.abc import Iterable, Sequence

from functions.orders.refunds import OrderRefund, RefundState
from functions.payments.gateway import (
    GatewayAmbiguous,
    GatewayError,
    GatewayRefused,
    Refund,
)


def paid_back(refunds: Sequence[Refund], reference: str | None) -> int:
    """What the provider gave, or is going to give, back under a reference; in minor units."""
    return sum(r.amount for r in refunds if r.reference == reference and r.status.living)


def promised(recorded: Iterable[OrderRefund]) -> frozenset[str]:
    """The ids of an order's refunds of parts whose amounts stand claimed on its ledger."""
    standing = (RefundState.PENDING, RefundState.REFUNDED)
    return frozenset(refund.refund_id for refund in recorded if refund.state in standing)


def idempotency_key(name: str, refunds: Sequence[Refund], reference: str, failures: int) -> str:
    """The key of the next refund under a reference, the same for every attempt at it.

    Args:
        name: what is refunded, and of which order.
        refunds: all of the intent.
        failures: how many answers the provider keeps that were none.
    """
    made = sum(refund.reference == reference for refund in refunds)
    return f"{name}:{failures + made + 1}"


def is_kept(error: GatewayError) -> bool:
    """Whether the provider repeats this answer for the same key: only another key goes on.

    Source: https://docs.stripe.com/api/idempotent_requests (also of server errors).
    """
    return isinstance(error, GatewayRefused) or (
        isinstance(error, GatewayAmbiguous) and error.answered
    )
