"""Functions behind tables' streams.

A record that cannot be handled is bisected out of its batch, retried a bounded number of times and
parked, so that it never holds up its shard until the records behind it expire.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from contracts.events.inventory import LOW_STOCK
from infra.functions import Functions
from infra.messaging import parked_queue
from infra.nag import accept
from infra.stages import Stage
from infra.table.rows import FunctionSpec

RETRIES: Final = 10
"""Of a batch, and of each half it is bisected into."""

OUTBOX: Final[Mapping[str, Any]] = {
    "eventName": ["INSERT"],
    "dynamodb": {"Keys": {"SK": {"S": [{"prefix": "EVENT#"}]}}},
}
"""Events that were written with the change that they tell of."""

_A_SHARD: Final[Mapping[str, Any]] = {"PK": {"S": [{"prefix": "STOCK#"}]}}
_FEW: Final = [str(units) for units in range(LOW_STOCK + 1)]
"""Numbers stand in a stream as text, so that a filter can only list them."""


def _crossing(units: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """A shard has so many units now and had others, or the other way round."""
    these = {"available": {"N": list(units)}}
    others = {"available": {"N": [{"anything-but": list(units)}]}}
    return (
        {"dynamodb": {"Keys": _A_SHARD, "NewImage": these, "OldImage": others}},
        {"dynamodb": {"Keys": _A_SHARD, "NewImage": others, "OldImage": these}},
    )


CROSSINGS: Final[Sequence[Mapping[str, Any]]] = (
    {"eventName": ["INSERT"], "dynamodb": {"Keys": _A_SHARD}},
    *_crossing(["0"]),
    *_crossing(_FEW),
)
"""Shards of stock that are new, that came to zero or left it, or came to few units or left them."""


class StreamReader(Construct):
    """One function behind the streams of tables. `parked` holds what it could not handle."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        spec: FunctionSpec,
        *,
        stage: Stage,
        tables: Mapping[str, dynamodb.Table],
        functions: Functions,
        filters: Sequence[Mapping[str, Any]],
    ) -> None:
        super().__init__(scope, construct_id)
        self._filters = filters
        self.parked = parked_queue(self, "Parked", stage.named(f"{spec.name}-parked"))
        accept(
            self.parked,
            "AwsSolutions-SQS3",
            "The event sources park their failures here: it is the dead-letter queue itself.",
        )
        streams = {name: _stream(table) for name, table in tables.items()}
        self.alias = functions.add_one(
            spec, grants=[_polls(list(streams.values())), _parks(self.parked)]
        )
        for name, stream in streams.items():
            self._source(name, stream)

    def _source(self, table: str, stream: str) -> None:
        lambda_.CfnEventSourceMapping(
            self,
            table.capitalize(),
            function_name=self.alias.function_arn,
            event_source_arn=stream,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_retry_attempts=RETRIES,
            maximum_record_age_in_seconds=int(cdk.Duration.hours(6).to_seconds()),
            filter_criteria=lambda_.CfnEventSourceMapping.FilterCriteriaProperty(
                filters=[
                    lambda_.CfnEventSourceMapping.FilterProperty(pattern=json.dumps(one))
                    for one in self._filters
                ]
            ),
            destination_config=lambda_.CfnEventSourceMapping.DestinationConfigProperty(
                on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                    destination=self.parked.queue_arn
                )
            ),
        )


def _stream(table: dynamodb.Table) -> str:
    arn = table.table_stream_arn
    if arn is None:
        raise ValueError(f"{table.node.path} has no stream: nobody could read its changes.")
    return arn


def _polls(streams: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        ],
        resources=streams,
    )


def _parks(queue: sqs.Queue) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[queue.queue_arn])
