"""Unpacked packages share what they have in common, and keep nothing that none of them has."""

import io
import os
import zipfile
from pathlib import Path

from scripts.local.emulator.unpacking import remove_unused, unpack


def archive(files: dict[str, str]) -> zipfile.ZipFile:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        for name, text in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o100755 if name.endswith(".so") else 0o100644) << 16
            target.writestr(info, text)
    return zipfile.ZipFile(made)


def unpacked(packages: Path, name: str, files: dict[str, str]) -> Path:
    target = packages / name
    target.mkdir(parents=True)
    unpack(archive(files), target)
    return target


def test_every_file_is_there_with_its_content_and_mode(tmp_path: Path) -> None:
    files = {"six.py": "six", "lib/__init__.py": "", "lib/inner/fast.so": "fast", "own/h.py": "h"}
    package = unpacked(tmp_path, "one", files)
    assert {name: (package / name).read_text() for name in files} == files
    assert os.access(package / "lib/inner/fast.so", os.X_OK)
    assert not os.access(package / "lib/__init__.py", os.X_OK)


def test_the_same_folder_is_stored_once_and_another_version_of_it_again(tmp_path: Path) -> None:
    one = unpacked(tmp_path, "one", {"lib/a.py": "1", "own/h.py": "one"})
    two = unpacked(tmp_path, "two", {"lib/a.py": "1", "own/h.py": "two"})
    newer = unpacked(tmp_path, "newer", {"lib/a.py": "2", "own/h.py": "two"})
    assert (one / "lib/a.py").samefile(two / "lib/a.py")
    assert (newer / "own/h.py").samefile(two / "own/h.py")
    assert [(each / "lib/a.py").read_text() for each in (one, two, newer)] == ["1", "1", "2"]
    assert [(each / "own/h.py").read_text() for each in (one, two)] == ["one", "two"]


def test_half_a_copy_of_an_interrupted_start_is_not_taken_for_a_whole_one(tmp_path: Path) -> None:
    files = {"lib/a.py": "a", "lib/b.py": "b"}
    (copy,) = (unpacked(tmp_path, "one", files) / "lib").resolve().parents[:1]
    partial = copy.with_suffix(".partial")
    copy.rename(partial)
    (partial / "lib/b.py").unlink()
    assert (unpacked(tmp_path, "two", files) / "lib/b.py").read_text() == "b"


def test_what_no_package_links_to_any_more_is_removed(tmp_path: Path) -> None:
    gone = unpacked(tmp_path, "gone", {"lib/a.py": "1", "own/h.py": "gone"})
    kept = unpacked(tmp_path, "kept", {"lib/a.py": "1", "own/h.py": "kept"})
    orphan = (gone / "own").resolve()
    remove_unused([kept])
    assert not orphan.exists()
    assert (kept / "lib/a.py").read_text() == "1"
    assert (kept / "own/h.py").read_text() == "kept"
