"""How every alarm is made."""

from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stages import Stage

RUNBOOK: Final = "docs/runbook.md"


class Alarms:
    """Makes alarms that tell the operators' topic, and are silent without data.

    Each names its section of the runbook: what it means, where to look first, what mends it.
    """

    def __init__(self, scope: Construct, stage: Stage, topic: sns.ITopic) -> None:
        self._scope, self._stage = scope, stage
        self._notify = actions.SnsAction(topic)
        self.telling: list[cloudwatch.IAlarm] = []
        """Those that tell the operators."""

    def add(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        section: str,
        threshold: float = 1,
        periods: int = 1,
        below: bool = False,
        silence: bool = False,
    ) -> cloudwatch.Alarm:
        """Makes an alarm that tells the operators.

        Args:
            section: the anchor of its section in the runbook.
            threshold: goes off when a period of the metric reaches it.
            periods: how many in a row.
            below: goes off when a period does not reach it.
            silence: goes off without data as well.
        """
        alarm = self.quiet(
            name,
            metric,
            f"{description} Runbook: {RUNBOOK}#{section}",
            threshold=threshold,
            periods=periods,
            below=below,
            silence=silence,
        )
        alarm.add_alarm_action(self._notify)
        self.telling.append(alarm)
        return alarm

    def quiet(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float,
        periods: int = 1,
        below: bool = False,
        silence: bool = False,
    ) -> cloudwatch.Alarm:
        """Makes an alarm that tells nobody: another one asks for its state."""
        operator, missing = cloudwatch.ComparisonOperator, cloudwatch.TreatMissingData
        return cloudwatch.Alarm(
            self._scope,
            name,
            alarm_name=self._stage.named(name),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=(
                operator.LESS_THAN_THRESHOLD
                if below
                else operator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
            ),
            treat_missing_data=missing.BREACHING if silence else missing.NOT_BREACHING,
        )

    def either(
        self, name: str, rule: cloudwatch.IAlarmRule, description: str, *, section: str
    ) -> None:
        """Makes an alarm of the states of others."""
        alarm = cloudwatch.CompositeAlarm(
            self._scope,
            name,
            composite_alarm_name=self._stage.named(name),
            alarm_description=f"{description} Runbook: {RUNBOOK}#{section}",
            alarm_rule=rule,
        )
        alarm.add_alarm_action(self._notify)
        self.telling.append(alarm)
