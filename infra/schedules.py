"""Functions that run by the clock."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.functions import Functions
from infra.messaging import parked_queue
from infra.nag import accept
from infra.stages import Stage
from infra.table.rows import FunctionSpec


class Scheduled(Construct):
    """A function run every so often. A run that fails is made up for by the next.

    Args:
        grants: what it may do besides what its row of the functions table says.
    """

    def __init__(
        self,
        scope: Construct,
        spec: FunctionSpec,
        *,
        stage: Stage,
        functions: Functions,
        every: cdk.Duration,
        grants: Sequence[iam.PolicyStatement] = (),
    ) -> None:
        super().__init__(scope, spec.name)
        self.parked = parked_queue(self, "Parked", stage.named(f"{spec.name}-parked"))
        accept(
            self.parked,
            "AwsSolutions-SQS3",
            "The rule parks its failures here: it is a DLQ itself.",
        )
        alias = functions.add_one(spec, grants)
        events.Rule(
            self,
            "Rule",
            rule_name=stage.named(spec.name),
            schedule=events.Schedule.rate(every),
            enabled=stage.schedules,
            targets=[
                targets.LambdaFunction(
                    alias, dead_letter_queue=self.parked, retry_attempts=0, max_event_age=every
                )
            ],
        )
