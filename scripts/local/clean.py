"""`make clean`: stop, and forget everything that the commands of this checkout have made."""

import shutil
import sys
from pathlib import Path

from scripts.local import stop
from scripts.local.services import LOCAL, ROOT

FOLDERS = (
    LOCAL,
    ROOT / ".venv",
    ROOT / "cdk.out",
    ROOT / ".mypy_cache",
    ROOT / ".ruff_cache",
    ROOT / ".import_linter_cache",
    ROOT / ".hypothesis",
)


def remove(folder: Path) -> None:
    """Remove a folder; what is not there is fine, what cannot be removed is an error."""
    if folder.exists():
        shutil.rmtree(folder)


def main() -> int:
    """Remove the environments, the data, the logs and the caches of what is stopped."""
    sys.dont_write_bytecode = True
    if code := stop.main(outlook=""):
        return code
    for folder in FOLDERS:
        remove(folder)
    for cache in [*ROOT.rglob("__pycache__")]:
        remove(cache)
    print("Forgotten: data, logs, environments and caches of this checkout.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
