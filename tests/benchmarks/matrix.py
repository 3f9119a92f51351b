"""The fault matrix's speed: its cases a second, on every core."""

import time
from collections.abc import Iterator
from typing import Final

from tests.benchmarks.report import Row
from tests.workflows.matrix.cases import everything
from tests.workflows.matrix.pool import PROCESSES, judged

MEASURED: Final = 200
"""Cases, spread over the whole matrix. The first ones wait for the shops to open."""


def rows() -> Iterator[Row]:
    """A sample of the cases, timed from the first that is done."""
    cases = everything()
    each = judged(cases[:: len(cases) // MEASURED][:MEASURED])
    broken = next(each)[1] is not None
    began, done = time.perf_counter(), 0
    for _, breach in each:
        broken |= breach is not None
        done += 1
    rate = done / (time.perf_counter() - began)
    yield Row(
        f"fault matrix, {PROCESSES} processes",
        f"{rate:.0f} cases a second",
        f"{len(cases)} cases in all",
        met=not broken,
        counted=True,
    )
