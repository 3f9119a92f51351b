"""Deciding again, when a product changed between reading it and writing it."""

import random
import time
from collections.abc import Callable
from typing import Final, TypeVar

from functions.catalog.store import ProductMoved
from functions.shared.errors import Contended

ATTEMPTS: Final = 12
"""Decisions before a change gives up; the pauses between them are together about 2 seconds."""

Result = TypeVar("Result")
Pause = Callable[[int], None]
"""Waits after the attempt of that number, counted from 0."""


def pause(attempt: int) -> None:
    """Waits a while, longer after each attempt, so that who collided does not do so again."""
    time.sleep(random.uniform(0, min(0.4, 0.02 * 2**attempt)))  # noqa: S311 - jitter


def decided(decide: Callable[[], Result], pause: Pause = pause) -> Result:
    """What `decide` returns, which reads, decides and writes, and is called again if it must be.

    Raises:
        Contended: others changed the product each time.
    """
    for attempt in range(ATTEMPTS):
        try:
            return decide()
        except ProductMoved:
            pause(attempt)
    raise Contended("others keep changing the product")
