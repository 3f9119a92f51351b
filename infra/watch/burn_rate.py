"""How fast an objective's error budget is used up, judged over two windows at once.

The long window says that it is no blip, the short one that it still goes on, so that the alarm
ends soon after its cause. Windows and rates are those of "Alerting on SLOs" in Google's SRE
Workbook, for a budget of thirty days.
"""

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from contracts.service_levels import Objective
from infra.alarms import Alarms
from infra.metrics import shop_metric

ENOUGH: Final = 20
"""Events in the long window, below which one slow one would be a rate."""


@dataclass(frozen=True, slots=True)
class Windows:
    """Goes off where both windows burn at this rate; 1 would use the budget up in just its time."""

    name: str
    long: cdk.Duration
    short: cdk.Duration
    rate: float


FAST: Final = Windows("Fast", cdk.Duration.hours(1), cdk.Duration.minutes(5), 14.4)
"""A fiftieth of the budget in an hour."""

SLOW: Final = Windows("Slow", cdk.Duration.hours(6), cdk.Duration.minutes(30), 6)
"""A twentieth of it in six hours."""


def watch_budget(alarms: Alarms, name: str, objective: Objective, section: str) -> None:
    """Makes one alarm that tells, of those that do not."""
    rules = [_burning(alarms, name, objective, windows) for windows in (FAST, SLOW)]
    alarms.either(
        name,
        cloudwatch.AlarmRule.any_of(*rules),
        f"{objective.name}: too many took longer than {objective.milliseconds / 1000:g} s, and the"
        " error budget of thirty days will not last.",
        section=section,
    )


def _burning(
    alarms: Alarms, name: str, objective: Objective, windows: Windows
) -> cloudwatch.IAlarmRule:
    too_late = f"PR({objective.milliseconds}:)"  # per cent of the values from there on
    share = windows.rate * (100 - objective.percent)
    states = [
        alarms.quiet(
            f"{name}{windows.name}{length}",
            shop_metric(objective.metric, too_late, window),
            f"{share:g} % took longer than the objective, within {window.to_minutes():g} minutes.",
            threshold=share,
        )
        for length, window in (("Long", windows.long), ("Short", windows.short))
    ]
    enough = alarms.quiet(
        f"{name}{windows.name}Enough",
        shop_metric(objective.metric, "SampleCount", windows.long),
        f"{ENOUGH} or more within {windows.long.to_minutes():g} minutes: a share says something.",
        threshold=ENOUGH,
    )
    return cloudwatch.AlarmRule.all_of(*states, enough)
