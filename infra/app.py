"""Synthesises one stage: `python -m infra.app -c stage=prod [--out DIR]`.

The CDK's command line calls it as well (`cdk.json`); its context then names the stage. Environment:
STAGE names the stage, SHOP_PAYMENTS_URL another address of the payment provider, CDK_OUTDIR the
folder of the cloud assembly.
"""

import argparse
import dataclasses
import json
import os
import sys

import aws_cdk as cdk
from aws_cdk import Validations
from cdk_nag import AwsSolutionsChecks

from infra.packaging import Packager, PackagingError
from infra.stack import CommerceStack
from infra.stages import Stage, StageError, stage_named
from infra.table import FUNCTIONS


def build(stage: Stage, *, outdir: str | None = None) -> cdk.App:
    """The CDK app of one stage, with its packages built, ready to be synthesised."""
    packages = Packager(stage.platform).build(spec.source for spec in FUNCTIONS)
    app = cdk.App(outdir=outdir)
    CommerceStack(app, stage, packages)
    if stage.checked:
        Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    return app


def main() -> int:
    """Returns 0, or 1 after one sentence that says what to do."""
    parser = argparse.ArgumentParser(description="Synthesise one stage.")
    parser.add_argument("-c", "--context", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--out", default=os.environ.get("CDK_OUTDIR", "cdk.out"))
    arguments = parser.parse_args()
    context = dict(pair.partition("=")[::2] for pair in arguments.context)
    try:
        stage = _with_environment(stage_named(context.get("stage") or _stage_of_environment()))
        build(stage, outdir=arguments.out).synth()
    except (StageError, PackagingError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _stage_of_environment() -> str | None:
    """The stage that STAGE names, or the context that the CDK's command line hands over."""
    context: dict[str, str] = json.loads(os.environ.get("CDK_CONTEXT_JSON", "{}"))
    return context.get("stage") or os.environ.get("STAGE")


def _with_environment(stage: Stage) -> Stage:
    base = os.environ.get("SHOP_PAYMENTS_URL")
    return dataclasses.replace(stage, payment_api_base=base) if base else stage


if __name__ == "__main__":
    sys.exit(main())
