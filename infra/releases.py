"""How new code of the money path goes live: to a share of the calls first, back by itself.

The aliases that everybody calls move to a new version by CodeDeploy. CloudFormation waits for it;
where an alarm goes off meanwhile the aliases move back and the whole update is undone. A state
machine names these aliases, so its new definition follows the code that it calls.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codedeploy as codedeploy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from contracts.errors import BUSINESS_ERRORS
from infra.functions import LIVE
from infra.nag import accept
from infra.roles import service_role
from infra.stages import Canary, Stage
from infra.table.payments import PAYMENT_EVENTS
from infra.table.saga import TASKS

MONEY_PATH: Final = (
    *(task.name for task in TASKS),
    "PlaceOrderApi",
    "CancelOrderApi",
    "RefundOrderApi",
    PAYMENT_EVENTS.name,
)
"""What a bad release of could take money or orders with it. The others move at once."""

TOLERATED: Final = 5
"""Failed calls of a new version, in percent of its calls."""

TOLERATED_REFUSALS: Final = 50
"""The same where a refusal is an error too: cards are declined, goods are sold out every day."""

FEW: Final = 4
"""Refusals in a minute that say nothing yet."""


class Releases(Construct):
    """One CodeDeploy application; each function of the money path has its group and its alarm.

    Args:
        sagas: alarms that stop any release as well: executions have failed.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        canary: Canary,
        aliases: Mapping[str, lambda_.Alias],
        sagas: Iterable[cloudwatch.IAlarm],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        released = {name: aliases[name] for name in MONEY_PATH}
        application = codedeploy.LambdaApplication(
            self, "Application", application_name=stage.named("releases")
        )
        shift = codedeploy.LambdaDeploymentConfig(
            self,
            "Canary",
            traffic_routing=codedeploy.TimeBasedCanaryTrafficRouting(
                percentage=canary.percent, interval=cdk.Duration.minutes(canary.minutes)
            ),
        )
        role = self._role()
        failures = list(sagas)
        for name, alias in released.items():
            codedeploy.LambdaDeploymentGroup(
                self,
                name,
                application=application,
                alias=alias,
                deployment_config=shift,
                role=role,
                alarms=[self._of_new_version(name, alias), *failures],
                auto_rollback=codedeploy.AutoRollbackConfig(
                    failed_deployment=True, stopped_deployment=True, deployment_in_alarm=True
                ),
            )

    def _of_new_version(self, name: str, alias: lambda_.Alias) -> cloudwatch.Alarm:
        """Errors of the version that comes, never of the one that goes: ExecutedVersion tells.

        Source: "Types of metrics for Lambda functions" in the developer guide.
        """
        function = self._stage.named(name)
        calls = {
            metric.lower(): cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name=metric,
                dimensions_map={
                    "FunctionName": function,
                    "Resource": f"{function}:{LIVE}",
                    "ExecutedVersion": alias.version.version,
                },
                statistic="Sum",
                period=cdk.Duration.minutes(1),
            )
            for metric in ("Errors", "Invocations")
        }
        refuses = name in BUSINESS_ERRORS
        failed = "100 * errors / invocations"
        return cloudwatch.Alarm(
            self,
            f"{name}Errors",
            alarm_name=self._stage.named(f"{name}Release"),
            alarm_description=f"The new version of {name} fails: its release goes back by itself.",
            metric=cloudwatch.MathExpression(
                label="failed calls of the new version (%)",
                expression=f"IF(errors > {FEW}, {failed}, 0)" if refuses else failed,
                using_metrics=calls,
                period=cdk.Duration.minutes(1),
            ),
            threshold=TOLERATED_REFUSALS if refuses else TOLERATED,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _role(self) -> iam.IRole:
        """Moves these aliases, and looks at alarms. The CDK's own choice could move any alias.

        Functions are named, not referred to: PlaceOrderApi waits for its machine, the machine for
        the aliases of its tasks, each alias for its group, and the group for this role.
        Source: "AWSCodeDeployRoleForLambdaLimited" in the managed policies' reference.
        """
        functions = [
            cdk.Stack.of(self).format_arn(
                service="lambda",
                resource="function",
                resource_name=self._stage.named(name),
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for name in MONEY_PATH
        ]
        arns = [arn for function in functions for arn in (function, f"{function}:{LIVE}")]
        moves = ("lambda:UpdateAlias", "lambda:GetAlias", "lambda:GetProvisionedConcurrencyConfig")
        statements = [
            iam.PolicyStatement(actions=list(moves), resources=arns),
            iam.PolicyStatement(actions=["cloudwatch:DescribeAlarms"], resources=["*"]),
        ]
        role = service_role(self, "codedeploy.amazonaws.com", statements)
        accept(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "CodeDeploy looks at alarms as its managed policy allows: all of them, only to read.",
        )
        return role.without_policy_updates()
