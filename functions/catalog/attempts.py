"""Deciding again, when a product changed between reading it and writing it."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from functions.catalog.store import ProductMoved
from functions.shared.dynamodb import jittered
from functions.shared.errors import Contended

ATTEMPTS: Final = 8
"""Decisions before a change gives up: within an API's time-out, even if each waits for others."""

Result = TypeVar("Result")
Pause = Callable[[int], None]
"""Waits after the attempt of that number, counted from 0."""


def pause(attempt: int) -> None:
    """Waits a while, longer after each attempt, so that who collided does not do so again."""
    time.sleep(jittered(attempt))


def decided(decide: Callable[[], Result], pause: Pause = pause) -> Result:
    """What `decide` returns, which reads, decides and writes, and is called again if it must be.

    Raises:
        Contended: others changed the product each time.
    """
    for attempt in range(ATTEMPTS):
        try:
            return decide()
        except (ProductMoved, Contended):
            pause(attempt)
    raise Contended("others keep changing the product")
