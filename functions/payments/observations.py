"""What a ledger has to change to agree with the payment provider."""

from collections.abc import Collection, Sequence
from typing import Any

from functions.payments.gateway import Dispute, Refund
from functions.payments.ledger import PAID_BACK, Payment, PaymentState


def strange(refunds: Sequence[Refund], order_id: str, recorded: Collection[str]) -> list[Refund]:
    """The living refunds that nothing of an order accounts for.

    They were made outside the platform, or by it and then lost with its tables.

    Args:
        refunds: all of the order's intent.
        recorded: ids of the order's refunds of parts whose amounts are claimed.
    """
    known = {order_id, *recorded}
    return [one for one in refunds if one.status.living and one.reference not in known]


def observed(
    payment: Payment,
    refunds: Sequence[Refund],
    dispute: str | None,
    *,
    unknown: Sequence[Refund] = (),
    unpaid: Collection[str] = (),
    disputes: Sequence[Dispute] = (),
) -> dict[str, Any]:
    """The changes; empty if the ledger agrees.

    Args:
        refunds: all that the provider has for the payment's intent.
        dispute: the id of one that is known to exist.
        unknown: of these, the strange ones.
        unpaid: ids of the platform's refunds that are claimed, and not noted as paid: whether the
            provider has them already is their own task's to say.
        disputes: all of the intent, if it was ever disputed.
    """
    living = [refund for refund in refunds if refund.status.living]
    lost = sum(one.amount for one in disputes if one.lost)
    seen: dict[str, Any] = {"outside": sum(one.amount for one in unknown), "lost": lost}
    if dispute:
        seen["dispute"] = dispute
    if payment.state in PAID_BACK:
        given = sum(refund.amount for refund in living if refund.reference not in unpaid)
        enough = given + payment.pending + lost >= payment.captured
        seen["refunded"] = given
        seen["state"] = PaymentState.REFUNDED if enough else PaymentState.REFUND_FAILED
    return {name: value for name, value in seen.items() if getattr(payment, name) != value}
