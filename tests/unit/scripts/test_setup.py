"""The set-up's stamp: what makes it run again, and what does not."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

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


INTERRUPTED = """
import importlib.util, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
spec = importlib.util.spec_from_file_location("set_up", sys.argv[1])
setup = importlib.util.module_from_spec(spec)
spec.loader.exec_module(setup)
step = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
setup.set_up = lambda: setup.run([sys.executable, "-c", step], {})
setup.LOCAL = setup.Path(sys.argv[2])
sys.exit(setup.main())
"""


def test_an_interrupted_step_ends_with_one_line_and_leaves_no_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTED, str(FILE), str(tmp_path)]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        step = int(process.stdout.readline())
        os.killpg(process.pid, signal.SIGINT)  # what a terminal does
        try:
            _, said = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    assert said.splitlines() == ["The set-up was interrupted: run it again to go on."]
    with pytest.raises(ProcessLookupError):
        os.kill(step, 0)


def test_an_interrupt_while_a_step_is_being_started_ends_it_as_well(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = subprocess.Popen

    def interrupted(*command: Any, **options: Any) -> subprocess.Popen[bytes]:
        signal.raise_signal(signal.SIGINT)
        started.append(start(*command, **options))
        return started[0]

    monkeypatch.setattr(setup.subprocess, "Popen", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            setup.run([sys.executable, "-c", "import time; time.sleep(600)"], {})
    finally:
        signal.signal(signal.SIGINT, before)
    assert [step.returncode for step in started] == [-signal.SIGKILL]


def test_the_installers_locks_are_removed(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "uv-1.lock").touch()
    monkeypatch.setattr(setup, "LOCAL", tmp_path)
    for step in ("set_up", "set_up_search"):
        monkeypatch.setattr(setup, step, lambda: None)
    assert setup.main() == 0
    assert not list((tmp_path / "tmp").iterdir())
