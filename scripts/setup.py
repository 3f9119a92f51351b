"""Prepare this checkout: the project's own uv, environment and embedded cloud, all inside of it.

Runs on the machine's Python with the standard library alone. The second time is instant: a stamp
holds a hash of the lock files, the interpreter and the folder, and whatever of these has changed
(a new lock, another Python, a checkout that was moved) is what is built again.

Nothing on PATH is used but the Python that runs this file: uv is installed by pip, Node comes with
the environment. Only package caches are written outside of the checkout.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MINIMUM_PYTHON = (3, 11)
UV_VERSION = "0.13.9"
DISK_NEEDED_FIRST = 3_000_000_000  # bytes: environments, package cache, Lambda packages
DISK_NEEDED = 200_000_000

if tuple(sys.version_info) < MINIMUM_PYTHON:
    sys.exit(
        "This project needs Python 3.11 or newer, and this is {}.{}: install one and say "
        "`make PYTHON=/path/to/python3.11 ...`.".format(*sys.version_info[:2])
    )

ROOT = Path(__file__).resolve().parent.parent
LOCAL = ROOT / ".local"
TOOLS = LOCAL / "tools"
STAMP = LOCAL / "setup.json"
EMULATOR_PROJECT = ROOT / "scripts" / "local" / "emulator"
SEARCH_PROJECT = ROOT / "scripts" / "local" / "engines" / "opensearch"
SEARCH = LOCAL / "search"
SEARCH_STAMP = SEARCH / "engine.json"
SEARCH_LOCKS = (
    SEARCH_PROJECT / "pyproject.toml",
    SEARCH_PROJECT / "uv.lock",
    SEARCH_PROJECT / "jars.lock",
)
LOCKS = (
    ROOT / "pyproject.toml",
    ROOT / "uv.lock",
    EMULATOR_PROJECT / "pyproject.toml",
    EMULATOR_PROJECT / "uv.lock",
)
ENVIRONMENTS = (ROOT / ".venv", LOCAL / "emulator")


class SetupError(Exception):
    """What is missing on this machine, in one sentence that says what to do."""


def fingerprint(root: Path, files: tuple[Path, ...], python: str) -> str:
    """Everything the environments depend on, as one hash."""
    digest = hashlib.sha256(f"{root}\n{python}\n{UV_VERSION}\n".encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def interpreter() -> str:
    """The interpreter behind this process, not a virtual environment's link to it."""
    base = getattr(sys, "_base_executable", None) or sys.executable
    return f"{base} {sys.version}"


def is_current(stamp: Path, wanted: str, environments: tuple[Path, ...]) -> bool:
    """Whether the last set-up still holds: same hash, and no environment lost its interpreter."""
    try:
        found = json.loads(stamp.read_text())["fingerprint"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return found == wanted and all((env / "bin" / "python").exists() for env in environments)


def belongs_here(environment: Path) -> bool:
    """Whether a virtual environment was made in this folder and its interpreter still exists.

    Scripts of a virtual environment carry its absolute path, so one that was moved along with the
    checkout would run another folder's packages, or nothing.
    """
    python = environment / "bin" / "python"
    if not python.exists():
        return False
    activate = environment / "bin" / "activate"
    return not activate.exists() or str(environment) in activate.read_text()


def check_machine(first_time: bool) -> None:
    """Refuse what cannot work before anything is installed."""
    if not (has_module("ensurepip") or has_module("pip")):
        raise SetupError(
            "This Python has neither venv nor pip: install one of them "
            "(Debian, Ubuntu: `apt install python3-venv`) and try again."
        )
    needed = DISK_NEEDED_FIRST if first_time else DISK_NEEDED
    free = shutil.disk_usage(ROOT).free
    if free < needed:
        raise SetupError(
            f"Not enough disk space: {ROOT} has {free / 1e9:.1f} GB free and this needs "
            f"{needed / 1e9:.1f} GB: free some and try again."
        )


def has_module(name: str) -> bool:
    """Whether this interpreter could import a module, without importing it."""
    return importlib.util.find_spec(name) is not None


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """A Ctrl-C in here is raised when this ends."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def run(command: list[str], environment: dict[str, str]) -> None:
    """Run one step with its own progress on the terminal.

    It runs in a session of its own: Ctrl-C comes here alone, and here it is said in one line what
    was interrupted, where installers would each print a traceback. A Ctrl-C while the step is being
    started waits until it is known, or nobody would end it.
    """
    step: subprocess.Popen[bytes] | None = None
    try:
        with interrupts_held():
            step = subprocess.Popen(command, env=environment, cwd=ROOT, start_new_session=True)
        code = step.wait()
    except BaseException:
        if step is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(step.pid, signal.SIGKILL)
            step.wait()
        raise
    if code != 0:
        raise SetupError(
            f"`{Path(command[0]).name} {' '.join(command[1:4])} ...` failed with exit code "
            f"{code}: its own message stands above; mend that and try again."
        )


def clean_environment() -> dict[str, str]:
    """The environment for installers: nobody else's virtual environment, temp files in here."""
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON")
    environment = {k: v for k, v in os.environ.items() if k not in dropped}
    environment["TMPDIR"] = str(LOCAL / "tmp")
    environment["UV_PYTHON_DOWNLOADS"] = "never"
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    return environment


def uv_path() -> Path:
    """Where the project's own uv lies."""
    return TOOLS / "bin" / "uv"


def uv_is_pinned() -> bool:
    """Whether the project's uv is there, runs and is the pinned one."""
    if not uv_path().exists():
        return False
    try:
        answer = subprocess.run(
            [str(uv_path()), "--version"], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return UV_VERSION in answer.stdout.split()


def install_uv() -> None:
    """Install the pinned uv: in a virtual environment, or beside it where pip is all there is.

    `pip install --target` is allowed where the system's packages are managed (PEP 668).
    """
    if uv_is_pinned():
        return
    shutil.rmtree(TOOLS, ignore_errors=True)
    environment = clean_environment()
    pip = ["-m", "pip"]
    wanted = f"uv=={UV_VERSION}"
    if has_module("ensurepip"):
        run([sys.executable, "-m", "venv", str(TOOLS)], environment)
        run([str(TOOLS / "bin" / "python"), *pip, "install", "--quiet", wanted], environment)
    else:
        run(
            [sys.executable, *pip, "install", "--quiet", "--target", str(TOOLS), wanted],
            environment,
        )


def sync(project: Path, target: Path, *options: str) -> None:
    """Bring one environment to its lock, from nothing if it does not belong here."""
    if target.exists() and not belongs_here(target):
        shutil.rmtree(target)
    environment = clean_environment()
    environment["UV_PROJECT_ENVIRONMENT"] = str(target)
    base = getattr(sys, "_base_executable", None) or sys.executable
    command = [str(uv_path()), "sync", "--frozen", "--project", str(project), "--python", base]
    run([*command, *options], environment)


def set_up() -> None:
    """All steps, with progress; returns at once where nothing has changed."""
    wanted = fingerprint(ROOT, LOCKS, interpreter())
    if is_current(STAMP, wanted, ENVIRONMENTS):
        return
    check_machine(first_time=not STAMP.exists())
    steps = (
        (f"uv {UV_VERSION}, the installer", install_uv),
        (
            "the project's packages (.venv)",
            lambda: sync(ROOT, ROOT / ".venv", "--all-extras"),
        ),
        (
            "the embedded cloud (.local/emulator)",
            lambda: sync(EMULATOR_PROJECT, LOCAL / "emulator"),
        ),
    )
    STAMP.unlink(missing_ok=True)
    for number, (what, step) in enumerate(steps, start=1):
        print(f"Setting up {number}/{len(steps)}: {what}", flush=True)
        began = time.monotonic()
        step()
        print(f"  done in {time.monotonic() - began:.1f} s", flush=True)
    STAMP.write_text(json.dumps({"fingerprint": wanted}))


def jar_cache() -> Path:
    """Where jars are kept for all checkouts, as pip and uv keep their wheels."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "commerce" / "jars"


def set_up_search() -> None:
    """The search engine. The platform works without it, so what is in its way is only told."""
    wanted = fingerprint(ROOT, SEARCH_LOCKS, interpreter())
    if is_current(SEARCH_STAMP, wanted, (SEARCH,)):
        return
    print("Setting up the search engine: Java and OpenSearch, 120 MB the first time", flush=True)
    fetch = [str(SEARCH / "bin" / "python"), str(SEARCH_PROJECT / "fetch.py")]
    folders = ["--into", str(SEARCH / "jars"), "--cache", str(jar_cache())]
    SEARCH_STAMP.unlink(missing_ok=True)
    try:
        sync(SEARCH_PROJECT, SEARCH)
        run([*fetch, *folders], clean_environment())
    except SetupError as error:
        print(f"There is no search engine, everything else works. {error}", file=sys.stderr)
    else:
        SEARCH_STAMP.write_text(json.dumps({"fingerprint": wanted}))


def forget_installers_locks() -> None:
    """Removes the empty files that uv locks its environments with and leaves in the temp folder.

    Nobody holds one now: only a set-up makes these environments, and it is alone.
    """
    for file in (LOCAL / "tmp").glob("uv-*.lock"):
        file.unlink(missing_ok=True)


def main() -> int:
    """Set up under a lock: a second one at the same time waits for the first."""
    try:
        (LOCAL / "tmp").mkdir(parents=True, exist_ok=True)
        with (LOCAL / "setup.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another set-up of this checkout is running: waiting for it.", flush=True)
                fcntl.flock(lock, fcntl.LOCK_EX)
            set_up()
            set_up_search()
            forget_installers_locks()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        print(f"The set-up could not write into {LOCAL}: {error}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("The set-up was interrupted: run it again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
