"""Background processes: recognised by pid and beginning, stopped with all they started."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.local import processes
from scripts.local.processes import Record, identity_of

DEADLINE = 30.0
SLEEPER = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPER
PARENT = (
    "import subprocess, sys, time; "
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); "
    "print('up', child.pid, flush=True); time.sleep(600)"
)


class Started:
    """A process under supervision, and where its record and its log are."""

    def __init__(self, folder: Path, program: str) -> None:
        self.file = folder / "pids" / "one.json"
        self.log = folder / "logs" / "one.log"
        command = [sys.executable, "-c", program]
        self.process = processes.start(command, os.environ, self.log, self.file, port=1)
        self.said = self._first_line()
        record = Record.read(self.file)
        assert record is not None
        self.record = record

    def _first_line(self) -> list[str]:
        deadline = time.monotonic() + DEADLINE
        while not (text := self.log.read_text()).endswith("\n"):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return text.split()


@pytest.fixture
def started(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Started]:
    one = Started(tmp_path, request.param)
    yield one
    one.process.kill()
    one.process.wait()


@pytest.mark.parametrize("started", [SLEEPER], indirect=True)
def test_a_started_process_is_recognised_and_stopped(started: Started) -> None:
    assert started.record.alive
    assert started.record.pid == started.process.pid
    assert processes.stop(started.record, patience=DEADLINE)
    assert not started.record.alive


@pytest.mark.parametrize("started", [STUBBORN], indirect=True)
def test_what_does_not_go_by_itself_is_killed_and_that_is_told(started: Started) -> None:
    assert not processes.stop(started.record, patience=0.3)
    assert not started.record.alive


@pytest.mark.parametrize("started", [SLEEPER], indirect=True)
def test_another_process_under_the_same_number_is_left_alone(started: Started) -> None:
    stranger = Record(started.record.pid, "another beginning", port=1, began=0.0)
    assert not stranger.alive
    assert processes.stop(stranger, patience=DEADLINE)
    assert started.record.alive


@pytest.mark.parametrize("started", [PARENT], indirect=True)
def test_children_of_a_process_that_was_killed_are_ended(started: Started) -> None:
    child = int(started.said[1])
    identity = identity_of(child)
    assert identity is not None
    started.process.kill()
    started.process.wait()
    processes.end_leftovers(started.record)
    deadline = time.monotonic() + DEADLINE
    while identity_of(child) == identity:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_zombie_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.read()
        deadline = time.monotonic() + DEADLINE
        while identity_of(process.pid) is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("content", ["", "{", "{}", '{"pid": "x"}', "[]"])
def test_a_record_that_cannot_be_read_is_none(tmp_path: Path, content: str) -> None:
    file = tmp_path / "one.json"
    file.write_text(content)
    assert Record.read(file) is None
    assert Record.read(tmp_path / "absent.json") is None


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = Record(pid=7, identity="b:1", port=4600, began=1.5)
    record.write(tmp_path / "pids" / "one.json")
    assert Record.read(tmp_path / "pids" / "one.json") == record
