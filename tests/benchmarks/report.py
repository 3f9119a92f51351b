"""What `make bench` prints: each figure when it is measured, and all of them in one table."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure.

    Attributes:
        ours, reference: as printed, with their units.
        ratio: ours by reference, where that says something; less is better.
        met: whether the goal is reached; None where there is no goal, only a figure.
        counted: no time and no rate: the same on every machine, so a goal that is missed fails
            the run.
    """

    name: str
    ours: str
    reference: str = ""
    ratio: float | None = None
    met: bool | None = None
    counted: bool = False

    @property
    def verdict(self) -> str:
        """One word about the goal."""
        if self.met is None:
            return "-"
        if self.met:
            return "ok"
        return "BROKEN" if self.counted else "above"

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as the table's columns hold it."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.name, self.ours, self.reference, ratio, self.verdict)

    @property
    def broken(self) -> bool:
        """Whether this figure fails the run."""
        return self.counted and self.met is False


_HEADINGS = ("", "ours", "reference or budget", "ratio", "verdict")


def table(rows: Iterable[Row]) -> str:
    """All figures as aligned text."""
    return "\n".join(aligned([_HEADINGS, *(row.cells for row in rows)]))


def measured(rows: Iterable[Row], say: Callable[[str], None]) -> list[Row]:
    """All figures, each told as it comes: the next may take minutes, or fail."""
    known = []
    for row in rows:
        say("  " + "  ".join(filter(None, row.cells)))
        known.append(row)
    return known


def aligned(lines: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows of cells as lines, each column as wide as its widest cell."""
    cells = list(lines)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in cells
    ]


def middle(values: Iterable[float]) -> float:
    """The median."""
    return median(values)
