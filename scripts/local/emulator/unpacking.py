"""Functions' packages unpacked by their top-level folders: what several of them hold, once.

All functions share their libraries. Unpacked for each of forty functions they are forty thousand
files, which cost seconds to make and to remove again; as links to one copy they cost neither.
"""

import hashlib
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

_SHARED = "shared"


def unpack(archive: zipfile.ZipFile, target: Path) -> None:
    """Make what the archive holds visible below `target`; one caller at a time."""
    folders: dict[str, list[zipfile.ZipInfo]] = defaultdict(list)
    for info in archive.infolist():
        top, inside, _ = info.filename.partition("/")
        if inside:
            folders[top].append(info)
        else:
            _extract(archive, info, target)
    shared = target.with_name(_SHARED)
    for top, infos in folders.items():
        copy = shared / _digest(infos)
        if not copy.exists():
            partial = copy.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            for info in infos:
                _extract(archive, info, partial)
            partial.rename(copy)
        (target / top).symlink_to(copy / top)


def remove_unused(packages: Iterable[Path]) -> None:
    """Remove the copies beside these unpacked packages that none of them links to."""
    live = list(packages)
    used = {entry.readlink().parent for each in live for entry in _links(each)}
    for shared in {each.with_name(_SHARED) for each in live}:
        for copy in shared.iterdir() if shared.exists() else ():
            if copy not in used:
                shutil.rmtree(copy, ignore_errors=True)


def _links(package: Path) -> list[Path]:
    return [entry for entry in package.iterdir() if entry.is_symlink()]


def _digest(infos: Iterable[zipfile.ZipInfo]) -> str:
    """Names, sizes and checksums, as the archive's directory has them: nothing is read twice."""
    lines = (f"{i.filename} {i.file_size} {i.CRC} {i.external_attr}" for i in infos)
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path) -> None:
    path = Path(archive.extract(info, target))
    if mode := (info.external_attr >> 16) & 0o7777:
        path.chmod(mode)
