"""Lambda functions: each with its own role, log group, and alias `live`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from contracts.business_metrics import NAMESPACE, SERVICE
from infra.nag import accept
from infra.network import Network, joins_network
from infra.packaging import Package
from infra.resources import Resources
from infra.roles import service_role
from infra.stages import Stage
from infra.table.rows import FunctionSpec

LIVE: Final = "live"
"""The alias that everybody calls. It moves to new code; a redrive of an old execution follows."""


class Functions(Construct):
    """The functions of the platform, made one by one as their resources come into being."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        stage: Stage,
        packages: Mapping[str, Package],
        resources: Resources,
        network: Network | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage, self._packages, self._resources = stage, packages, resources
        self._network = network
        self.aliases: dict[str, lambda_.Alias] = {}

    def add(self, specs: Iterable[FunctionSpec]) -> None:
        """Makes these functions and their aliases."""
        for spec in specs:
            self.add_one(spec)

    def add_one(
        self, spec: FunctionSpec, grants: Sequence[iam.PolicyStatement] = ()
    ) -> lambda_.Alias:
        """Makes one function and its alias.

        Args:
            spec: its row of the functions table.
            grants: what it may do besides, such as to read its event sources.
        """
        stage, scope = self._stage, Construct(self, spec.name)
        group = logs.LogGroup(
            scope,
            "Logs",
            log_group_name=f"/aws/lambda/{stage.named(spec.name)}",
            retention=log_retention(stage),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        package = self._packages[spec.name]
        function = lambda_.Function(
            scope,
            "Function",
            function_name=stage.named(spec.name),
            runtime=lambda_.Runtime(f"python{stage.platform.python}", lambda_.RuntimeFamily.PYTHON),
            architecture=(
                lambda_.Architecture.ARM_64
                if stage.platform.architecture == "arm64"
                else lambda_.Architecture.X86_64
            ),
            code=lambda_.Code.from_asset(
                str(package.path),
                asset_hash=package.digest,
                asset_hash_type=cdk.AssetHashType.CUSTOM,
            ),
            handler=spec.handler,
            timeout=cdk.Duration.seconds(spec.timeout),
            memory_size=spec.memory,
            environment={**_common_environment(stage), **self._resources.environment_of(spec)},
            # All that it may do stands in the role: the CDK adds nothing.
            role=self._role(scope, spec, group, grants).without_policy_updates(),
            log_group=group,
            **self._place(spec),
            tracing=lambda_.Tracing.ACTIVE if stage.tracing else lambda_.Tracing.DISABLED,
            reserved_concurrent_executions=stage.reserved_concurrency.get(spec.name),
        )
        accept(
            function,
            "AwsSolutions-L1",
            "One constant holds the Python that all functions are built and tested for.",
        )
        alias = lambda_.Alias(scope, "Live", alias_name=LIVE, version=function.current_version)
        self.aliases[spec.name] = alias
        return alias

    def _place(self, spec: FunctionSpec) -> Any:
        return self._network.place(spec.network) if self._network else {}

    def _role(
        self,
        scope: Construct,
        spec: FunctionSpec,
        group: logs.LogGroup,
        grants: Sequence[iam.PolicyStatement],
    ) -> iam.Role:
        statements = [
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[group.log_group_arn],
            ),
            *self._resources.statements_of(spec),
            *grants,
        ]
        if self._stage.tracing:
            statements.append(
                iam.PolicyStatement(
                    actions=["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
                    resources=["*"],
                )
            )
        if self._place(spec):
            statements.append(joins_network())
        role = service_role(scope, "lambda.amazonaws.com", statements)
        if self._stage.tracing:
            accept(
                role,
                "AwsSolutions-IAM5[Resource::*]",
                "Neither writing traces nor joining a network has a resource level.",
            )
        return role


def log_retention(stage: Stage) -> logs.RetentionDays:
    """The stage's retention as the CDK names it."""
    days: dict[int, logs.RetentionDays] = {
        1: logs.RetentionDays.ONE_DAY,
        14: logs.RetentionDays.TWO_WEEKS,
        90: logs.RetentionDays.THREE_MONTHS,
    }
    return days[stage.log_retention_days]


def _common_environment(stage: Stage) -> dict[str, str]:
    return {
        "STAGE": stage.name,
        "POWERTOOLS_SERVICE_NAME": SERVICE,
        "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
