"""The three tables. Each streams its changes; the outbox relay takes the events among them.

They are encrypted with a key of the service's own (docs/adr/0076-no-keys-of-our-own.md).
"""

from typing import Final

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.nag import accept
from infra.stage_stack import removal_policy
from infra.stages import Stage

_KEYS_ONLY: Final = dynamodb.ProjectionType.KEYS_ONLY
_ALL: Final = dynamodb.ProjectionType.ALL

_INDEXES: Final[dict[str, dict[str, dynamodb.ProjectionType]]] = {
    # A stamp on an order changes no key, so it writes to no index.
    "orders": {"GSI1": _KEYS_ONLY, "GSI2": _KEYS_ONLY},
    "inventory": {"GSI1": _KEYS_ONLY},
    # Lists of products are read from the index alone.
    "catalog": {"GSI1": _ALL},
}
_WITH_OLD_IMAGES: Final = frozenset({"inventory"})
"""Tables whose stream also says how an item was: so a shard that left zero can be told."""


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)


class Data(Construct):
    """Tables `orders`, `inventory` and `catalog`, on demand, encrypted."""

    def __init__(self, scope: Construct, construct_id: str, stage: Stage) -> None:
        super().__init__(scope, construct_id)
        self.tables = {name: self._table(name, stage) for name in _INDEXES}

    def _table(self, name: str, stage: Stage) -> dynamodb.Table:
        warm = stage.warm_tables.get(name)
        table = dynamodb.Table(
            self,
            name.capitalize(),
            table_name=stage.named(name),
            partition_key=_string("PK"),
            sort_key=_string("SK"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            stream=(
                dynamodb.StreamViewType.NEW_AND_OLD_IMAGES
                if name in _WITH_OLD_IMAGES
                else dynamodb.StreamViewType.NEW_IMAGE
            ),
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=stage.backups
            ),
            deletion_protection=stage.retain_data,
            warm_throughput=(
                dynamodb.WarmThroughput(
                    read_units_per_second=warm.reads, write_units_per_second=warm.writes
                )
                if warm
                else None
            ),
            removal_policy=removal_policy(stage),
        )
        for index, projection in _INDEXES[name].items():
            table.add_global_secondary_index(
                index_name=index,
                partition_key=_string(f"{index}PK"),
                sort_key=_string(f"{index}SK"),
                projection_type=projection,
            )
        if not stage.backups:
            accept(table, "AwsSolutions-DDB3", "This stage holds no data worth restoring.")
        return table
