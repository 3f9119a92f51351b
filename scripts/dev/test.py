"""`make test`: the suite in its shares, in a fixed order. `make long`: its long forms.

The layers without processes of their own run in parallel first. The others mostly wait: the
deployed shop has one lane, conformance and the engines have another beside it. All use their own
ports and folders, so a running platform is not disturbed.

`--long` runs the tests that are marked so, the whole fault matrix, the conformance tests with each
fix of the embedded cloud left out (they expect to fail then), and the whole suite three times, each
in another random order (the seed is printed), beside a process that keeps a core busy.
"""

import argparse
import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from scripts.dev import matrix
from scripts.dev.commands import finish, python, step

PARALLEL = (
    "tests/unit",
    "tests/contracts",
    "tests/infra",
    "tests/workflows",
    "tests/interleavings",
)
DEPLOYED = ("tests/e2e",)
ENGINES = ("tests/conformance", "tests/integration")
WORKERS = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
FIXED_ORDER = ("-p", "no:randomly")
WITHOUT_FIXES = ("-m", "pytest", "-q", *FIXED_ORDER, "tests/conformance", "--without-fixes")
ROUNDS = 3
PASSED, NOTHING_SELECTED = 0, 5  # pytest's exit codes


def main() -> int:
    """Run the suite, or its long forms; fails if any share did."""
    parser = argparse.ArgumentParser(description="Run the tests.")
    parser.add_argument("--long", action="store_true", help="the long forms")
    if not parser.parse_args().long:
        return finish(run_shares("", ("-m", "not long", *FIXED_ORDER)), "make test")
    failed = run_shares("long ", ("-m", "long", *FIXED_ORDER), (PASSED, NOTHING_SELECTED))
    if not step("tests: the fault matrix", python(*matrix.COMMAND)):
        failed.append("fault matrix")
    if not step("tests: each fix of the embedded cloud left out", python(*WITHOUT_FIXES)):
        failed.append("conformance without fixes")
    for _ in range(ROUNDS):
        seed = random.SystemRandom().randrange(2**32)
        with busy_core():
            failed += run_shares(
                f"seed {seed} ", ("-m", "not long", "-p", "randomly", f"--randomly-seed={seed}")
            )
    return finish(failed, "make long")


def run_shares(
    prefix: str, options: Sequence[str], accepted: Sequence[int] = (PASSED,)
) -> list[str]:
    """Run pytest on every share; returns the titles of those that failed."""

    def failed(folders: Sequence[str], *how: str, beside: bool = False) -> list[str]:
        title = prefix + ", ".join(folder.partition("/")[2] for folder in folders)
        command = python("-m", "pytest", "-q", *options, *how, *folders)
        return [] if step(f"tests: {title}", command, accepted, beside=beside) else [title]

    titles = failed(PARALLEL, *WORKERS)
    with ThreadPoolExecutor() as lanes:
        engines = lanes.submit(lambda: [t for each in ENGINES for t in failed([each], beside=True)])
        return titles + failed(DEPLOYED) + engines.result()


@contextlib.contextmanager
def busy_core() -> Iterator[None]:
    """Keep one core busy meanwhile, so that what depends on speed shows itself."""
    hog = subprocess.Popen(python("-c", "while True: pass"))
    try:
        yield
    finally:
        hog.kill()
        hog.wait()


if __name__ == "__main__":
    sys.exit(main())
