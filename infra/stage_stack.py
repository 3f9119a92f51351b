"""What every stack of a stage has in common."""

import aws_cdk as cdk
from constructs import Construct

from infra.stages import Stage


def removal_policy(stage: Stage) -> cdk.RemovalPolicy:
    """What becomes of a resource that holds data when its stack goes."""
    return cdk.RemovalPolicy.RETAIN if stage.retain_data else cdk.RemovalPolicy.DESTROY


class StageStack(cdk.Stack):
    """A stack that belongs to a stage: tagged with it, and protected where its data is kept.

    Args:
        name: the stack's, unique in an account that holds several stages.
        env: where it stands, if another stack of the stage stands in another region: what one
            tells the other then crosses regions.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        stage: Stage,
        *,
        description: str,
        env: cdk.Environment | None = None,
    ) -> None:
        super().__init__(
            scope,
            name,
            env=env,
            cross_region_references=env is not None,
            description=description,
            termination_protection=stage.retain_data,
            tags={"application": "commerce", "stage": stage.name},
        )
