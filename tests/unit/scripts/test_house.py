"""The import rules of the house hold."""

import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parents[3]


def test_every_import_follows_the_arrows() -> None:
    path = list(sys.path)
    try:
        code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    finally:
        sys.path[:] = path
    assert code == 0
