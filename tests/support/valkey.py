"""A real Valkey for tests, in cluster mode: ports from the kernel, own folder below `.local`."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from redis.backoff import NoBackoff
from redis.cluster import RedisCluster
from redis.retry import Retry

from scripts.local.engines import valkey
from scripts.local.ports import HOST, Ports
from scripts.local.services import ROOT
from tests.support.emulator import wait_until
from tests.support.folders import own_folder

_DEADLINE_SECONDS = 60.0


class Valkey:
    """One server: stopped and started as often as a test needs, on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        ports = Ports.from_kernel()
        self.port, self._bus_port = ports.cloud, ports.payments
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until it takes writes."""
        command = [sys.executable, "-m", "scripts.local.engines.valkey"]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *command,
                    *("--port", str(self.port), "--bus-port", str(self._bus_port)),
                    *("--state", str(self._folder / "state")),
                ],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(lambda: valkey.is_ready(self.port), self._why, seconds=_DEADLINE_SECONDS)

    def stop(self) -> None:
        """Ends it in an orderly way."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            process.wait(_DEADLINE_SECONDS)

    def client(self) -> RedisCluster:
        """A client of its own, to be closed by who asks for it."""
        return RedisCluster(
            host=HOST,
            port=self.port,
            decode_responses=True,
            socket_connect_timeout=1,
            socket_timeout=10,
            retry=Retry(NoBackoff(), 0),
        )

    def _why(self) -> str:
        return f"Valkey to answer\n{(self._folder / 'log').read_text(errors='replace')[-5_000:]}"


@contextlib.contextmanager
def valkey_server() -> Iterator[Valkey]:
    """A running server in a fresh folder, ended and removed afterwards."""
    with own_folder("valkey") as folder:
        server = Valkey(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()
