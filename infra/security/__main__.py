"""Writes the snapshots of prod and its pipeline: `python -m infra.security --out DIR`.

`make generate` calls it. It synthesises both, which takes seconds: so `make check` does not, and
`tests/infra` compares what is committed with the templates that it has synthesised anyway.
"""

import argparse
import dataclasses
import tempfile
from collections.abc import Callable
from pathlib import Path

import aws_cdk as cdk

from infra import app, pipeline
from infra.security.assembly import PIPELINE, PROD, REPOSITORY, rendered
from infra.stages import STAGES


def main() -> None:
    """Synthesises both and writes what their templates say."""
    parser = argparse.ArgumentParser(description="Write the snapshots of prod's security.")
    parser.add_argument("--out", type=Path, default=Path(), help="the repository's root")
    root: Path = parser.parse_args().out
    prod = dataclasses.replace(STAGES["prod"], checked=False)
    _write(root / PROD, lambda out: app.build(prod, outdir=out))
    _write(root / PIPELINE, lambda out: pipeline.build(prod, REPOSITORY, outdir=out))


def _write(target: Path, build: Callable[[str], cdk.App]) -> None:
    with tempfile.TemporaryDirectory() as assembly:
        build(assembly).synth()
        text = rendered(Path(assembly))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
