"""Synthesises one stage: `python -m infra.app --stage prod [--out DIR]`.

The CDK's command line calls it as well (`cdk.json`), and names the stage by `-c stage=prod`.
Environment: STAGE and CDK_OUTDIR stand for the two options, PAYMENT_API_BASE is another address of
the payment provider than its own, SEARCH_ENDPOINT another search engine and CART_REDIS
(`host:port`) another Redis than the stage's, SEARCH=off leaves a stage without a search domain,
ACCOUNT_CONCURRENCY is the account's limit of functions running at once where it is not 1,000 (a new
account has less), SCHEDULES=off leaves to tests what runs every minute, RELEASE=at-once moves all
new code at once: a fix of what the alarms tell of, which would stop a canary before it begins. What
is told of an edge is context (`infra/context.py`).
"""

import argparse
import dataclasses
import os
import sys

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.context import KNOWN, context_of, region_of, with_context
from infra.edge.stacks import add_edge
from infra.packaging import Packager, PackagingError
from infra.stack import CommerceStack
from infra.stages import STAGES, Stage, StageError, stage_named
from infra.table import FUNCTIONS
from infra.watch.stack import WatchStack


def build(stage: Stage, *, outdir: str | None = None, region: str | None = None) -> cdk.App:
    """The CDK app of one stage, with its packages built, ready to be synthesised.

    Args:
        region: where it will be deployed, if that is another than the edge's.
    """
    packages = Packager(stage.platform).build(spec.source for spec in FUNCTIONS)
    app = cdk.App(outdir=outdir, builtin_cloud_formation_validation=stage.checked)
    env = cdk.Environment(region=region) if region else None
    platform = CommerceStack(app, stage, packages, env)
    watched = platform.watched
    last: cdk.Stack = platform
    if stage.edge:
        purge = add_edge(app, stage, stage.edge, packages, platform, platform.api.host, env)
        watched, last = watched.and_workers(purge.workers), purge
    if stage.watched:
        WatchStack(app, stage, watched).add_stack_dependency(last)
    if stage.checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> int:
    """Returns 0, or 1 after one sentence that says what to do."""
    parser = argparse.ArgumentParser(description="Synthesise one stage.")
    parser.add_argument("--stage", default=os.environ.get("STAGE"), help=", ".join(STAGES))
    parser.add_argument("--out", default=os.environ.get("CDK_OUTDIR", "cdk.out"))
    parser.add_argument(
        "-c", "--context", action="append", default=[], help=f"NAME=VALUE: {', '.join(KNOWN)}"
    )
    arguments = parser.parse_args()
    try:
        context = context_of(arguments.context)
        stage = with_environment(stage_named(context.get("stage") or arguments.stage))
        stage = with_context(stage, context)
        build(stage, outdir=arguments.out, region=region_of(stage, os.environ)).synth()
    except (StageError, PackagingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def with_environment(stage: Stage) -> Stage:
    """The stage with what the environment says otherwise.

    Raises:
        StageError: it says something that makes no sense.
    """
    base = os.environ.get("PAYMENT_API_BASE") or stage.payment_api_base
    search = os.environ.get("SEARCH_ENDPOINT") or stage.search_endpoint
    domain = os.environ.get("SEARCH") or "on"
    if domain not in ("on", "off"):
        raise StageError(f"SEARCH is on or off, not {domain!r}.")
    release = os.environ.get("RELEASE") or "canary"
    if release not in ("canary", "at-once"):
        raise StageError(f"RELEASE is canary or at-once, not {release!r}.")
    redis = os.environ.get("CART_REDIS") or stage.cart_redis
    schedules = stage.schedules and os.environ.get("SCHEDULES") != "off"
    return dataclasses.replace(
        stage,
        payment_api_base=base,
        search_nodes=stage.search_nodes if domain == "on" else None,
        search_endpoint=search,
        cart_redis=redis,
        schedules=schedules,
        canary=stage.canary if release == "canary" else None,
        account_concurrency=_account_concurrency(stage),
    )


def _account_concurrency(stage: Stage) -> int:
    given = os.environ.get("ACCOUNT_CONCURRENCY")
    if not given:
        return stage.account_concurrency
    if not given.isascii() or not given.isdigit():
        raise StageError(f"ACCOUNT_CONCURRENCY is a whole number, such as 1000, not {given!r}.")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
