"""The stack that watches a stage's platform: alarms on what needs a person, and one dashboard."""

from collections.abc import Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.alarms import Alarms
from infra.metrics import Metrics
from infra.operators import TOPIC
from infra.stages import Stage
from infra.table.events import RELAY
from infra.watch.dashboard import draw

RELAY_AGE_MILLISECONDS: Final = 5 * 60 * 1000
"""Events this late mean that a stream is stuck; its records expire after 24 hours."""

LATE_SECONDS: Final = 60 * 60
"""Messages this old mean that a consumer stands still. AuditOrder's wait for 15 minutes anyway."""


class WatchStack(cdk.Stack):
    """Watches by names alone: nothing is exported to it, and the shop runs without it.

    Args:
        machines: names of the state machines, without the stage; so are the others'.
        functions: those of which the dashboard draws errors and throttles.
        parked: whose dead letters are watched.
        waiting: whose queues are.
    """

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        *,
        machines: Sequence[str],
        functions: Sequence[str],
        parked: Sequence[str],
        waiting: Sequence[str],
    ) -> None:
        super().__init__(
            scope,
            stage.watch_stack_name,
            description=f"What watches the e-commerce platform, stage {stage.name}.",
            termination_protection=stage.retain_data,
            tags={"application": "commerce", "stage": stage.name},
        )
        topic = sns.Topic.from_topic_arn(
            self, "Operators", self.format_arn(service="sns", resource=stage.named(TOPIC))
        )
        self._metrics = Metrics(self, stage)
        self._alarms = Alarms(self, stage, topic)
        for name in parked:
            self._parked(name)
        for name in waiting:
            self._waiting(name)
        self._relay()
        for name in machines:
            self._machine(name)
        draw(self, stage, self._metrics, machines=machines, functions=functions, parked=parked)

    def _parked(self, name: str) -> None:
        self._alarms.add(
            f"{name}Parked",
            self._metrics.queue(f"{name}-parked", "ApproximateNumberOfMessagesVisible"),
            f"{name} could not handle messages: they wait in {name}-parked for 14 days.",
        )

    def _waiting(self, name: str) -> None:
        self._alarms.add(
            f"{name}Late",
            self._metrics.queue(name, "ApproximateAgeOfOldestMessage"),
            f"{name} handles messages late: it is stopped, too slow, or what it needs is away.",
            threshold=LATE_SECONDS,
        )

    def _relay(self) -> None:
        self._alarms.add(
            f"{RELAY.name}Age",
            self._metrics.function(RELAY.name, "IteratorAge", "Maximum"),
            "Events leave the outbox late: a stream is stuck or the relay is too slow.",
            threshold=RELAY_AGE_MILLISECONDS,
        )

    def _machine(self, name: str) -> None:
        for outcome in ("Aborted", "TimedOut"):
            self._alarms.add(
                f"{name}{outcome}",
                self._metrics.execution(name, f"Executions{outcome}"),
                f"An execution of {name} ended {outcome}: a person must look and redrive it.",
            )
