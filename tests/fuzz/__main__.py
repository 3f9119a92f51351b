"""`make fuzz`: many cases of a random seed, which is printed: make fuzz CASES=10000 SEED=1."""

import argparse
import contextlib
import logging
import os
import random
import sys
from pathlib import Path

import tests.conftest  # noqa: F401 - the environment of a deployed function
from tests.fuzz.in_process import fuzz_in_process


def main() -> int:
    """Says what was sent, by status, and each failure with the request that shows it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    given = parser.parse_args()
    sys.stdout.write(f"seed {given.seed}\n")
    logging.disable(logging.CRITICAL)
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
        report = fuzz_in_process(given.cases, given.seed)
    for failure, request in report.failures.items():
        sys.stdout.write(f"{failure}\n  {request}\n")
    sys.stdout.write(f"{report.cases} cases, by status {dict(sorted(report.statuses.items()))}\n")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
