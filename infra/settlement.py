"""What settles orders from outside their saga: two schedules, and the status of executions."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Consumer, parked_queue
from infra.nag import accept
from infra.stages import Stage
from infra.table.rows import FunctionSpec
from infra.table.settlement import RECONCILE, SCHEDULED

ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")
_EVERY_MINUTE: Final = cdk.Duration.minutes(1)


class Settlement(Construct):
    """Sweeper, expiry of holds, and reconciler. `parked` holds what none of them could handle."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        functions: Functions,
        machines: Mapping[str, sfn.StateMachine],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage, self._functions = stage, functions
        reconciler = Consumer(
            self,
            RECONCILE,
            stage=stage,
            bus=events.EventBus.from_event_bus_name(self, "DefaultBus", "default"),
            functions=functions,
            pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                detail={
                    "status": list(ENDED_BADLY),
                    "stateMachineArn": [m.state_machine_arn for m in machines.values()],
                },
            ),
        )
        self.parked: dict[str, sqs.Queue] = {RECONCILE.name: reconciler.parked}
        for spec in SCHEDULED:
            self.parked[spec.name] = self._schedule(spec)

    def _schedule(self, spec: FunctionSpec) -> sqs.Queue:
        """Runs the function every minute. A run that fails is made up for by the next."""
        scope = Construct(self, spec.name)
        parked = parked_queue(scope, "Parked", self._stage.named(f"{spec.name}-parked"))
        accept(parked, "AwsSolutions-SQS3", "The rule parks its failures here: it is a DLQ itself.")
        alias = self._functions.add_one(spec)
        events.Rule(
            scope,
            "EveryMinute",
            rule_name=self._stage.named(spec.name),
            schedule=events.Schedule.rate(_EVERY_MINUTE),
            enabled=self._stage.schedules,
            targets=[
                targets.LambdaFunction(
                    alias,
                    dead_letter_queue=parked,
                    retry_attempts=0,
                    max_event_age=_EVERY_MINUTE,
                )
            ],
        )
        return parked
