"""Folders of tests' own servers, below `.local` like everything else that the project writes."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from scripts.local.services import LOCAL


@contextlib.contextmanager
def own_folder(name: str) -> Iterator[Path]:
    """A fresh folder, removed afterwards."""
    parent = LOCAL / "tests"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
