"""The set-up's stamp: what makes it run again, and what does not."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[3] / "scripts" / "setup.py"


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("set_up", FILE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment(folder: Path, name: str) -> Path:
    """A virtual environment as far as the set-up looks at it."""
    made = folder / name
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").symlink_to(sys.executable)
    (made / "bin" / "activate").write_text(f"VIRTUAL_ENV={made}\n")
    return made


def test_the_fingerprint_changes_with_lock_folder_and_interpreter(
    setup: ModuleType, tmp_path: Path
) -> None:
    lock = tmp_path / "uv.lock"
    lock.write_text("one")
    first = setup.fingerprint(tmp_path, (lock,), "3.11")
    assert setup.fingerprint(tmp_path, (lock,), "3.11") == first
    assert setup.fingerprint(tmp_path / "moved", (lock,), "3.11") != first
    assert setup.fingerprint(tmp_path, (lock,), "3.12") != first
    lock.write_text("two")
    assert setup.fingerprint(tmp_path, (lock,), "3.11") != first


def test_a_stamp_holds_while_every_environment_has_its_interpreter(
    setup: ModuleType, tmp_path: Path
) -> None:
    stamp, made = tmp_path / "setup.json", environment(tmp_path, "venv")
    assert not setup.is_current(stamp, "f", (made,))
    stamp.write_text('{"fingerprint": "f"}')
    assert setup.is_current(stamp, "f", (made,))
    assert not setup.is_current(stamp, "g", (made,))
    (made / "bin" / "python").unlink()
    (made / "bin" / "python").symlink_to(tmp_path / "gone")
    assert not setup.is_current(stamp, "f", (made,))


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_broken_stamp_is_none(setup: ModuleType, tmp_path: Path, content: str) -> None:
    stamp = tmp_path / "setup.json"
    stamp.write_text(content)
    assert not setup.is_current(stamp, "f", ())


def test_an_environment_that_was_moved_does_not_belong_here(
    setup: ModuleType, tmp_path: Path
) -> None:
    made = environment(tmp_path, "before")
    assert setup.belongs_here(made)
    moved = made.rename(tmp_path / "after")
    assert not setup.belongs_here(moved)


def test_without_venv_and_pip_one_sentence_says_what_to_do(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "has_module", lambda _: False)
    with pytest.raises(setup.SetupError, match="neither venv nor pip"):
        setup.check_machine(first_time=True)


def test_without_disk_space_one_sentence_says_what_to_do(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(setup, "DISK_NEEDED_FIRST", 10**18)
    with pytest.raises(setup.SetupError, match="Not enough disk space"):
        setup.check_machine(first_time=True)
