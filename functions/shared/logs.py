"""The one logger and the one set of metrics of a function. Ids and codes only, no personal data.

Every line, a metric's too, carries the correlation id of what it is about: of an order its id, from
the request that placed it to the last consumer of its events.
"""

import threading
from collections.abc import Mapping
from typing import Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)

logger: Final = Logger()


class _Kept(threading.local):
    """Metrics are cheap to add and dear to set up; every thread has its own."""

    def __init__(self) -> None:
        self.metrics = AmazonCloudWatchEMFProvider()
        self.correlation_id: str | None = None


_kept: Final = _Kept()


def about(correlation_id: str | None) -> None:
    """What lines are about from here on; None: of nothing yet, which is how an invocation begins.

    Whoever takes a request, a task or a message says it: an environment outlives them.
    """
    _kept.correlation_id = correlation_id
    logger.append_keys(correlation_id=correlation_id)


def count(metric: str, value: int = 1, **dimensions: str) -> None:
    """Adds to a business metric, as an EMF line of the log."""
    _emit(metric, MetricUnit.Count, value, dimensions)


def measure(metric: str, milliseconds: float, **dimensions: str) -> None:
    """Notes how long something took, as an EMF line of the log: its percentiles can be drawn."""
    _emit(metric, MetricUnit.Milliseconds, round(milliseconds, 1), dimensions)


def _emit(metric: str, unit: MetricUnit, value: float, dimensions: Mapping[str, str]) -> None:
    metrics = _kept.metrics
    for name, text in dimensions.items():
        metrics.add_dimension(name, text)
    if _kept.correlation_id is not None:
        metrics.add_metadata("correlation_id", _kept.correlation_id)
    metrics.add_metric(metric, unit, value)
    metrics.flush_metrics()
