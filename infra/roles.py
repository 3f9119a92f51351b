"""Roles of AWS services: what they may do stands in one document of their own."""

from collections.abc import Iterable

from aws_cdk import aws_iam as iam
from constructs import Construct


def service_role(
    scope: Construct, service: str, statements: Iterable[iam.PolicyStatement]
) -> iam.Role:
    """A role that one service takes on. It holds no managed policy: those allow more.

    Args:
        service: its host, e.g. `lambda.amazonaws.com`.
    """
    return iam.Role(
        scope,
        "Role",
        assumed_by=iam.ServicePrincipal(service),
        inline_policies={"Own": iam.PolicyDocument(statements=list(statements))},
    )
