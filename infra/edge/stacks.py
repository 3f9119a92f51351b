"""The stacks of an edge: in front of the platform, and behind it."""

from collections.abc import Mapping

import aws_cdk as cdk

from infra.edge.purge import PurgeStack
from infra.edge.stack import EdgeStack
from infra.packaging import Package
from infra.stages import EDGE_REGION, Edge, Stage


def add_edge(
    app: cdk.App,
    stage: Stage,
    edge: Edge,
    packages: Mapping[str, Package],
    platform: cdk.Stack,
    api_host: str,
    env: cdk.Environment | None,
) -> PurgeStack:
    """Adds them to the app. Returns the last one.

    Args:
        api_host: where the platform's API answers.
        env: of the platform; None: it is deployed in the edge's own region.
    """
    front = EdgeStack(
        app,
        stage,
        edge,
        api_host=api_host,
        env=cdk.Environment(region=EDGE_REGION) if env else None,
    )
    front.add_stack_dependency(platform)
    purge = PurgeStack(app, stage, packages, distribution=front.distribution, env=env)
    purge.add_stack_dependency(platform)
    return purge
