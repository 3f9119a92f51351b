"""The business's figures, computed from the metrics that functions write into their logs.

Where there is CloudWatch, it reads the same lines and draws the same figures on the dashboard.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.business_metrics import NAMESPACE, Percentile, Rate, Total

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Sample:
    """A value of a metric."""

    metric: str
    value: float
    kind: str | None


@dataclass(frozen=True)
class Figure:
    """A figure as people read it.

    Attributes:
        value: "-" where nothing has happened that it could be made of.
        basis: what it was made of.
    """

    name: str
    value: str
    basis: str


def samples(fields: Fields) -> Iterator[Sample]:
    """The values in a line of a log.

    Source: "Specification: Embedded metric format" of the CloudWatch guide.
    """
    for directive in fields["_aws"]["CloudWatchMetrics"]:
        if directive["Namespace"] != NAMESPACE:
            continue
        for definition in directive["Metrics"]:
            found = fields[definition["Name"]]
            for value in found if isinstance(found, list) else [found]:
                yield Sample(definition["Name"], float(value), fields.get("kind"))


def figure(metric: Rate | Percentile | Total, found: Iterable[Sample]) -> Figure:
    """One figure, from all samples of a time."""
    match metric:
        case Rate(name, part, whole):
            parts, all_of_them = total(part, found), total(whole, found)
            rate = f"{100 * parts / all_of_them:.1f} %" if all_of_them else "-"
            return Figure(name, rate, f"{parts:.0f} {part} of {all_of_them:.0f} {whole}")
        case Percentile(name, measured, kind, percent):
            values = [one.value for one in found if (one.metric, one.kind) == (measured, kind)]
            value = f"{percentile(values, percent):.1f} ms" if values else "-"
            return Figure(name, value, f"{len(values)} {measured}")
        case Total(name, counted):
            return Figure(name, f"{total(counted, found):.0f}", counted)


def total(metric: str, found: Iterable[Sample]) -> float:
    """All values of a count together."""
    return sum(one.value for one in found if one.metric == metric)


def percentile(values: Iterable[float], percent: int) -> float:
    """The smallest value that so many per cent of all do not exceed; there must be one."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100) - 1, 0)]
