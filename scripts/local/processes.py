"""Background processes of the platform: start, recognise, stop. Standard library only.

A pid alone proves nothing, because the system uses numbers again: each record holds the moment at
which its process began, and a process with the same number and another beginning is left alone.
"""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LOG_LIMIT = 20_000_000  # bytes: beyond that the log of the runs before is moved aside
LAST_WORDS = 5.0  # seconds


@dataclass(frozen=True)
class Record:
    """What is known of a process that was started: kept as a small JSON file.

    Attributes:
        home: the folder of that file when the process was started.
    """

    pid: int
    identity: str
    port: int
    began: float
    home: str = ""

    @classmethod
    def read(cls, file: Path) -> "Record | None":
        """The record in a file, or None where there is none that can be read."""
        try:
            fields = json.loads(file.read_text())
            return cls(
                int(fields["pid"]),
                str(fields["identity"]),
                int(fields["port"]),
                float(fields["began"]),
                str(fields.get("home", "")),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, file: Path) -> None:
        """Write the record so that a reader never sees half of it."""
        file.parent.mkdir(parents=True, exist_ok=True)
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(file)

    @property
    def alive(self) -> bool:
        """Whether the very process that was started still runs."""
        return identity_of(self.pid) == self.identity


def identity_of(pid: int) -> str | None:
    """When a process began, as the system tells it; None when it is gone or only a zombie."""
    if Path("/proc/self/stat").exists():
        return _identity_from_proc(pid)
    shown = subprocess.run(
        ["/bin/ps", "-o", "stat=,lstart=", "-p", str(pid)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    state, _, began = shown.partition(" ")
    return None if not began or state.startswith("Z") else began.strip()


def _identity_from_proc(pid: int) -> str | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The command's name stands in parentheses and may hold anything: fields count from behind it.
    fields = stat.rpartition(")")[2].split()
    state, ticks_since_boot = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}:{ticks_since_boot}"


def start(
    command: Sequence[str], environment: Mapping[str, str], log: Path, record: Path, port: int
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own, its output in a log file, its record on disk."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))
    with log.open("ab") as output:
        process = subprocess.Popen(
            list(command),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    identity = identity_of(process.pid)
    if identity is not None:
        home = str(record.parent.resolve())
        Record(process.pid, identity, port, time.time(), home).write(record)
    return process


def stop(record: Record, patience: float) -> bool:
    """End a process and all it started: SIGTERM, wait, then SIGABRT and SIGKILL.

    Returns whether it went by itself within `patience` seconds. A Python with its fault handler on
    answers SIGABRT by writing into its log what each thread was doing. A process that is not ours
    any more is not touched.
    """
    orderly = True
    if record.alive:
        _signal(record.pid, signal.SIGTERM)
        orderly = _gone_within(record, patience)
        for last_word in () if orderly else (signal.SIGABRT, signal.SIGKILL):
            _signal(record.pid, last_word)
            if _gone_within(record, LAST_WORDS):
                break
    end_leftovers(record)
    return orderly


def kill(record: Record) -> None:
    """End a process and all it started, at once and without a word."""
    if record.alive:
        _signal(record.pid, signal.SIGKILL)
        _gone_within(record, LAST_WORDS)
    end_leftovers(record)


def end_leftovers(record: Record) -> None:
    """Kill what a process that is gone left running in its session.

    A group's number is not given to a new process while the group has members, so a group whose
    first process is gone is still the one that we started.
    """
    if identity_of(record.pid) is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(record.pid, signal.SIGKILL)


def _signal(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _gone_within(record: Record, patience: float) -> bool:
    deadline = time.monotonic() + patience
    while record.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
