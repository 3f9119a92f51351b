"""`make matrix`: the whole fault matrix, on every core; or one case, told in full."""

import sys
from collections.abc import Sequence

from scripts.kit.progress import Progress
from tests.workflows.matrix import report
from tests.workflows.matrix.cases import Case, case, everything
from tests.workflows.matrix.pool import judged


def main(names: Sequence[str]) -> int:
    """Runs the cases of these names, or all; the exit code."""
    try:
        cases = [case(name) for name in names] or everything()
    except ValueError as unknown:
        print(f"{unknown}. See docs/fault-matrix.md for how a case is named.", file=sys.stderr)
        return 2
    broken = _run(cases)
    print(f"\n{report.text(report.counted(cases, broken))}\n")
    if not names:
        report.DOCUMENT.write_text(report.document(cases, broken), encoding="utf-8")
    print(report.summary(len(cases), len(broken)))
    return 1 if broken else 0


def _run(cases: Sequence[Case]) -> list[Case]:
    """Runs cases with visible progress and prints each breach; returns what is broken."""
    progress, broken = Progress(), []
    for done, (one, breach) in enumerate(judged(cases), 1):
        if breach is not None:
            progress.clear()
            print(f"{breach}\n  again: make matrix CASE={one}\n", flush=True)
            broken.append(one)
        progress.show(f"{done} of {len(cases)} cases, {len(broken)} breaches")
    progress.clear()
    return broken


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
