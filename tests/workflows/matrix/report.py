"""What came of the matrix: a table for the terminal, and the document."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from tests.interleavings.test_guards import GUARDS as INTERLEAVED
from tests.support.moto_saga import MotoInterpreter
from tests.workflows.matrix.cases import (
    MEANING,
    OUTCOMES,
    SHAPE_MEANING,
    SHAPES,
    TASKS,
    Case,
    Kind,
    pairs,
    sample,
    singles,
    undisturbed,
)
from tests.workflows.matrix.guards import GUARDS

DOCUMENT: Final = Path(__file__).parents[3] / "docs" / "fault-matrix.md"
MODEL_OF: Final = {"what is sold does not expire": "expiry: only HELD"}
"""Names in the protocol's model of guards that are taken out by the interleavings alone."""

Row = tuple[str, ...]


def summary(cases: int, breaches: int) -> str:
    """The last line."""
    return f"{cases} cases, {breaches} breaches"


def counted(cases: Iterable[Case], broken: Iterable[Case]) -> list[Row]:
    """Task × fault: in how many cases they meet, and in how many of these a promise was broken."""
    met, wrong = _meetings(cases), _meetings(broken)
    rows: list[Row] = [("", *Kind)]
    for task in TASKS:
        cells = [(met[task, kind], wrong[task, kind]) for kind in Kind]
        rows.append((task, *(f"{n}, {bad} broken" if bad else str(n) for n, bad in cells)))
    return rows


def _meetings(cases: Iterable[Case]) -> Counter[tuple[str, Kind]]:
    return Counter((fault.task, fault.kind) for case in cases for fault in set(case.faults))


def text(rows: Sequence[Row]) -> str:
    """Rows as aligned text."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    )


def markdown(rows: Sequence[Row]) -> str:
    """Rows as a table of Markdown, the first one its heading."""
    heading, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([heading, "|" + "---|" * len(rows[0]), *body])


def document(cases: Sequence[Case], broken: Sequence[Case]) -> str:
    """docs/fault-matrix.md."""
    return _DOCUMENT.format(
        faults=markdown([("fault", "what happens"), *((str(k), MEANING[k]) for k in Kind)]),
        outcomes=markdown([("outcome", "of an order"), *((o.name, o.meaning) for o in OUTCOMES)]),
        shapes=markdown(
            [("shape", "of an order"), *((s.name, SHAPE_MEANING[s.name]) for s in SHAPES)]
        ),
        undisturbed=len(undisturbed()),
        singles=len(singles()),
        pairs=len(pairs()),
        sampled=len(sample()),
        table=markdown(counted(cases, broken)),
        guards=markdown(_guards()),
        summary=summary(len(cases), len(broken)),
    )


def _guards() -> list[Row]:
    rows: list[Row] = [("guard", "in the model", "stands in", "without it, this fails")]
    rows += [(g.name, g.model or "", _place(g.owner, g.method), f"`{g.case}`") for g in GUARDS]
    known = {guard.name for guard in GUARDS}
    rows += [
        (g.name, MODEL_OF.get(g.name, ""), _place(g.owner, g.method), f"{g.group} (interleavings)")
        for g in INTERLEAVED
        if g.name not in known
    ]
    return rows


def _place(owner: type, method: str) -> str:
    """Where a guard stands; what the interpreter is given is the machine's definition."""
    if owner is MotoInterpreter:
        return "`workflows/place_order.py`"
    return f"`{owner.__module__.replace('.', '/')}.py`, `{owner.__name__}.{method}`"


_DOCUMENT: Final = """# The fault matrix

<!-- Written by `make matrix`. -->

Every task of the saga meets every fault, alone and in pairs. A case is one order that goes through
the real handlers and a real interpreter of the committed state machines. Then everybody who looks
after orders from outside does so until nothing changes any more: the reconciler, the sweeper, the
expiry of holds, the provider's webhooks, operators who redrive what has failed. At the end the
promises of `functions/checkout/invariants.py` are computed from provider, ledger, stock, events and
mailbox; the order must have come to what it would have come to without the fault, or have gone back
for a reason that it had; and of every execution that ended FAILED operators must have been told.

```
make matrix                       # all cases; writes this page
make matrix CASE=one/confirmed/ChargePayment:lost@4
```

A case is named shape/outcome/faults. `@4` is the fourth call that the task's attempt makes to the
outside, as `tests/workflows/matrix/cases.py` lists them; faults of one task strike its attempts one
after another.

{faults}

{outcomes}

{shapes}

## Cases

{undisturbed} without a fault; {singles} with one, at each call of a task for an order of one line,
and at the call that is the task's effect for the other shapes; {pairs} with two, each at its task's
effect: every two faults of an outcome, the shapes by turns. `make test` runs all but the pairs, and
{sampled} of those.

Cases in which a task meets a fault, and in how many of them a promise was broken:

{table}

## Guards

One guard for each hazard. Each is taken out by a test in turn (`tests/workflows/test_guards.py`,
`tests/interleavings/test_guards.py`), and then the case beside it breaks a promise.

{guards}

In one place two conditions refuse the same: ConfirmOrder's last transaction moves the order from
CONFIRMING and its payment from AUTHORIZED, and these states leave together. Each alone is enough;
the row above takes out both. Both stay: neither was written for this hazard. Each is what the table
of its own state machine asks of every move (`functions/shared/transitions.py`), and an exception in
one of the tables would say less than the row does. The order's is judged first, and tells a twin
that it was overtaken.

## Result

{summary}
"""
