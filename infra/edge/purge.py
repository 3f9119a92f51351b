"""The stack of who purges the edge's caches: in the bus's region, after the distribution."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_events as events
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.consumers import SOON
from infra.functions import Functions
from infra.messaging import Consumer
from infra.packaging import Package
from infra.resources import Resources
from infra.stage_stack import StageStack
from infra.stages import Stage
from infra.table.edge import PURGE_PAGES
from infra.watch.resources import DISTRIBUTION_ID, parameter


class PurgeStack(StageStack):
    """ProductChanged → queue → PurgePages → the distribution."""

    def __init__(
        self,
        scope: Construct,
        stage: Stage,
        packages: Mapping[str, Package],
        *,
        distribution: cloudfront.Distribution,
        env: cdk.Environment | None,
    ) -> None:
        super().__init__(
            scope,
            stage.purge_stack_name,
            stage,
            description=f"Who purges the edge's caches, stage {stage.name}.",
            env=env,
        )
        if stage.watched:
            ssm.StringParameter(
                self,
                "DistributionIdParameter",
                parameter_name=parameter(stage.name, DISTRIBUTION_ID),
                string_value=distribution.distribution_id,
            )
        resources = Resources(
            environment={"DISTRIBUTION_ID": distribution.distribution_id},
            arns={
                "distribution": self.format_arn(
                    service="cloudfront",
                    region="",
                    resource="distribution",
                    resource_name=distribution.distribution_id,
                )
            },
        )
        self.workers = (PURGE_PAGES.name,)
        Consumer(
            self,
            PURGE_PAGES,
            stage=stage,
            bus=events.EventBus.from_event_bus_name(self, "Bus", stage.bus_name),
            functions=Functions(self, "Functions", stage, packages, resources),
            pattern=events.EventPattern(
                source=["commerce.catalog"], detail_type=["ProductChanged"]
            ),
            gather=SOON,
            batch=100,
            at_once=2,
        )
