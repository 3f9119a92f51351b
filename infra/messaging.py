"""The event bus with its archive, and the way of an event to a consumer."""

from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.functions import Functions
from infra.stages import Stage
from infra.table.rows import FunctionSpec

KEPT_DAYS: Final = 14
"""What could not be handled waits this long for somebody: SQS keeps nothing longer."""

RECEIVES: Final = 3
"""Deliveries of one message before it is put aside."""

CONCURRENCY: Final = 5
"""Batches of one queue at once: a backlog takes longer, it crowds out nobody."""


def parked_queue(scope: Construct, construct_id: str, name: str) -> sqs.Queue:
    """A queue for what could not be handled. Every one has an alarm."""
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=name,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=cdk.Duration.days(KEPT_DAYS),
    )


class Messaging(Construct):
    """A custom bus; its archive keeps every domain event for replay."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        name = stage.bus_name
        self.bus = events.EventBus(self, "Bus", event_bus_name=name)
        self.archive = events.Archive(
            self,
            "Archive",
            archive_name=name,
            source_event_bus=self.bus,
            description="Every domain event, for replay.",
            event_pattern=every_event(),
            retention=cdk.Duration.days(stage.archive_days),
        )
        if stage.retain_data:
            # What is to be replayed after the stack is gone: an archive goes with its bus.
            for kept in (self.bus, self.archive):
                kept.apply_removal_policy(cdk.RemovalPolicy.RETAIN)


class Worker(Construct):
    """Queue → function; `parked` holds what the function could not handle.

    Args:
        delay: how long a message waits in the queue before it is handled, at most 15 minutes.
        gather: how long messages are gathered into one invocation and one deletion, which are
            what a message costs; for work that may be that late.
        batch: messages of one invocation at most; more than ten only where they are gathered.
        at_once: batches, at least two.
    """

    def __init__(
        self,
        scope: Construct,
        spec: FunctionSpec,
        *,
        stage: Stage,
        functions: Functions,
        delay: cdk.Duration | None = None,
        gather: cdk.Duration | None = None,
        batch: int = 10,
        at_once: int = CONCURRENCY,
    ) -> None:
        super().__init__(scope, spec.name)
        self.parked = parked_queue(self, "Parked", stage.named(f"{spec.name}-parked"))
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=stage.named(spec.name),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            delivery_delay=delay,
            # Six times, as Lambda asks for, so that a throttled batch is not received meanwhile.
            visibility_timeout=cdk.Duration.seconds(6 * spec.timeout),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.parked, max_receive_count=RECEIVES),
        )
        alias = functions.add_one(spec, grants=[_polls(self.queue)])
        self.source = lambda_.CfnEventSourceMapping(
            self,
            "Source",
            function_name=alias.function_arn,
            event_source_arn=self.queue.queue_arn,
            batch_size=batch,
            maximum_batching_window_in_seconds=int(gather.to_seconds()) if gather else None,
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=at_once
            ),
            function_response_types=["ReportBatchItemFailures"],
        )


class Consumer(Worker):
    """Rule → queue → function, with one dead-letter queue for both ways.

    What EventBridge cannot deliver and what the function cannot handle stands in the same queue:
    both are the same event, and are sent again in the same way.

    Args:
        enabled: events are sent to it; else it stands by.
    """

    def __init__(
        self,
        scope: Construct,
        spec: FunctionSpec,
        *,
        stage: Stage,
        bus: events.IEventBus,
        functions: Functions,
        pattern: events.EventPattern,
        delay: cdk.Duration | None = None,
        gather: cdk.Duration | None = None,
        enabled: bool = True,
        batch: int = 10,
        at_once: int = CONCURRENCY,
    ) -> None:
        super().__init__(
            scope,
            spec,
            stage=stage,
            functions=functions,
            delay=delay,
            gather=gather,
            batch=batch,
            at_once=at_once,
        )
        self.rule = events.Rule(
            self,
            "Rule",
            rule_name=stage.named(spec.name),
            event_bus=bus,
            event_pattern=pattern,
            enabled=enabled,
            targets=[targets.SqsQueue(self.queue, dead_letter_queue=self.parked)],
        )


def every_event() -> events.EventPattern:
    """The pattern of all domain events."""
    sources: Any = events.Match.prefix("commerce.")
    return events.EventPattern(source=sources)


def _polls(queue: sqs.Queue) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        ],
        resources=[queue.queue_arn],
    )
