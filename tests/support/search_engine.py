"""A real search engine for tests: own port from the kernel, own folder below `.local`.

    with search_engine() as engine:
        urllib.request.urlopen(engine.url)

It is the launcher of the platform as a process of its own; leaving the block ends it. Where the
set-up could not fetch it, it raises: what needs it fails, and is never skipped.
"""

import contextlib
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from scripts.local.ports import HOST, Ports
from scripts.local.services import ROOT, answers
from tests.support.emulator import wait_until
from tests.support.folders import own_folder

_PYTHON = ROOT / ".local" / "search" / "bin" / "python"
_PROOF = ROOT / ".local" / "search" / "engine.json"
_LAUNCHER = ROOT / "scripts" / "local" / "engines" / "opensearch" / "launch.py"
_DEADLINE_SECONDS = 90.0


class SearchEngine:
    """One OpenSearch: stopped and started as often as a test needs, on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.port = Ports.from_kernel().search
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{HOST}:{self.port}"

    def start(self) -> None:
        """Starts it and waits until it answers."""
        if not _PROOF.exists():
            raise RuntimeError("there is no search engine: run `make setup`, which says why")
        command = [str(_PYTHON), str(_LAUNCHER), "--port", str(self.port)]
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--state", str(self.folder / "state")],
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(self._is_ready, self._why, seconds=_DEADLINE_SECONDS)

    def stop(self) -> None:
        """Ends it in an orderly way."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.wait(_DEADLINE_SECONDS)

    def kill(self) -> None:
        """Ends it as a crash would."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait(_DEADLINE_SECONDS)

    def _is_ready(self) -> bool:
        if self._process is not None and (code := self._process.poll()) is not None:
            raise RuntimeError(f"the search engine ended with {code}\n{self._why()}")
        return answers("/_cluster/health?wait_for_status=yellow&timeout=1s")(self.port)

    def _why(self) -> str:
        told = self.log.read_text(errors="replace")[-5_000:] if self.log.exists() else ""
        return f"the search engine to answer\n{told}"


@contextlib.contextmanager
def search_engine() -> Iterator[SearchEngine]:
    """A running engine in a fresh folder, ended and removed afterwards."""
    with own_folder("search") as folder:
        engine = SearchEngine(folder)
        try:
            engine.start()
            yield engine
            engine.stop()
        finally:
            engine.kill()
