"""A launched embedded cloud for tests: own port from the kernel, own folder below `.local`.

    with emulator_process() as cloud:
        cloud.client("sqs").create_queue(QueueName="a")

It is the real launcher as a process of its own. Leaving the block stops it as `make stop` does,
and fails if a process is left.
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import boto3
from botocore.config import Config

from scripts.local.services import ROOT, answers
from tests.support.folders import own_folder

REGION = "us-east-1"
_PYTHON = ROOT / ".local" / "emulator" / "bin" / "python"
_LAUNCHER = ROOT / "scripts" / "local" / "emulator" / "launch.py"
_DEADLINE_SECONDS = 60.0
Result = TypeVar("Result")


class Emulator:
    """One embedded cloud: started and stopped as often as a test needs, on the same folder.

    Args:
        folder: everything it writes; the caller removes it.
        without: fixes to leave out.
    """

    def __init__(self, folder: Path, *, without: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.port = 0
        self._without = without
        self._process: subprocess.Popen[bytes] | None = None
        self._group = 0

    @property
    def url(self) -> str:
        """Where AWS clients point their `endpoint_url`."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process; the functions' processes are its children, in its group."""
        if self._process is None:
            raise RuntimeError("the embedded cloud is not running")
        return self._process.pid

    def start(self) -> None:
        """Start it and wait until it answers; a port is kept over restarts."""
        if not _PYTHON.exists():
            raise RuntimeError(f"{_PYTHON} is missing: run `make setup` (or `make run`) first")
        self.port = self.port or _free_port()
        arguments = [str(_PYTHON), str(_LAUNCHER), "--port", str(self.port)]
        arguments += ["--state", str(self.folder)]
        arguments += [text for name in self._without for text in ("--without", name)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                arguments, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        self._group = self._process.pid
        wait_until(self._is_ready, lambda: f"the embedded cloud to answer\n{self.log_text()}")

    def stop(self) -> None:
        """SIGTERM, wait, and make sure that neither it nor a function is left."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        code = process.wait(_DEADLINE_SECONDS)
        if code != 0:
            raise RuntimeError(f"the embedded cloud exited with {code}\n{self.log_text()}")
        wait_until(lambda: not _exists(self._group), "the functions' processes to end")

    def kill(self) -> None:
        """SIGKILL, as a crash would end it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_DEADLINE_SECONDS)

    def client(self, service: str, *, url: str = "", **options: Any) -> Any:
        """A boto3 client of it; a call is sent once, so that what a test sees is one answer.

        Args:
            url: of what stands before it; by default nothing does.
        """
        return boto3.client(  # type: ignore[call-overload] # the service is not a literal here
            service,
            endpoint_url=url or self.url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=64, **options),
        )

    def log_text(self) -> str:
        """What it and its functions wrote, for the message of a failed test."""
        return self.log.read_text(errors="replace")[-20_000:] if self.log.exists() else ""

    def _is_ready(self) -> bool:
        if self._process is not None and (code := self._process.poll()) is not None:
            raise RuntimeError(f"the embedded cloud ended with {code}\n{self.log_text()}")
        return answers("/_ministack/ready")(self.port)


@contextlib.contextmanager
def emulator_process(name: str = "cloud", *, without: tuple[str, ...] = ()) -> Iterator[Emulator]:
    """A running embedded cloud in a fresh folder, stopped and removed afterwards."""
    with own_folder(name) as folder:
        emulator = Emulator(folder, without=without)
        try:
            emulator.start()
            yield emulator
            emulator.stop()
        finally:
            emulator.kill()


def wait_until(
    condition: Callable[[], Result],
    what: str | Callable[[], str],
    *,
    seconds: float = _DEADLINE_SECONDS,
) -> Result:
    """The first true result of `condition`, asked again and again until the deadline.

    Raises:
        AssertionError: it never came; the message says what was waited for.
    """
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"waited in vain for {what if isinstance(what, str) else what()}")
        time.sleep(0.01)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
