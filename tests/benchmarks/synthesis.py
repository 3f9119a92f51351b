"""How long a synthesis of prod takes when its packages are built: all deployments wait for it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Final

from scripts.dev.cdk import cdk_environment
from tests.benchmarks.packages import FOLDER, ROOT
from tests.benchmarks.report import Row, middle

ROUNDS: Final = 3
_EMPTY: Final = (
    "import infra, aws_cdk as cdk; app = cdk.App(); cdk.Stack(app, 'Empty'); app.synth()"
)
"""What the CDK takes for nothing: Node, its modules, one stack."""


def rows() -> Iterator[Row]:
    """By turns with an app that holds an empty stack."""
    folder = FOLDER / "cdk.out"
    prod = ("-m", "infra.app", "--stage", "prod", "--out", str(folder))
    _timed(*prod)  # packages that are not built yet
    taken = [(_timed(*prod), _timed("-c", _EMPTY)) for _ in range(ROUNDS)]
    ours, empty = (middle(side) for side in zip(*taken, strict=True))
    yield Row(
        "synthesis of prod, checked by cdk-nag", f"{ours:.1f} s", f"empty stack {empty:.1f} s"
    )


def _timed(*arguments: str) -> float:
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**cdk_environment(), "CDK_OUTDIR": str(FOLDER / "cdk.empty")},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"A synthesis failed: {done.stderr[-1500:]}")
    return time.perf_counter() - began
