"""Metrics of a stage's resources by the names that the stage gives them.

Names, not references: a stack that watches another one by its names exports nothing from it, so
that neither holds up a deployment of the other.
"""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from contracts.business_metrics import NAMESPACE, SERVICE
from infra.functions import LIVE
from infra.stages import Stage

MINUTE: Final = cdk.Duration.minutes(1)
FIVE_MINUTES: Final = cdk.Duration.minutes(5)


def shop_metric(
    name: str, statistic: str = "Sum", period: cdk.Duration = FIVE_MINUTES, **dimensions: str
) -> cloudwatch.Metric:
    """What functions emit."""
    return cloudwatch.Metric(
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={**dimensions, "service": SERVICE},
        statistic=statistic,
        period=period,
    )


class Metrics:
    """What AWS measures of each resource."""

    def __init__(self, stack: cdk.Stack, stage: Stage) -> None:
        self._stack, self._stage = stack, stage

    def queue(self, name: str, metric: str, period: cdk.Duration = MINUTE) -> cloudwatch.Metric:
        """The most that a queue had; `name` without the stage."""
        return self._of("AWS/SQS", metric, "Maximum", period, QueueName=self._stage.named(name))

    def function(
        self, name: str, metric: str, statistic: str = "Sum", period: cdk.Duration = MINUTE
    ) -> cloudwatch.Metric:
        """Of a function's alias, which is what everybody calls."""
        function = self._stage.named(name)
        return self._of(
            "AWS/Lambda",
            metric,
            statistic,
            period,
            FunctionName=function,
            Resource=f"{function}:{LIVE}",
        )

    def execution(
        self, machine: str, metric: str, statistic: str = "Sum", period: cdk.Duration = MINUTE
    ) -> cloudwatch.Metric:
        """Of a state machine's executions."""
        arn = self._stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=self._stage.named(machine),
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        return self._of("AWS/States", metric, statistic, period, StateMachineArn=arn)

    def table(
        self, name: str, metric: str, index: str | None = None, period: cdk.Duration = MINUTE
    ) -> cloudwatch.Metric:
        """Units of a table, or of one of its indexes: it is not in what the table says."""
        more = {} if index is None else {"GlobalSecondaryIndexName": index}
        return self._of(
            "AWS/DynamoDB", metric, "Sum", period, TableName=self._stage.named(name), **more
        )

    def search(self, metric: str, statistic: str) -> cloudwatch.Metric:
        """Of the search domain."""
        return self._of(
            "AWS/ES",
            metric,
            statistic,
            MINUTE,
            DomainName=self._stage.named("search"),
            ClientId=self._stack.account,
        )

    def account(self, namespace: str, metric: str) -> cloudwatch.Metric:
        """Of the whole account in its region, whatever else is in it."""
        return self._of(namespace, metric, "Maximum", FIVE_MINUTES)

    def _of(
        self,
        namespace: str,
        metric: str,
        statistic: str,
        period: cdk.Duration,
        **dimensions: str,
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=metric,
            dimensions_map=dimensions,
            statistic=statistic,
            period=period,
        )
