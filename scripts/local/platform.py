"""The platform's processes in one folder on one block of ports. Standard library only.

`make run` has one in `.local/platform`; the tests have their own, elsewhere and on other ports.
"""

import contextlib
import datetime as dt
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from scripts.local import processes
from scripts.local.ports import HOST, PortError, Ports, require_free
from scripts.local.processes import Record
from scripts.local.services import LOCAL, ROOT, Service, services_of

REGION = "us-east-1"
# Any key is accepted locally. The CDK caches account ids by key, so this is nobody's real one.
ACCESS_KEY = "local"
SECRET_KEY = "local"  # noqa: S105 - a dummy: the embedded cloud accepts any
DISK_NEEDED = 300_000_000  # bytes
START_PATIENCE = 90.0  # seconds
STOP_PATIENCE = 90.0  # seconds


class PlatformError(Exception):
    """The platform cannot be started or stopped; the message says what to do."""


class Platform:
    """Start, recognise and stop the embedded cloud, and what stands beside it.

    Args:
        folder: everything that they write.
        settings: more environment for them and for the CDK app, e.g. SCHEDULES=off.
        calls: a file that the embedded cloud writes down in what functions ask of it.
    """

    def __init__(
        self,
        folder: Path,
        ports: Ports,
        settings: Mapping[str, str] | None = None,
        calls: Path | None = None,
    ) -> None:
        self.folder = folder
        self.ports = ports
        self.calls = calls
        self.settings = dict(settings or {})
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @classmethod
    def default(cls) -> "Platform":
        """The one of `make run`: where it runs already, on the ports that it has."""
        folder = LOCAL / "platform"
        ports = Ports.from_environment()
        running = cls(folder, ports).running_ports()
        if running is None or running == ports:
            return cls(folder, ports)
        if "SHOP_PORT_BASE" in os.environ:
            raise PlatformError(
                f"The platform already runs on port {running.cloud}: `make stop` it before it "
                f"can move to {ports.cloud}."
            )
        return cls(folder, running)

    @property
    def services(self) -> tuple[Service, ...]:
        """What runs, in the order of starting."""
        return services_of(self.folder, self.ports, self.calls)

    @property
    def cloud_url(self) -> str:
        """Where every AWS API is answered."""
        return f"http://{HOST}:{self.ports.cloud}"

    @property
    def payments_url(self) -> str:
        """Where the payment sandbox answers."""
        return f"http://{HOST}:{self.ports.payments}"

    @property
    def redis(self) -> str:
        """`host:port` of the carts' store."""
        return f"{HOST}:{self.ports.carts}"

    @property
    def search_url(self) -> str:
        """Where the search engine answers."""
        return f"http://{HOST}:{self.ports.search}"

    def record_file(self, name: str) -> Path:
        """The file that says which process is the service's."""
        return self.folder / "pids" / f"{name}.json"

    def log_file(self, name: str) -> Path:
        """The file that a service's output goes to."""
        return self.folder / "logs" / f"{name}.log"

    def record(self, name: str) -> Record | None:
        """The service's process as last recorded, alive or not."""
        return Record.read(self.record_file(name))

    def is_running(self, name: str) -> bool:
        """Whether the service's own process is alive."""
        record = self.record(name)
        return record is not None and record.alive

    def running_ports(self) -> Ports | None:
        """The ports of the running platform, None when it does not run."""
        cloud, payments = self.record("cloud"), self.record("payments")
        if cloud is None or payments is None or not (cloud.alive or payments.alive):
            return None
        return Ports.from_base(cloud.port)

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the platform for one command; raises PlatformError while another one does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PlatformError(
                    f"Another command{_holder(file)} is at work on this platform: "
                    "wait until it is done."
                ) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield

    def environment(self) -> dict[str, str]:
        """The environment of every process: dummy credentials, pinned endpoint, own folders."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "PYTHON", "UV_"))}
        temporary = self.folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        return {
            **kept,
            **self.settings,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ENDPOINT_URL": self.cloud_url,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "PYTHONPATH": str(ROOT),
            "PYTHONUNBUFFERED": "1",
            "TMPDIR": str(temporary),
        }

    def start(self, say: Callable[[str], None] = print) -> None:
        """Bring up what does not run yet and wait until it answers."""
        self._end_what_was_moved(say)
        self._report_crash(say)
        services = self.services
        missing = [one for one in services if not self.is_running(one.name)]
        self._require_room(missing)
        launched = [one for one in services if one not in missing or _able(one, self._launch, say)]
        for service in launched:
            if _able(service, self._wait_ready, say):
                say(f"  {service.title} answers on http://{HOST}:{service.port}")

    def _launch(self, service: Service) -> None:
        if service.proof is not None and not service.proof.exists():
            raise PlatformError(f"The {service.title} is not set up: `make setup` tries again.")
        require_free(service.port, f"the {service.title}")
        self._children[service.name] = processes.start(
            service.command,
            self.environment(),
            self.log_file(service.name),
            self.record_file(service.name),
            service.port,
        )

    def _require_room(self, missing: Sequence[Service]) -> None:
        free = shutil.disk_usage(self.folder).free
        if missing and free < DISK_NEEDED:
            raise PlatformError(
                f"Not enough disk space: {self.folder} has {free / 1e6:.0f} MB free and the "
                f"platform needs {DISK_NEEDED / 1e6:.0f} MB: free some and try again."
            )
        for service in missing:
            if service.proof is None:  # before anything is started
                require_free(service.port, f"the {service.title}")

    def stop(self, say: Callable[[str], None] = print) -> bool:
        """End every process, the cloud first; returns whether all of them went by themselves.

        A process that had to be killed has not saved its data, which is said.
        """
        orderly = True
        self._end_what_was_moved(say)
        for service in reversed(self.services):
            file = self.record_file(service.name)
            record = Record.read(file)
            if record is None:
                continue
            ran = record.alive
            if processes.stop(record, STOP_PATIENCE):
                if ran:  # what a crash has left is told by the next start
                    file.unlink(missing_ok=True)
                say(f"  {service.title} {'stopped' if ran else 'was not running'}")
            else:
                orderly = False
                say(
                    f"  {service.title} did not stop within {STOP_PATIENCE:.0f} s and was killed: "
                    "what it had not saved is lost; where it hung stands in its log"
                )
            self._forget_child(service.name)
        # Tens of thousands of unpacked files: nobody waits for their end to know it is orderly.
        for unpacked in (self.folder / "tmp", *self.folder.glob("state/*/tmp")):
            shutil.rmtree(unpacked, ignore_errors=True)
        return orderly

    def _end_what_was_moved(self, say: Callable[[str], None]) -> None:
        """Kill what ran while its folder was moved: it would save to where the folder was."""
        for service in self.services:
            file = self.record_file(service.name)
            record = Record.read(file)
            if record is None or not record.alive or record.home == str(file.parent.resolve()):
                continue
            processes.kill(record)
            say(f"  The {service.title} still ran for this folder's former place and was killed.")

    def _report_crash(self, say: Callable[[str], None]) -> None:
        """Say what a kill or crash has cost, end what it left running, and begin anew."""
        for service in self.services:
            file = self.record_file(service.name)
            record = Record.read(file)
            if record is None or record.alive:
                continue
            processes.end_leftovers(record)
            say(f"  The {service.title} ended without being stopped. {self._loss(service)}")
            file.unlink()
            self._forget_child(service.name)

    def _forget_child(self, name: str) -> None:
        child = self._children.pop(name, None)
        if child is not None:
            child.wait()

    def save(self) -> None:
        """Have the embedded cloud write its data down, so that a crash costs only what follows."""
        record = self.record("cloud")
        if record is None or not record.alive:
            return
        began = time.time()
        os.kill(record.pid, signal.SIGUSR1)
        deadline = time.monotonic() + STOP_PATIENCE
        while (self._last_save() or 0.0) < began and time.monotonic() < deadline:
            time.sleep(0.02)

    def _loss(self, service: Service) -> str:
        if service.name != "cloud":
            return "It writes down everything at once: nothing is lost."
        saved, began = self._last_save(), self._emulator_times().get("running", 0.0)
        if saved is None:
            return "Nothing had been saved yet: its local data is lost, it starts empty."
        if self._emulator_times().get("stopped", 0.0) >= began:
            return "It had saved its data: nothing is lost."
        return (
            f"Local data written after {_clock(saved)} is lost. What the others have had since"
            " stays: `scripts/shop reindex` brings the search in line, and `scripts/shop audit"
            " --repair` gives back what the payment sandbox has of orders that are lost."
        )

    def _last_save(self) -> float | None:
        times = self._emulator_times()
        return max((times[name] for name in ("saved", "stopped") if name in times), default=None)

    def _emulator_times(self) -> dict[str, float]:
        try:
            found = json.loads((self.folder / "state" / "cloud" / "emulator.json").read_text())
        except (OSError, ValueError):
            return {}
        return {name: float(moment) for name, moment in found.items()}

    def _wait_ready(self, service: Service) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while not service.ready(service.port):
            if not self.is_running(service.name):
                raise PlatformError(self._early_end(service))
            if time.monotonic() > deadline:
                raise PlatformError(
                    f"The {service.title} did not answer on port {service.port} within "
                    f"{START_PATIENCE:.0f} s: its log is {self.log_file(service.name)}."
                )
            time.sleep(0.05)

    def _early_end(self, service: Service) -> str:
        self.record_file(service.name).unlink(missing_ok=True)
        self._forget_child(service.name)
        lines = self.log_file(service.name).read_text(errors="replace").splitlines()[-15:]
        shown = "\n".join(f"    {line}" for line in lines)
        return f"The {service.title} ended while starting. The end of its log:\n{shown}"


def _able(service: Service, step: Callable[[Service], None], say: Callable[[str], None]) -> bool:
    """Takes a step; where the platform works without the service, a failure is only told."""
    try:
        step(service)
    except (PlatformError, PortError) as error:
        if service.proof is None:
            raise
        say(f"  NO {service.title.upper()}, everything else works. {error}")
        return False
    return True


def _holder(file: IO[str]) -> str:
    file.seek(0)
    pid = file.read().strip()
    return f" (process {pid})" if pid else ""


def _clock(moment: float) -> str:
    return dt.datetime.fromtimestamp(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def fail(error: Exception) -> int:
    """Print one clear sentence and return the exit code that goes with it."""
    print(error, file=sys.stderr)
    return 1
