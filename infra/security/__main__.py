"""Writes the snapshot of prod: `python -m infra.security --out DIR`; `make generate` calls it.

It synthesises prod, which takes seconds: so `make check` does not, and `tests/infra` compares what
is committed with the templates that it has synthesised anyway.
"""

import argparse
import dataclasses
import tempfile
from pathlib import Path

from infra.app import build
from infra.security.assembly import FILE, rendered
from infra.stages import STAGES


def main() -> None:
    """Synthesises prod and writes what its templates say."""
    parser = argparse.ArgumentParser(description="Write the snapshot of prod's security.")
    parser.add_argument("--out", type=Path, default=Path(), help="the repository's root")
    target: Path = parser.parse_args().out / FILE
    stage = dataclasses.replace(STAGES["prod"], checked=False)
    with tempfile.TemporaryDirectory() as assembly:
        build(stage, outdir=assembly).synth()
        text = rendered(Path(assembly))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
