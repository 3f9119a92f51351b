"""Which stage is meant, and where one in AWS answers, as its stacks say."""

import os
from typing import Final

import boto3
from botocore.exceptions import ClientError

from scripts.kit.clients import Clients
from scripts.kit.endpoints import DEFAULT_FILE, Endpoints, EndpointsError

LOCAL: Final = "local"
"""The stage of this machine, which no stack in AWS tells of."""
STAGES: Final = (LOCAL, "dev", "prod")
EDGE_REGION: Final = "us-east-1"
"""CloudFront's own: the stack of a stage's edge stands there."""


def load_endpoints() -> Endpoints:
    """Of the stage in AWS that SHOP_STAGE names, else of the platform on this machine.

    Raises:
        EndpointsError: there is no such stage, or the platform was never deployed.
    """
    stage = os.environ.get("SHOP_STAGE") or LOCAL
    return Endpoints.read(DEFAULT_FILE) if stage == LOCAL else endpoints_of(stage)


def endpoints_of(stage: str) -> Endpoints:
    """The addresses of a deployed stage, with the credentials and region of the environment.

    Raises:
        EndpointsError: there is no such stage, no region is named, or the stage is not deployed
            there.
    """
    if stage not in STAGES:
        raise EndpointsError(f"There is no stage {stage!r}; there are: {', '.join(STAGES)}.")
    region = os.environ.get("AWS_REGION") or boto3.Session().region_name  # that reads another name
    if region is None:
        raise EndpointsError("In which region is the stage? Say it by AWS_REGION.")
    outputs = outputs_of(Clients(region), f"Commerce-{stage}")
    if outputs is None:
        deploy = f"`make deploy STAGE={stage}`"
        raise EndpointsError(f"Stage {stage} is not deployed in {region}: {deploy} does that.")
    edge = outputs_of(Clients(EDGE_REGION), f"Commerce-{stage}-edge")
    api = f"{edge['ShopUrl']}/api" if edge else outputs["ApiUrl"]
    return Endpoints.from_outputs(outputs, api=api, region=region)


def outputs_of(clients: Clients, stack: str) -> dict[str, str] | None:
    """The outputs of a stack; None where there is none of that name."""
    try:
        (found,) = clients.cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        return None
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}
