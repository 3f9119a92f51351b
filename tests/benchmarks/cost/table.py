"""The bill as a table, and its rows of the benchmark."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from contracts import aws_prices as prices
from tests.benchmarks.cost.bill import Item
from tests.benchmarks.report import Row, aligned

GOAL: Final = 165.0
"""Dollars per million confirmed orders."""


def rows(lines: Sequence[Item]) -> Iterator[Row]:
    """The sum against its goal."""
    total = sum(line.per_million for line in lines if line.counted)
    yield Row(
        "cost per million confirmed orders",
        f"{total:.2f} $",
        f"budget {GOAL:.0f} $",
        total / GOAL,
        total <= GOAL,
        counted=True,
    )


def rejected_row(outcome: str, lines: Sequence[Item], confirmed: Sequence[Item]) -> Row:
    """The sum of an order that is rejected, beside that of a confirmed one."""
    ours, theirs = (
        sum(line.per_million for line in of if line.counted) for of in (lines, confirmed)
    )
    return Row(
        f"  of orders that end {outcome}",
        f"{ours:.2f} $",
        f"{theirs:.2f} $ confirmed",
        ours / theirs,
    )


def text(lines: Sequence[Item]) -> str:
    """Every line of the bill."""
    cells = [("", "an order", "$ per million")]
    for line in lines:
        mark = "" if line.counted else "  (beside the goal)"
        cells.append((line.what + mark, f"{line.amount:.4g}", f"{line.per_million:.2f}"))
    heading = f"Prices of {prices.REGION}, {prices.AS_OF}, without free tiers; two lines an order."
    return "\n".join([heading, *aligned(cells)])


def writes(counted: Mapping[str, Any]) -> str:
    """Write units by function, item and action."""
    cells = [("function", "item", "action", "write units")]
    for key, units in sorted(counted["actions"].items()):
        function, item, action = key.split("|")
        cells.append((function, item, action, f"{units:.4g}"))
    return "\n".join(aligned(cells))
