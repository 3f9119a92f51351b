"""Zip files whose bytes depend on nothing but what is in them."""

import contextlib
import hashlib
import os
import shutil
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal

KEPT: Final = 3
"""Archives of one name that stay in the cache, the last used first."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_READABLE, _EXECUTABLE = 0o100644, 0o100755


def digest_of(parts: Iterable[str | bytes]) -> str:
    """SHA-256 over the parts, each with its length, so that no two sequences are the same."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "big"))
        total.update(data)
    return total.hexdigest()


def write_archive(
    target: Path, entries: Mapping[str, bytes], *, onto: Path | None = None, level: int = 6
) -> None:
    """Writes entries, sorted by name, to `target`; after those of the archive `onto`, as they are.

    The archive appears whole or not at all: two builds at once do not disturb each other.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}-{id(entries)}.partial")
    try:
        if onto is not None:
            shutil.copyfile(onto, partial)
        mode: Literal["w", "a"] = "w" if onto is None else "a"
        with zipfile.ZipFile(partial, mode, zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
            for name in sorted(entries):
                archive.writestr(_info(name), entries[name], compresslevel=level)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def mark_used(archive: Path) -> bool:
    """Notes that an archive is in use, so that it is not forgotten. False if there is none."""
    try:
        os.utime(archive)
    except FileNotFoundError:
        return False
    return True


def forget_old(folder: Path, name: str, *, keep: Path) -> None:
    """Removes all but the last used archives `NAME-HASH.zip` of a folder."""
    dated: list[tuple[float, Path]] = []
    for path in folder.glob(f"{name}-*.zip"):
        with contextlib.suppress(FileNotFoundError):  # another build tidies up as well
            dated.append((path.stat().st_mtime, path))
    others = [path for _, path in sorted(dated, reverse=True) if path != keep]
    for path in others[KEPT - 1 :]:
        path.unlink(missing_ok=True)


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = (_EXECUTABLE if name.endswith(".so") else _READABLE) << 16
    return info
