"""The figures by which the business judges the shop, each made of metrics that functions emit.

The dashboard draws them and `scripts/shop metrics` prints them, from this one list.
"""

from dataclasses import dataclass
from typing import Final

NAMESPACE: Final = "Commerce"
SERVICE: Final = "commerce"
"""What every function says in the dimension `service`."""


@dataclass(frozen=True, slots=True)
class Rate:
    """One count for every hundred of another, in per cent."""

    name: str
    part: str
    whole: str


@dataclass(frozen=True, slots=True)
class Percentile:
    """How long something takes at most for so many per cent of all times, in milliseconds.

    Attributes:
        kind: the value of the dimension `kind`.
    """

    name: str
    metric: str
    kind: str
    percent: int


@dataclass(frozen=True, slots=True)
class Total:
    """How often something has happened."""

    name: str
    metric: str


BUSINESS_METRICS: Final[tuple[Rate | Percentile | Total, ...]] = (
    Rate("Cart-to-order conversion", part="CartsOrdered", whole="CartsStarted"),
    Rate("Payment failure rate", part="PaymentsDeclined", whole="PaymentAttempts"),
    Percentile("Search latency p99", "SearchLatency", kind="search", percent=99),
    Rate("Cart abandonment rate", part="CartsAbandoned", whole="CartsStarted"),
    Total("Inventory reservation failures", "ReservationsFailed"),
)
