"""Accepted findings of cdk-nag, each with its reason beside the resource."""

import aws_cdk as cdk
from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accepts one finding of one rule on this construct and what is in it.

    Args:
        construct: where the finding is.
        rule: as cdk-nag names it, e.g. `AwsSolutions-IAM5[Resource::*]`.
        reason: one line that a reviewer can agree with.
    """
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def region_of(stack: cdk.Stack) -> str:
    """The region as cdk-nag writes it."""
    return "<AWS::Region>" if cdk.Token.is_unresolved(stack.region) else stack.region
