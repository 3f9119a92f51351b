"""Timeouts and retry budgets of the sagas, in one place because they must nest.

provider's HTTP < function < task < state machine: the inner one always ends first, so that the
outer sees an outcome and not a silence. A test computes the nesting from these numbers.
"""

from dataclasses import dataclass
from typing import Final

PROVIDER_CALLS: Final = 3
"""Calls of the payment provider in one attempt of a task, at most."""

FUNCTION_TIMEOUT: Final = 50
"""Seconds a task's function may run: its calls of the provider, all slow, and a slow database."""

TASK_TIMEOUT: Final = 65
"""Seconds a task's state waits for its function, cold start and queueing included."""

HOLD_SECONDS: Final = 1800
"""Seconds that a reservation holds stock for an order not yet confirmed."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with a ceiling. Seconds.

    Full jitter draws each wait between zero and its value here, so `longest` is the upper bound.
    """

    interval: int
    rate: float
    ceiling: int
    attempts: int

    @classmethod
    def lasting(cls, seconds: int, *, interval: int, rate: float, ceiling: int) -> "Backoff":
        """The fewest attempts whose waits add up to at least `seconds`."""
        attempts = 1
        while cls(interval, rate, ceiling, attempts).longest < seconds:
            attempts += 1
        return cls(interval, rate, ceiling, attempts)

    @property
    def waits(self) -> tuple[float, ...]:
        """The longest wait before each retry."""
        return tuple(
            min(self.interval * self.rate**attempt, self.ceiling)
            for attempt in range(self.attempts)
        )

    @property
    def longest(self) -> float:
        """All waits together, when no jitter shortens them."""
        return sum(self.waits)


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a task is tried: while its function is throttled, and when it fails."""

    throttled: Backoff
    failing: Backoff

    @property
    def longest(self) -> float:
        """Seconds the task's state can last: every wait, and every attempt timing out."""
        attempts = 1 + self.throttled.attempts + self.failing.attempts
        return self.throttled.longest + self.failing.longest + attempts * TASK_TIMEOUT


BEFORE_PIVOT: Final = Budget(
    # Nothing has happened yet when a function is throttled: waiting is as good as new, for as long
    # as a hold lives. Our own reserved concurrency must not reject orders at the peak. Twice that,
    # because full jitter halves the waits on average.
    throttled=Backoff.lasting(2 * HOLD_SECONDS, interval=1, rate=2, ceiling=30),
    # A customer waits for the answer, and going back is still possible.
    failing=Backoff.lasting(110, interval=1, rate=2, ceiling=20),
)
"""Until the order is locked for confirmation the saga can still go back: give up early."""

FORWARD_ONLY: Final = Budget(
    throttled=Backoff.lasting(4 * 3600, interval=1, rate=2, ceiling=300),
    failing=Backoff.lasting(4 * 3600, interval=1, rate=2, ceiling=300),
)
"""From the pivot on, and when compensating: there is no way back, so outlast an outage."""
