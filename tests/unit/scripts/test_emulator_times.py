"""When the embedded cloud last ran, saved and stopped is read while it is written."""

import json
from pathlib import Path

from scripts.local.emulator.launch import _record


def test_a_reader_finds_what_was_written_before_whole(tmp_path: Path) -> None:
    _record(tmp_path, "running")
    path = tmp_path / "emulator.json"
    known = json.loads(path.read_text())
    with path.open() as reader:
        _record(tmp_path, "saved")
        assert json.loads(reader.read()) == known
    now = json.loads(path.read_text())
    assert now == {**known, "saved": now["saved"]}
    assert list(tmp_path.iterdir()) == [path]
