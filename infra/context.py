"""What whoever deploys tells of a stage: the context of the CDK's command line, and the region."""

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from typing import Final

from botocore.session import get_session

from infra.stages import EDGE_REGION, Stage, StageError

_EDGE: Final = ("domain", "certificate", "originSecretVersion")
"""What is told of an edge (`infra.stages.Edge`)."""
KNOWN: Final = ("stage", *_EDGE)
_REGION_VARIABLES: Final = ("CDK_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
_OF_THE_CDK: Final = frozenset(":@/")
"""Characters of the names that the CDK gives to its own context."""


def context_of(arguments: Sequence[str]) -> dict[str, str]:
    """The context, as `NAME=VALUE` or from the CDK's command line.

    Raises:
        StageError: a name is none of ours: it would be ignored unnoticed.
    """
    handed: dict[str, str] = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    given = {name: value for name, value in handed.items() if not _OF_THE_CDK & set(name)}
    given |= {name: value for name, _, value in (one.partition("=") for one in arguments)}
    for name, value in given.items():
        if name not in KNOWN:
            raise StageError(f"There is no context {name!r}: {', '.join(KNOWN)}.")
        if not value:
            raise StageError(f"The context {name!r} has no value: give `-c {name}=VALUE`.")
    return given


def with_context(stage: Stage, context: Mapping[str, str]) -> Stage:
    """The stage with what the context tells of its edge.

    Raises:
        StageError: the stage has no edge, or what is told does not hold together.
    """
    if not set(_EDGE) & set(context):
        return stage
    if stage.edge is None:
        raise StageError(f"Stage {stage.name} has no edge that a domain or secret could be of.")
    edge = dataclasses.replace(
        stage.edge,
        domain=context.get("domain"),
        certificate=context.get("certificate"),
        origin_secret_version=context.get("originSecretVersion"),
    )
    return dataclasses.replace(stage, edge=edge)


def region_of(stage: Stage, environment: Mapping[str, str]) -> str | None:
    """The region of a stage with an edge, where that is another than the edge's own.

    Raises:
        StageError: the environment names a region that does not exist.
    """
    named = next((environment[name] for name in _REGION_VARIABLES if environment.get(name)), None)
    session = get_session()
    known = {
        each
        for partition in session.get_available_partitions()
        for each in session.get_available_regions("lambda", partition)
    }
    if named is not None and named not in known:
        raise StageError(f"There is no region {named!r} of AWS: one is eu-central-1.")
    return None if stage.edge is None or named == EDGE_REGION else named
