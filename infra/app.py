"""Synthesises one stage: `python -m infra.app --stage prod [--out DIR]`.

The CDK's command line calls it as well (`cdk.json`), and names the stage by `-c stage=prod`.
Environment: STAGE and CDK_OUTDIR stand for the two options, PAYMENT_API_BASE is another address of
the payment provider than its own, SEARCH_ENDPOINT another search engine and CART_REDIS
(`host:port`) another Redis than the stage's, SEARCH=off leaves a stage without a search domain,
ACCOUNT_CONCURRENCY the account's limit of functions
running at once where it is not 1,000 (a new account has less), SCHEDULES=off
leaves to tests what runs every minute, RELEASE=at-once moves all new code at once: a fix of what
the alarms tell of, which would stop a canary before it begins.
"""

import argparse
import dataclasses
import json
import os
import sys
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import Validations
from botocore.session import get_session
from cdk_nag import AwsSolutionsChecks

from infra.packaging import Packager, PackagingError
from infra.stack import CommerceStack
from infra.stages import STAGES, Stage, StageError, stage_named
from infra.table import FUNCTIONS
from infra.watch.stack import WatchStack


def build(stage: Stage, *, outdir: str | None = None) -> cdk.App:
    """The CDK app of one stage, with its packages built, ready to be synthesised."""
    packages = Packager(stage.platform).build(spec.source for spec in FUNCTIONS)
    app = cdk.App(outdir=outdir, builtin_cloud_formation_validation=stage.checked)
    platform = CommerceStack(app, stage, packages)
    if stage.watched:
        WatchStack(app, stage, platform.watched).add_stack_dependency(platform)
    if stage.checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> int:
    """Returns 0, or 1 after one sentence that says what to do."""
    parser = argparse.ArgumentParser(description="Synthesise one stage.")
    parser.add_argument("--stage", default=os.environ.get("STAGE"), help=", ".join(STAGES))
    parser.add_argument("--out", default=os.environ.get("CDK_OUTDIR", "cdk.out"))
    arguments = parser.parse_args()
    try:
        check_region(os.environ)
        stage = with_environment(stage_named(_stage_of_cli() or arguments.stage))
        build(stage, outdir=arguments.out).synth()
    except (StageError, PackagingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _stage_of_cli() -> str | None:
    """The stage in the context that the CDK's command line hands over."""
    context: dict[str, str] = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    return context.get("stage")


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


def check_region(environment: Mapping[str, str]) -> None:
    """Says which region does not exist, where the environment names one.

    Raises:
        StageError: there is no such region.
    """
    names = ("CDK_DEFAULT_REGION", "AWS_REGION", "AWS_DEFAULT_REGION")
    region = next((environment[name] for name in names if environment.get(name)), None)
    session = get_session()
    known = {
        each
        for partition in session.get_available_partitions()
        for each in session.get_available_regions("lambda", partition)
    }
    if region is not None and region not in known:
        raise StageError(f"There is no region {region!r} of AWS: one is eu-central-1.")


def _account_concurrency(stage: Stage) -> int:
    given = os.environ.get("ACCOUNT_CONCURRENCY")
    if not given:
        return stage.account_concurrency
    if not given.isascii() or not given.isdigit():
        raise StageError(f"ACCOUNT_CONCURRENCY is a whole number, such as 1000, not {given!r}.")
    return int(given)


if __name__ == "__main__":
    sys.exit(main())
