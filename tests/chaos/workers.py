"""The processes that run functions: found below the embedded cloud, caught at work, killed.

A process between two invocations waits for the next; killing it proves little. So processes are
watched by their context switches, which rise at once when one is given work, and the first that
is, is stopped a random moment later. While it is stopped its task can be looked at.
"""

import contextlib
import random
import time
from collections.abc import Collection
from typing import Final

import psutil

LOOK_EVERY: Final = 0.002  # seconds
IDLE_SWITCHES: Final = 2
"""Context switches between two looks that an idle process may make: its client looks around once
a second."""
LONGEST_TASK: Final = 0.05  # seconds: a warm process takes less for most tasks
NAME: Final = "AWS_LAMBDA_FUNCTION_NAME"


class Workers:
    """The function processes of one embedded cloud.

    Args:
        emulator: its process.
        prefix: what the functions' names begin with.
    """

    def __init__(self, emulator: int, prefix: str) -> None:
        self._emulator = psutil.Process(emulator)
        self._prefix = prefix
        self._names: dict[psutil.Process, str] = {}

    def of(self, functions: Collection[str]) -> dict[psutil.Process, str]:
        """The processes that run these functions, and which each runs."""
        named = {one: self._name(one) for one in self._emulator.children()}
        return {one: name for one, name in named.items() if name in functions}

    def _name(self, process: psutil.Process) -> str:
        if process not in self._names:
            with contextlib.suppress(psutil.Error):
                name = process.environ().get(NAME, "")
                if name.startswith(self._prefix):
                    self._names[process] = name.removeprefix(self._prefix)
        return self._names.get(process, "")


def stopped_at_work(
    processes: Collection[psutil.Process], rng: random.Random, patience: float
) -> psutil.Process | None:
    """The first of the processes that is given work, stopped in the middle of it.

    Returns:
        None if none was within `patience` seconds, or it had ended.
    """
    deadline = time.monotonic() + patience
    with contextlib.suppress(psutil.Error):
        before = {one: _switches(one) for one in processes}
        while time.monotonic() < deadline:
            time.sleep(LOOK_EVERY)
            for process, switches in before.items():
                now = _switches(process)
                if now - switches > IDLE_SWITCHES:
                    time.sleep(LONGEST_TASK * rng.random() ** 2)  # mostly soon
                    process.suspend()
                    return process
                before[process] = now
    return None


def kill(process: psutil.Process) -> None:
    """SIGKILL. psutil has made sure that the number is still this process's."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.kill()


def _switches(process: psutil.Process) -> int:
    counted = process.num_ctx_switches()
    return counted.voluntary + counted.involuntary
