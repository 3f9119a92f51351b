"""Plain text for people, in colour only where a terminal is looked at."""

import os
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime

_CODES = {"bold": "1", "dim": "2", "red": "31", "green": "32", "yellow": "33"}


def paint(text: str, *styles: str) -> str:
    """The text in a style (bold, dim, red, green, yellow), where the output is a terminal."""
    if not styles or not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    codes = ";".join(_CODES[style] for style in styles)
    return f"\x1b[{codes}m{text}\x1b[0m"


def heading(text: str) -> None:
    """Print a heading."""
    print(f"\n{paint(text, 'bold')}", flush=True)


def fact(label: str, text: str) -> None:
    """Print a labelled line below a heading."""
    print(f"  {label:<10}{text}", flush=True)


def table(rows: Iterable[Sequence[str]], indent: int = 2) -> list[str]:
    """Rows as lines, each column as wide as its widest cell."""
    cells = [[str(cell) for cell in row] for row in rows]
    if not cells:
        return []
    widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    return [
        " " * indent
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]


def clock(moment: datetime) -> str:
    """Time of day to the millisecond, in UTC as all logs have it."""
    return moment.strftime("%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
