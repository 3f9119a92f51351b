"""`make generate`: write every generated file; with `--check`, compare and write nothing.

Each generator is a module that takes `--out` and owns what it writes there. The comparison
generates into a folder of its own and never touches the tree.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.dev.commands import LOCAL, ROOT, environment, python


@dataclass(frozen=True)
class Generator:
    """A module that writes files.

    Attributes:
        out: the folder, in the repository, that `--out` stands for.
        owned: patterns of all files that are its own, from the repository's root.
        compared: by `--check`; else it takes too long for that, and a test compares.
    """

    module: str
    out: str
    owned: tuple[str, ...]
    compared: bool = True


GENERATORS = (
    Generator("contracts.generate", "contracts/schemas", ("contracts/schemas/*",)),
    Generator(
        "contracts.openapi",
        "contracts/published",
        ("contracts/published/*.json", "contracts/published/*.html"),
    ),
    Generator("workflows.render", ".", ("workflows/*.asl.json", "docs/diagrams/*.md")),
    Generator("scripts.dev.saga_tables", ".", ("docs/saga.md",)),
    # It builds every package of prod: tests/infra/test_components.py compares.
    Generator("infra.components", ".", ("docs/sbom.cdx.json", "docs/licences.md"), compared=False),
    # It synthesises a stage: tests/infra/test_security.py compares.
    Generator("infra.security", ".", ("infra/security/*.json",), compared=False),
    # Two stages: tests/infra/test_costs.py compares.
    Generator("tests.benchmarks.cost.page", ".", ("docs/costs.md",), compared=False),
)
COMPARED = tuple(one for one in GENERATORS if one.compared)


def generate(root: Path, generators: Sequence[Generator] = GENERATORS) -> bool:
    """Run generators as if the repository were at `root`; returns whether all succeeded."""
    well = True
    for one in generators:
        command = python("-m", one.module, "--out", str(root / one.out))
        code = subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
        if code != 0:
            print(f"{one.module} failed with exit code {code}", file=sys.stderr)
            well = False
    return well


def owned_files(root: Path, generators: Sequence[Generator] = GENERATORS) -> set[Path]:
    """The generated files that are there, as paths in the repository."""
    return {
        file.relative_to(root)
        for one in generators
        for pattern in one.owned
        for file in root.glob(pattern)
        if file.is_file()
    }


def differences(ours: Path, fresh: Path) -> list[str]:
    """Each generated file that is stale, missing or left over, in words."""
    mine, new = owned_files(ours, COMPARED), owned_files(fresh, COMPARED)
    stale = [
        file for file in mine & new if (ours / file).read_bytes() != (fresh / file).read_bytes()
    ]
    return sorted(
        [f"{file} is stale" for file in stale]
        + [f"{file} is missing" for file in new - mine]
        + [f"{file} is left over: nothing generates it" for file in mine - new]
    )


def check() -> int:
    """Generate into a folder of its own and compare."""
    LOCAL.mkdir(exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix="generated-", dir=LOCAL))
    try:
        if not generate(fresh, COMPARED):
            return 1
        found = differences(ROOT, fresh)
    finally:
        shutil.rmtree(fresh)
    for one in found:
        print(f"{one}: say `make generate` and commit it", file=sys.stderr)
    return 1 if found else 0


def main() -> int:
    """Write, or compare."""
    parser = argparse.ArgumentParser(description="Write the generated files.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        return check()
    before = {file: (ROOT / file).read_bytes() for file in owned_files(ROOT)}
    if not generate(ROOT):
        return 1
    for file in sorted(owned_files(ROOT)):
        changed = before.get(file) != (ROOT / file).read_bytes()
        print(f"  {file}{' (changed)' if changed else ''}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
