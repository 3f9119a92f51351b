"""The payment sandbox as a process of its own, on a port from the kernel."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 30


@dataclass
class SandboxProcess:
    """A running sandbox. `url` is where it listens."""

    url: str
    process: "subprocess.Popen[str]"

    @property
    def port(self) -> int:
        """At which it answers."""
        return int(self.url.rsplit(":", 1)[1])

    def kill(self) -> None:
        """As the kernel does when memory is short: no goodbye."""
        self._stop(signal.SIGKILL)

    def terminate(self) -> int:
        """Orderly. Returns the exit code."""
        return self._stop(signal.SIGTERM)

    def _stop(self, number: signal.Signals) -> int:
        if self.process.poll() is None:
            os.kill(self.process.pid, number)
        code = self.process.wait(PATIENCE_SECONDS)
        if self.process.stdout:
            self.process.stdout.close()
        return code


@contextmanager
def sandbox_process(
    state: Path, *, port: int = 0, options: Sequence[str] = ()
) -> Iterator[SandboxProcess]:
    """Starts it over a state folder; what is still running at the end is killed."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "scripts.local.payment_sandbox",
            "--port",
            str(port),
            "--state",
            str(state),
            *options,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()  # returns at once if the process ends
    running = SandboxProcess(line.strip().rsplit(" ", 1)[-1], process)
    try:
        assert running.url.startswith("http://127.0.0.1:"), line
        yield running
    finally:
        running.kill()
