"""Alarms on what needs a person, and one dashboard."""

from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contracts.business_metrics import (
    BUSINESS_METRICS,
    NAMESPACE,
    SERVICE,
    Percentile,
    Rate,
    Total,
)
from infra.stages import Stage
from infra.table.events import RELAY

_MINUTE: Final = cdk.Duration.minutes(1)
RELAY_AGE_MILLISECONDS: Final = 5 * 60 * 1000
"""Events this late mean that a stream is stuck; its records expire after 24 hours."""

LATE_SECONDS: Final = 60 * 60
"""Messages this old mean that a consumer stands still. AuditOrder's wait for 15 minutes anyway."""


class Monitoring(Construct):
    """A topic for operators, one alarm for each thing that does not heal by itself."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        stage: Stage,
        machines: Mapping[str, sfn.StateMachine],
        parked: Mapping[str, sqs.Queue],
        waiting: Mapping[str, sqs.Queue],
        aliases: Mapping[str, lambda_.Alias],
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = stage
        self.topic = sns.Topic(
            self, "Operators", topic_name=stage.named("operators"), enforce_ssl=True
        )
        self._notify = actions.SnsAction(self.topic)
        for name, queue in parked.items():
            self._parked(name, queue)
        for name, queue in waiting.items():
            self._waiting(name, queue)
        self._relay(aliases[RELAY.name])
        for name, machine in machines.items():
            self._machine(name, machine)
        self._dashboard(machines, parked, aliases)

    def _parked(self, name: str, queue: sqs.Queue) -> None:
        self._alarm(
            f"{name}Parked",
            queue.metric_approximate_number_of_messages_visible(period=_MINUTE, statistic="max"),
            1,
            f"{name} could not handle messages: they wait in {name}-parked for 14 days.",
        )

    def _waiting(self, name: str, queue: sqs.Queue) -> None:
        self._alarm(
            f"{name}Late",
            queue.metric_approximate_age_of_oldest_message(period=_MINUTE, statistic="max"),
            LATE_SECONDS,
            f"{name} handles messages late: it is stopped, too slow, or what it needs is away.",
        )

    def _relay(self, alias: lambda_.Alias) -> None:
        self._alarm(
            "OutboxRelayAge",
            alias.metric("IteratorAge", period=_MINUTE, statistic="max"),
            RELAY_AGE_MILLISECONDS,
            "Events leave the outbox late: a stream is stuck or the relay is too slow.",
        )

    def _machine(self, name: str, machine: sfn.StateMachine) -> None:
        outcomes = {
            "Failed": machine.metric_failed(period=_MINUTE),
            "Aborted": machine.metric_aborted(period=_MINUTE),
            "TimedOut": machine.metric_timed_out(period=_MINUTE),
        }
        for outcome, metric in outcomes.items():
            self._alarm(
                f"{name}{outcome}",
                metric,
                1,
                f"An execution of {name} ended {outcome}: a person must look and redrive it.",
            )

    def _alarm(
        self, name: str, metric: cloudwatch.IMetric, threshold: float, description: str
    ) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            alarm_name=self._stage.named(name),
            alarm_description=description,
            metric=metric,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=(cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD),
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._notify)

    def _dashboard(
        self,
        machines: Mapping[str, sfn.StateMachine],
        parked: Mapping[str, sqs.Queue],
        aliases: Mapping[str, lambda_.Alias],
    ) -> None:
        outcomes = [
            metric
            for machine in machines.values()
            for metric in (
                machine.metric_started(),
                machine.metric_succeeded(),
                machine.metric_failed(),
            )
        ]
        widgets: dict[str, Sequence[cloudwatch.IMetric]] = {
            "Executions": outcomes,
            "Duration of executions": [m.metric_time() for m in machines.values()],
            "Errors of functions": [alias.metric_errors() for alias in aliases.values()],
            "Throttles of functions": [alias.metric_throttles() for alias in aliases.values()],
            "Parked messages": [
                queue.metric_approximate_number_of_messages_visible() for queue in parked.values()
            ],
            "Age of the outbox": [aliases[RELAY.name].metric("IteratorAge", statistic="max")],
        }
        widgets |= {metric.name: [business_metric(metric)] for metric in BUSINESS_METRICS}
        dashboard = cloudwatch.Dashboard(
            self, "Dashboard", dashboard_name=self._stage.named("overview")
        )
        dashboard.add_widgets(
            *(
                cloudwatch.GraphWidget(title=title, left=metrics, width=12)
                for title, metrics in widgets.items()
            )
        )


def business_metric(metric: Rate | Percentile | Total) -> cloudwatch.IMetric:
    """One of the business's figures, as the dashboard draws it."""
    match metric:
        case Rate(name, part, whole):
            return cloudwatch.MathExpression(
                label=f"{name} (%)",
                expression="100 * part / whole",
                using_metrics={"part": _counted(part), "whole": _counted(whole)},
            )
        case Percentile(name, measured, kind, percent):
            return cloudwatch.Metric(
                label=f"{name} (ms)",
                namespace=NAMESPACE,
                metric_name=measured,
                dimensions_map={"kind": kind, "service": SERVICE},
                statistic=f"p{percent}",
            )
        case Total(name, counted):
            return _counted(counted, name)


def _counted(name: str, label: str | None = None) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        label=label,
        namespace=NAMESPACE,
        metric_name=name,
        dimensions_map={"service": SERVICE},
        statistic="Sum",
    )
