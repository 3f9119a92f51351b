"""Deployment: what counts as a change, and how assets are packed."""

import io
import zipfile
from pathlib import Path

from scripts.local.deploy import asset_bytes, fingerprint, resolve


def sources(root: Path) -> Path:
    """A tree with one file that is deployed; returns it."""
    for folder in ("infra", "workflows", "functions", "contracts"):
        (root / folder).mkdir(parents=True)
    file = root / "functions" / "handler.py"
    file.write_text("one")
    return file


def test_only_sources_locks_and_settings_make_a_deployment_necessary(tmp_path: Path) -> None:
    file = sources(tmp_path)
    first = fingerprint(tmp_path, ["http://127.0.0.1:4601"])
    (tmp_path / "functions" / "__pycache__").mkdir()
    (tmp_path / "functions" / "__pycache__" / "handler.pyc").write_text("x")
    (tmp_path / "README.md").write_text("x")
    assert fingerprint(tmp_path, ["http://127.0.0.1:4601"]) == first
    assert fingerprint(tmp_path, ["http://127.0.0.1:4701"]) != first
    file.write_text("two")
    changed = fingerprint(tmp_path, ["http://127.0.0.1:4601"])
    assert changed != first
    file.rename(file.with_name("renamed.py"))
    assert fingerprint(tmp_path, ["http://127.0.0.1:4601"]) != changed
    (tmp_path / "uv.lock").write_text("lock")
    assert fingerprint(tmp_path, ["http://127.0.0.1:4601"]) != changed


def test_a_file_is_uploaded_as_it_is_and_a_folder_zipped(tmp_path: Path) -> None:
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "folder" / "inner" / "a.txt").write_text("a")
    assert asset_bytes(tmp_path / "folder" / "inner" / "a.txt") == b"a"
    with zipfile.ZipFile(io.BytesIO(asset_bytes(tmp_path / "folder"))) as archive:
        assert archive.namelist() == ["inner/a.txt"]


def test_placeholders_of_the_cdk_are_filled_in() -> None:
    assert resolve("cdk-${AWS::AccountId}-${AWS::Region}") == "cdk-000000000000-us-east-1"
