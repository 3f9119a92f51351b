"""One dashboard, read from top to bottom: the business, its promises, then what it stands on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from contracts.business_metrics import BUSINESS_METRICS, Percentile, Rate, Total
from contracts.service_levels import OBJECTIVES, Objective
from infra.metrics import FIVE_MINUTES, Metrics, shop_metric
from infra.stages import EDGE_REGION, Stage
from infra.table.saga import TASKS
from infra.watch.cost import cost_of_orders
from infra.watch.resources import Watched

FULL: Final = 24
"""Columns of a row."""
LOG_GROUPS: Final = 50
"""That one query of CloudWatch Logs Insights takes."""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading, a sentence on how to read what is under it, and one row of widgets."""

    heading: str
    says: str
    widgets: Sequence[cloudwatch.ConcreteWidget]


def draw(
    scope: Construct,
    stage: Stage,
    metrics: Metrics,
    watched: Watched,
    *,
    api_id: str,
    distribution_id: str | None,
    alarms: Sequence[cloudwatch.IAlarm],
) -> None:
    """Makes the stage's dashboard."""
    dashboard = cloudwatch.Dashboard(
        scope,
        "Dashboard",
        dashboard_name=stage.named("overview"),
        default_interval=cdk.Duration.hours(12),
    )
    sections = list(_sections(stage, metrics, watched, api_id, alarms))
    if distribution_id is not None:
        sections.insert(-1, _edge(distribution_id))
    for section in sections:
        text = f"## {section.heading}\n{section.says}"
        dashboard.add_widgets(cloudwatch.TextWidget(markdown=text, width=FULL, height=2))
        dashboard.add_widgets(*section.widgets)


def _sections(
    stage: Stage,
    metrics: Metrics,
    watched: Watched,
    api_id: str,
    alarms: Sequence[cloudwatch.IAlarm],
) -> Iterable[Section]:
    yield Section(
        "How does the business do?",
        "The five figures by which the shop is judged. `scripts/shop metrics` prints the same.",
        [
            _graph(metric.name, [business_metric(metric)], width=5 if number < 4 else 4)
            for number, metric in enumerate(BUSINESS_METRICS)
        ],
    )
    yield Section(
        "Are its promises kept?",
        "99 of 100 stay below the red line, over thirty days. ConfirmationSlow watches the second.",
        [_objective(objective) for objective in OBJECTIVES],
    )
    yield Section(
        "Does anything wait for a person?",
        "Each alarm's description names its section of docs/runbook.md.",
        [cloudwatch.AlarmStatusWidget(title="Alarms", alarms=alarms, width=FULL, height=6)],
    )
    yield Section(
        "Orders",
        "Rejected orders end their execution as SUCCEEDED. FAILED waits for a redrive.",
        _orders(metrics, watched),
    )
    yield Section(
        "Events and queues",
        "Parked messages of consumers come back by themselves; streams' and schedules' do not.",
        _queues(metrics, watched),
    )
    yield Section(
        "API and functions",
        "A throttled task waits and rejects nothing; a throttled request is answered 429 or 503.",
        _functions(stage, metrics, watched, api_id),
    )
    yield Section(
        "Cost",
        "Transitions, table units and functions on an order's way; mails, requests, logs left out.",
        [_graph("Cost of 1,000 confirmed orders", [cost_of_orders(metrics, watched.machines)])],
    )


def _edge(distribution_id: str) -> Section:
    def of_edge(metric: str, statistic: str, label: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/CloudFront",
            metric_name=metric,
            dimensions_map={"DistributionId": distribution_id, "Region": "Global"},
            statistic=statistic,
            label=label,
            region=EDGE_REGION,
        )

    return Section(
        "Edge",
        "What the cache answers costs no function. Orders and carts are never kept.",
        [
            _graph("Cache hit ratio", [of_edge("CacheHitRate", "Average", "hits (%)")], width=12),
            _graph(
                "Requests of the edge",
                [
                    of_edge("Requests", "Sum", "requests"),
                    of_edge("5xxErrorRate", "Average", "5xx (%)"),
                ],
                width=12,
            ),
        ],
    )


def _graph(
    title: str, metrics: Sequence[cloudwatch.IMetric], *, width: int = FULL
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=metrics, width=width)


def _objective(objective: Objective) -> cloudwatch.GraphWidget:
    statistic = f"p{objective.percent}"
    return cloudwatch.GraphWidget(
        title=f"{objective.name} {statistic}",
        left=[shop_metric(objective.metric, statistic).with_(label=f"{statistic} (ms)")],
        left_annotations=[
            cloudwatch.HorizontalAnnotation(
                value=objective.milliseconds, label="objective", color=cloudwatch.Color.RED
            )
        ],
        width=FULL // len(OBJECTIVES),
    )


def _orders(metrics: Metrics, watched: Watched) -> list[cloudwatch.ConcreteWidget]:
    outcomes = ("Started", "Succeeded", "Failed", "TimedOut", "Aborted")
    return [
        _graph(
            "Executions",
            [
                metrics.execution(machine, f"Executions{outcome}", period=FIVE_MINUTES).with_(
                    label=f"{machine} {outcome}"
                )
                for machine in watched.machines
                for outcome in outcomes
            ],
            width=8,
        ),
        _graph(
            "Duration of executions p99",
            [
                metrics.execution(machine, "ExecutionTime", "p99", FIVE_MINUTES).with_(
                    label=f"{machine} (ms)"
                )
                for machine in watched.machines
            ],
            width=8,
        ),
        _graph(
            "Duration by state p99",
            [
                metrics.function(task.name, "Duration", "p99", FIVE_MINUTES).with_(
                    label=f"{task.name} (ms)"
                )
                for task in TASKS
            ],
            width=8,
        ),
    ]


def _queues(metrics: Metrics, watched: Watched) -> list[cloudwatch.ConcreteWidget]:
    return [
        _graph(
            "Parked messages",
            [
                metrics.queue(f"{name}-parked", "ApproximateNumberOfMessagesVisible").with_(
                    label=name
                )
                for name in watched.parking
            ],
            width=8,
        ),
        _graph(
            "Age of the oldest message",
            [
                metrics.queue(name, "ApproximateAgeOfOldestMessage").with_(label=f"{name} (s)")
                for name in watched.workers
            ],
            width=8,
        ),
        _graph(
            "Age of the outbox",
            [
                metrics.function(name, "IteratorAge", "Maximum").with_(label=f"{name} (ms)")
                for name in watched.readers
            ],
            width=8,
        ),
    ]


def _functions(
    stage: Stage, metrics: Metrics, watched: Watched, api_id: str
) -> list[cloudwatch.ConcreteWidget]:
    answers = [
        cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=name,
            dimensions_map={"ApiId": api_id},
            statistic="Sum",
            label=label,
        )
        for name, label in (("Count", "requests"), ("4xx", "4xx"), ("5xx", "5xx"))
    ]
    return [
        _graph("Answers of the API", answers, width=6),
        *(
            _graph(
                metric,
                [metrics.function(name, metric).with_(label=name) for name in watched.functions],
                width=6,
            )
            for metric in ("Errors", "Throttles")
        ),
        cloudwatch.LogQueryWidget(
            title="Cold starts",
            log_group_names=[
                f"/aws/lambda/{stage.named(name)}" for name in watched.functions[:LOG_GROUPS]
            ],
            query_lines=[
                'filter @type = "REPORT" and ispresent(@initDuration)',
                "stats count() as cold, pct(@initDuration, 99) as p99_ms by @log",
                "sort cold desc",
            ],
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            width=6,
        ),
    ]


def business_metric(metric: Rate | Percentile | Total) -> cloudwatch.IMetric:
    """One of the business's figures, as the dashboard draws it."""
    match metric:
        case Rate(name, part, whole):
            return cloudwatch.MathExpression(
                label=f"{name} (%)",
                expression="100 * part / whole",
                using_metrics={"part": shop_metric(part), "whole": shop_metric(whole)},
            )
        case Percentile(name, measured, kind, percent):
            return shop_metric(measured, f"p{percent}", kind=kind).with_(label=f"{name} (ms)")
        case Total(name, counted):
            return shop_metric(counted).with_(label=name)
