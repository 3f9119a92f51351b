"""How every alarm is made."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.stages import Stage


class Alarms:
    """Makes alarms that tell the operators' topic, and are silent without data."""

    def __init__(self, scope: Construct, stage: Stage, topic: sns.ITopic) -> None:
        self._scope, self._stage = scope, stage
        self._notify = actions.SnsAction(topic)

    def add(
        self,
        name: str,
        metric: cloudwatch.IMetric,
        description: str,
        *,
        threshold: float = 1,
    ) -> cloudwatch.Alarm:
        """Makes an alarm that goes off when a minute reaches the threshold."""
        alarm = cloudwatch.Alarm(
            self._scope,
            name,
            alarm_name=self._stage.named(name),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._notify)
        return alarm
