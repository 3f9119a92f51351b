"""What settles orders from outside their saga: two schedules, and the status of executions."""

from collections.abc import Mapping
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Consumer
from infra.schedules import Scheduled
from infra.stages import Stage
from infra.table.settlement import RECONCILE, SCHEDULED

ENDED_BADLY: Final = ("FAILED", "TIMED_OUT", "ABORTED")
_EVERY_MINUTE: Final = cdk.Duration.minutes(1)


class Settlement(Construct):
    """Sweeper, expiry of holds, and reconciler. `parked` holds runs that failed."""

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
        self.workers = {RECONCILE.name: reconciler}
        self.parked: dict[str, sqs.Queue] = {}
        for spec in SCHEDULED:
            scheduled = Scheduled(self, spec, stage=stage, functions=functions, every=_EVERY_MINUTE)
            self.parked[spec.name] = scheduled.parked
