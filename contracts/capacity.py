"""What the shop is sized for: the deployment sets these limits, `scripts/shop blackfriday` judges
forecasts by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

PEAK_ORDERS_A_SECOND: Final = 100
"""The peak that the limits below are made for."""


@dataclass(frozen=True, slots=True)
class Reservation:
    """Executions that a function has for itself. They are its limit as well.

    Attributes:
        executions: at once.
        seconds: assumed for one invocation at a peak, slow answers of others included.
        reason: why it has its own, and so many.
    """

    executions: int
    seconds: float
    reason: str


@dataclass(frozen=True, slots=True)
class Throttle:
    """Of one route, over all its callers.

    Attributes:
        rate: requests a second.
        burst: requests that may come at once.
    """

    rate: int
    burst: int


RESERVED: Final[Mapping[str, Reservation]] = MappingProxyType(
    {
        "PlaceOrderApi": Reservation(100, 0.5, "half for the peak, half for cold starts"),
        "ChargePayment": Reservation(200, 2, "the provider's two seconds; beyond it sagas wait"),
        "ReserveInventory": Reservation(60, 0.5, "contention for a hot SKU is waited out in it"),
        "ConfirmOrder": Reservation(150, 1.5, "captures: money behind it is authorised already"),
        "SendConfirmation": Reservation(60, 0.5, "a slow mail service must not hold up captures"),
        "RejectOrder": Reservation(20, 0.2, "a wave of declined cards waits behind no other task"),
        "ReleaseInventory": Reservation(20, 0.3, "units of rejected orders are for sale again"),
        "RefundPayment": Reservation(40, 2, "money goes back while sales are at their peak"),
        "IssueRefund": Reservation(10, 2, "limit: operators' work leaves the provider to buyers"),
        "RestockInventory": Reservation(10, 0.3, "limit: nobody waits for it"),
        "OutboxRelay": Reservation(30, 0.2, "one for each shard of three tables' streams"),
        "PaymentWebhookApi": Reservation(20, 0.1, "limit: forged webhooks crowd out nobody"),
        "CartsApi": Reservation(40, 0.05, "a cart leads to an order; searchers must not stop it"),
        "CatalogApi": Reservation(50, 0.03, "limit: reads take nothing from orders"),
        "SearchApi": Reservation(30, 0.05, "limit: the engine's queue is no longer than that"),
        "WriteReviewApi": Reservation(5, 0.1, "limit: a review can wait"),
        "DocsApi": Reservation(5, 0.02, "limit: anybody can call it"),
    }
)
"""By function. Sums up below what an account can reserve: `infra.stages.Stage` refuses more."""

UNRESERVED: Final = 150
"""Executions at once left to all other functions. Lambda keeps 100; consumers take 5 each, what the
throttles below let in to functions that own none takes some 60 at most.
"""
SECONDS_OF_OTHERS: Final = 0.05
"""Assumed of an invocation of those."""

API: Final = Throttle(rate=2_000, burst=1_000)
"""All routes of prod together."""
PLACING: Final = Throttle(rate=150, burst=100)
"""Half again the peak. Who is refused has not paid; the client asks again."""
WEBHOOKS: Final = Throttle(rate=200, burst=20)
"""The provider sends what was refused again."""
SEARCHING: Final = Throttle(rate=400, burst=100)
SUGGESTING: Final = Throttle(rate=200, burst=100)
"""Together with searches what SearchApi's executions carry."""
FOLLOWING: Final = Throttle(rate=600, burst=200)
"""A customer looks some five times whether an order has ended; it tells them when to look again."""
LISTING: Final = Throttle(rate=100, burst=50)
"""A customer's orders, an order's execution or refund."""
CANCELLING: Final = Throttle(rate=20, burst=10)
OPERATING: Final = Throttle(rate=20, burst=10)
"""Each route of operators. A customer's token reaches the function, which refuses it."""
REVIEWING: Final = Throttle(rate=20, burst=10)
REFUNDING: Final = Throttle(rate=5, burst=5)
"""Operators' and customers' refunds: they share the provider's rate with sales."""
DESCRIBING: Final = Throttle(rate=50, burst=20)
"""The API's own description."""
