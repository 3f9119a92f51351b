"""Metrics of a stage's resources by the names that the stage gives them.

Names, not references: a stack that watches another one by its names exports nothing from it, so
that neither holds up a deployment of the other.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.functions import LIVE
from infra.stages import Stage

MINUTE: Final = cdk.Duration.minutes(1)


class Metrics:
    """What AWS measures of each resource, a minute at a time."""

    def __init__(self, stack: cdk.Stack, stage: Stage) -> None:
        self._stack, self._stage = stack, stage

    def queue(self, name: str, metric: str, statistic: str = "Maximum") -> cloudwatch.Metric:
        """Of a queue; `name` without the stage."""
        return cloudwatch.Metric(
            namespace="AWS/SQS",
            metric_name=metric,
            dimensions_map={"QueueName": self._stage.named(name)},
            statistic=statistic,
            period=MINUTE,
        )

    def function(self, name: str, metric: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """Of a function's alias, which is what everybody calls."""
        function = self._stage.named(name)
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name=metric,
            dimensions_map={"FunctionName": function, "Resource": f"{function}:{LIVE}"},
            statistic=statistic,
            period=MINUTE,
        )

    def execution(self, machine: str, metric: str, statistic: str = "Sum") -> cloudwatch.Metric:
        """Of a state machine's executions."""
        arn = self._stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self._stage.named(machine),
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return cloudwatch.Metric(
            namespace="AWS/States",
            metric_name=metric,
            dimensions_map={"StateMachineArn": arn},
            statistic=statistic,
            period=MINUTE,
        )
