"""How good an order of hits is, by what shoppers would want to see: nDCG at 10.

Source: Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques", 2002.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

FILE = Path(__file__).parents[1] / "integration" / "search" / "judgements.toml"
DEPTH = 10

Grades = Mapping[str, int]
"""Product id → 1 to 3."""


def judgements() -> dict[str, Grades]:
    """What is wanted, by what is typed."""
    found: dict[str, Grades] = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return found


def ndcg(found: Sequence[str], grades: Grades) -> float:
    """1 for the best possible order of the first ten, 0 for none of what is wanted."""
    gained = _gain(grades.get(product, 0) for product in found[:DEPTH])
    return gained / _gain(sorted(grades.values(), reverse=True)[:DEPTH])


def _gain(grades: Iterable[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, start=1))
