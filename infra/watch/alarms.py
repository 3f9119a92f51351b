"""Alarms on what needs a person. What heals by itself has none, or has time to do so first."""

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.alarms import Alarms
from infra.metrics import FIVE_MINUTES, Metrics, shop_metric
from infra.stages import Stage
from infra.table.edge import PURGE_PAGES
from infra.table.events import EVENT_LOG, RELAY
from infra.table.settlement import AUDIT
from infra.watch.resources import Watched

RELAY_AGE_MILLISECONDS: Final = 5 * 60 * 1000
"""Events this late mean that a stream is stuck; its records expire after 24 hours."""

LATE_SECONDS: Final = 60 * 60
"""Messages this old mean that a consumer stands still. AuditOrder's wait for 15 minutes anyway."""

HEALING_MINUTES: Final = 60
"""What consumers have parked is tried again every five minutes, then every half hour."""

NOT_HEALING: Final = frozenset({EVENT_LOG.name, AUDIT.name, PURGE_PAGES.name})
"""Consumers whose parked messages wait for a person at once: EventLog's are not tried again and
hold operators' notices, an order that AuditOrder found in breach does not mend itself, and what
PurgePages could not purge was refused for good."""

RUN_WITHIN: Final = cdk.Duration.minutes(15)
"""Of a schedule, a run that succeeds: three times the longest interval."""

TECHNICAL_REJECTIONS: Final = 5
SERVER_ERRORS: Final = 5
SERVER_ERRORS_PERCENT: Final = 1
CONCURRENCY: Final = 0.8
"""Of the account's limit: what comes beyond it is throttled, everybody's."""

BOUNCES: Final = 0.05
COMPLAINTS: Final = 0.001
"""Shares from which SES puts an account under review. Source: "Monitoring your sender reputation"
in the SES guide."""

FREE_MEGABYTES: Final = 0.25 * 1024
"""Of a search node's disk, by gigabyte. Source: "Recommended CloudWatch alarms" of the OpenSearch
Service guide: below a quarter, while below a fifth it begins to refuse writes."""


def raise_alarms(alarms: Alarms, metrics: Metrics, stage: Stage, watched: Watched) -> None:
    """Makes them all but those that judge a release, which stand with the platform."""
    for name in (*watched.readers, *watched.workers):
        _parked(alarms, metrics, name, heals=name in watched.workers and name not in NOT_HEALING)
    for name in watched.workers:
        _late(alarms, metrics, name)
    for name in watched.schedules:
        _overdue(alarms, metrics, name)
    _relay(alarms, metrics)
    _rejections(alarms)
    _concurrency(alarms, metrics, stage)
    if stage.sends_mail:
        _mail(alarms, metrics)
    if stage.search_nodes is not None:
        _search(alarms, metrics, stage.search_nodes.gigabytes)


def api_failing(alarms: Alarms, api_id: str) -> None:
    """Answers 5xx that are no exception."""

    def of_api(metric: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/ApiGateway",
            metric_name=metric,
            dimensions_map={"ApiId": api_id},
            statistic="Sum",
            period=FIVE_MINUTES,
        )

    alarms.add(
        "ApiFailing",
        cloudwatch.MathExpression(
            expression=f"IF(errors >= {SERVER_ERRORS}, 100 * errors / requests, 0)",
            using_metrics={"errors": of_api("5xx"), "requests": of_api("Count")},
            period=FIVE_MINUTES,
        ),
        f"{SERVER_ERRORS_PERCENT} % of the API's answers or more are 5xx, for ten minutes.",
        section="apifailing",
        threshold=SERVER_ERRORS_PERCENT,
        periods=2,
    )


def _parked(alarms: Alarms, metrics: Metrics, name: str, *, heals: bool) -> None:
    told = f" and have not been handled within {HEALING_MINUTES} minutes" if heals else ""
    alarms.add(
        f"{name}Parked",
        metrics.queue(f"{name}-parked", "ApproximateNumberOfMessagesVisible", FIVE_MINUTES),
        f"Messages of {name} stand in {name}-parked{told}.",
        section="parked",
        periods=HEALING_MINUTES // 5 if heals else 1,
    )


def _late(alarms: Alarms, metrics: Metrics, name: str) -> None:
    alarms.add(
        f"{name}Late",
        metrics.queue(name, "ApproximateAgeOfOldestMessage"),
        f"A message has waited for {name} for an hour: it is stopped, throttled, or too slow.",
        section="late",
        threshold=LATE_SECONDS,
    )


def _overdue(alarms: Alarms, metrics: Metrics, name: str) -> None:
    alarms.add(
        f"{name}Overdue",
        cloudwatch.MathExpression(
            expression="FILL(runs, 0) - FILL(errors, 0)",
            using_metrics={
                "runs": metrics.function(name, "Invocations"),
                "errors": metrics.function(name, "Errors"),
            },
            period=RUN_WITHIN,
        ),
        f"No run of {name} has succeeded for a quarter of an hour.",
        section="overdue",
        below=True,
        silence=True,
    )


def _relay(alarms: Alarms, metrics: Metrics) -> None:
    alarms.add(
        f"{RELAY.name}Age",
        metrics.function(RELAY.name, "IteratorAge", "Maximum"),
        "Events leave the outbox more than five minutes late.",
        section="outboxrelayage",
        threshold=RELAY_AGE_MILLISECONDS,
        periods=2,
    )


def _rejections(alarms: Alarms) -> None:
    alarms.add(
        "TechnicalRejections",
        shop_metric("OrdersRejected", reason="TechnicalFailure"),
        "Orders are rejected that neither a card nor the stock has refused.",
        section="technicalrejections",
        threshold=TECHNICAL_REJECTIONS,
    )


def _concurrency(alarms: Alarms, metrics: Metrics, stage: Stage) -> None:
    alarms.add(
        "ConcurrencyNearLimit",
        metrics.account("AWS/Lambda", "ConcurrentExecutions"),
        "The account's functions use four fifths of its concurrency.",
        section="concurrencynearlimit",
        threshold=CONCURRENCY * stage.account_concurrency,
    )


def _mail(alarms: Alarms, metrics: Metrics) -> None:
    for name, metric, threshold in (
        ("MailBounces", "Reputation.BounceRate", BOUNCES),
        ("MailComplaints", "Reputation.ComplaintRate", COMPLAINTS),
    ):
        alarms.add(
            name,
            metrics.account("AWS/SES", metric),
            "At this rate SES puts the account under review, and may stop its mail.",
            section="mailbounces-and-mailcomplaints",
            threshold=threshold,
        )


def _search(alarms: Alarms, metrics: Metrics, gigabytes: int) -> None:
    alarms.add(
        "SearchIndexLost",
        metrics.search("ClusterStatus.red", "Maximum"),
        "The search domain has lost a part of the index.",
        section="searchindexlost",
        periods=5,
    )
    alarms.add(
        "SearchDiskFull",
        metrics.search("FreeStorageSpace", "Minimum"),
        "A search node has less than a quarter of its disk left.",
        section="searchdiskfull",
        threshold=gigabytes * FREE_MEGABYTES,
        periods=5,
        below=True,
    )
