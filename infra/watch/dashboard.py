"""One dashboard, drawn from the list of the business's figures and the names of what runs."""

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from contracts.business_metrics import (
    BUSINESS_METRICS,
    NAMESPACE,
    SERVICE,
    Percentile,
    Rate,
    Total,
)
from infra.metrics import Metrics
from infra.stages import Stage
from infra.table.events import RELAY


def draw(
    scope: Construct,
    stage: Stage,
    metrics: Metrics,
    *,
    machines: Sequence[str],
    functions: Sequence[str],
    parked: Sequence[str],
) -> cloudwatch.Dashboard:
    """Makes the stage's dashboard."""
    outcomes = [
        metrics.execution(machine, f"Executions{outcome}").with_(label=f"{machine} {outcome}")
        for machine in machines
        for outcome in ("Started", "Succeeded", "Failed")
    ]
    widgets: dict[str, Sequence[cloudwatch.IMetric]] = {
        "Executions": outcomes,
        "Duration of executions": [
            metrics.execution(machine, "ExecutionTime", "Average").with_(label=machine)
            for machine in machines
        ],
        "Errors of functions": [
            metrics.function(name, "Errors").with_(label=name) for name in functions
        ],
        "Throttles of functions": [
            metrics.function(name, "Throttles").with_(label=name) for name in functions
        ],
        "Parked messages": [
            metrics.queue(f"{name}-parked", "ApproximateNumberOfMessagesVisible").with_(label=name)
            for name in parked
        ],
        "Age of the outbox": [metrics.function(RELAY.name, "IteratorAge", "Maximum")],
    }
    widgets |= {metric.name: [business_metric(metric)] for metric in BUSINESS_METRICS}
    dashboard = cloudwatch.Dashboard(scope, "Dashboard", dashboard_name=stage.named("overview"))
    dashboard.add_widgets(
        *(
            cloudwatch.GraphWidget(title=title, left=metrics, width=12)
            for title, metrics in widgets.items()
        )
    )
    return dashboard


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
