"""What customers are promised of speed, each as a metric that functions emit and a bound for it.

The dashboard draws them, and an alarm watches how fast the error budget of one is used up.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Objective:
    """So many per cent of all times stay below the bound, over thirty days.

    Attributes:
        metric: in milliseconds, emitted once for each event that counts.
    """

    name: str
    metric: str
    milliseconds: int
    percent: int = 99


ACCEPTED: Final = Objective("Accepting an order", "AcceptanceTime", 1_000)
"""From the gateway's receipt of POST /orders to its 202, cold starts included."""

CONFIRMED: Final = Objective("Time to CONFIRMED", "ConfirmationTime", 10_000)
"""From acceptance to CONFIRMED, of orders that are confirmed; the provider is waited for thrice."""

MAILED: Final = Objective("Confirmation by e-mail", "EmailTime", 30_000)
"""From CONFIRMED until SES has taken the mail."""

INDEXED: Final = Objective("Search index behind the catalog", "IndexLag", 30_000)
"""From a product's change until search finds it, of the oldest change in a batch."""

OBJECTIVES: Final = (ACCEPTED, CONFIRMED, MAILED, INDEXED)
