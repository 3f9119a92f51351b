"""A retrier's MaxDelaySeconds and JitterStrategy count.

AWS ("Handling errors in Step Functions workflows", Retrying after an error): the delay before retry
n is IntervalSeconds x BackoffRate^(n-1), at most MaxDelaySeconds; with JitterStrategy FULL it is
drawn evenly between zero and that. MiniStack 1.5.33 knows neither and stops every delay at 60 s.
Delete when it computes the documented delay.
"""

import random
from typing import Any

from ministack.services import stepfunctions

from scripts.local.fixes.anchors import edit


def retry_delay(retrier: dict[str, Any], retries_so_far: int) -> float:
    """Seconds until the next attempt."""
    interval = retrier.get("IntervalSeconds", 1)
    delay = float(interval * retrier.get("BackoffRate", 2.0) ** retries_so_far)
    delay = min(delay, float(retrier.get("MaxDelaySeconds", delay)))
    if retrier.get("JitterStrategy") == "FULL":
        return random.uniform(0, delay)  # noqa: S311 - spreads load, guards no secret
    return delay


def apply() -> None:
    """Use the documented delay in tasks and in parallel and map states."""
    stepfunctions._retry_delay = retry_delay
    edit(
        stepfunctions,
        "_execute_task",
        ("_scaled_sleep(min(sleep_sec, 60))", "_scaled_sleep(_retry_delay(retrier, count))"),
    )
    edit(
        stepfunctions,
        "_with_retry_and_catch",
        (
            '_scaled_sleep(min(interval * (retrier.get("BackoffRate", 2.0) ** count), 60))',
            "_scaled_sleep(_retry_delay(retrier, count))",
        ),
    )
