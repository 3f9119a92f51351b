"""What consumers have put aside is handled again by itself once they can."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Worker
from infra.resources import Resources
from infra.schedules import Scheduled
from infra.stages import Stage
from infra.table.events import EVENT_LOG, REDRIVE

EVERY: Final = cdk.Duration.minutes(5)


def redrive_parked(
    scope: Construct,
    *,
    stage: Stage,
    functions: Functions,
    resources: Resources,
    workers: Mapping[str, Worker],
) -> Scheduled:
    """The schedule that tries what these workers have parked.

    Not what EventLog has: it needs nothing that could be away, and its queue of parked messages is
    also that of operators' notices, which it must not take for its own.
    """
    tried = {name: worker for name, worker in workers.items() if name != EVENT_LOG.name}
    aliases = {name: functions.aliases[name] for name in tried}
    resources.environment["PARKED"] = cdk.Stack.of(scope).to_json_string(
        [
            {
                "function": aliases[name].function_arn,
                "queue": worker.queue.queue_arn,
                "parked": worker.parked.queue_arn,
                "parked_url": worker.parked.queue_url,
            }
            for name, worker in tried.items()
        ]
    )
    return Scheduled(
        scope,
        REDRIVE,
        stage=stage,
        functions=functions,
        every=EVERY,
        grants=_may(list(tried.values()), list(aliases.values())),
    )


def _may(workers: list[Worker], aliases: list[lambda_.Alias]) -> list[iam.PolicyStatement]:
    """Source: "Configure queue permissions" of dead-letter queue redrives in the SQS guide."""
    return [
        iam.PolicyStatement(
            actions=["lambda:InvokeFunction"], resources=[alias.function_arn for alias in aliases]
        ),
        iam.PolicyStatement(
            actions=[
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:StartMessageMoveTask",
            ],
            resources=[worker.parked.queue_arn for worker in workers],
        ),
        iam.PolicyStatement(
            actions=["sqs:SendMessage"], resources=[worker.queue.queue_arn for worker in workers]
        ),
    ]
