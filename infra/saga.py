"""State machines: the committed definition, with the functions' aliases substituted."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import log_retention
from infra.nag import accept
from infra.roles import service_role
from infra.stages import Stage

_ROOT: Final = Path(__file__).parents[1]

_LOG_DELIVERY: Final = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
_TRACES: Final = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


class Saga(Construct):
    """One STANDARD state machine. Its role may call its tasks' aliases and nothing else."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        stage: Stage,
        definition: Path,
        tasks: Sequence[str],
        aliases: Mapping[str, lambda_.Alias],
    ) -> None:
        super().__init__(scope, name)
        arns = {task: aliases[task].function_arn for task in tasks}
        group = logs.LogGroup(
            self,
            "Logs",
            # The prefix spares the account's one, size-limited resource policy of Logs.
            log_group_name=f"/aws/vendedlogs/states/{stage.named(name)}",
            retention=log_retention(stage),
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.machine = sfn.StateMachine(
            self,
            "Machine",
            state_machine_name=stage.named(name),
            state_machine_type=sfn.StateMachineType.STANDARD,
            definition_body=sfn.DefinitionBody.from_string(
                (_ROOT / definition).read_text(encoding="utf-8")
            ),
            definition_substitutions={f"{task}Arn": arn for task, arn in arns.items()},
            role=_role(self, stage, list(arns.values())).without_policy_updates(),
            logs=sfn.LogOptions(
                destination=group, level=sfn.LogLevel.ERROR, include_execution_data=False
            ),
            tracing_enabled=stage.tracing,
        )
        accept(
            self.machine,
            "AwsSolutions-SF1",
            "Step Functions keeps every execution's history itself; the log is for alarms.",
        )


def _role(scope: Construct, stage: Stage, aliases: list[str]) -> iam.Role:
    statements = [
        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=aliases),
        iam.PolicyStatement(actions=list(_LOG_DELIVERY), resources=["*"]),
    ]
    if stage.tracing:
        statements.append(iam.PolicyStatement(actions=list(_TRACES), resources=["*"]))
    role = service_role(scope, "states.amazonaws.com", statements)
    accept(
        role,
        "AwsSolutions-IAM5[Resource::*]",
        "Neither the delivery of logs nor X-Ray has a resource level.",
    )
    return role
