"""Run the project's own tools, each step named and timed."""

import os
import subprocess
import sys
import time
from collections.abc import Collection, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIN = ROOT / ".venv" / "bin"
LOCAL = ROOT / ".local"


def environment() -> dict[str, str]:
    """The environment of every tool: the checkout's code, its temp folder, nobody's AWS account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    temporary = LOCAL / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    return {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(temporary)}


def step(
    title: str, command: Sequence[str], accepted: Collection[int] = (0,), *, beside: bool = False
) -> bool:
    """Run one step with its output on the terminal; returns whether its exit code is accepted.

    Args:
        beside: another step is on the terminal meanwhile: show the output whole, at the end.
    """
    print(f"== {title}", flush=True)
    began = time.monotonic()
    ran = subprocess.run(
        list(command),
        cwd=ROOT,
        env=environment(),
        check=False,
        text=True,
        stdout=subprocess.PIPE if beside else None,
        stderr=subprocess.STDOUT if beside else None,
    )
    code = ran.returncode
    word = "ok" if code in accepted else f"FAILED with exit code {code}"
    said = f"\n{ran.stdout}" if beside else ""
    print(f"{said}== {title}: {word} in {time.monotonic() - began:.1f} s", flush=True)
    return code in accepted


def python(*arguments: str) -> list[str]:
    """A command of the project's own interpreter."""
    return [str(BIN / "python"), *arguments]


def tool(name: str, *arguments: str) -> list[str]:
    """A command of a tool in the project's environment."""
    return [str(BIN / name), *arguments]


def finish(failed: Sequence[str], what: str) -> int:
    """Say how it ended; returns the exit code."""
    if failed:
        print(f"{what} FAILED: {', '.join(failed)}", file=sys.stderr, flush=True)
        return 1
    print(f"{what} passed.", flush=True)
    return 0
