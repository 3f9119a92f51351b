"""The tables of docs/costs.md, made from the templates and the one table of prices.

    python -m tests.benchmarks.cost.page --out DIR

`make generate` calls it. It synthesises two stages, which takes seconds: so `make check` does not,
and `tests/infra` compares.
"""

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from infra.app import build
from infra.stages import STAGES
from tests.benchmarks.cost.month import month
from tests.benchmarks.cost.standing import standing

FILE: Final = Path("docs/costs.md")
BEGINS: Final = "<!-- costs: made by `make generate` -->\n"
ENDS: Final = "\n<!-- end of costs -->"
SEARCH: Final = ("search: nodes", "search: disks", "search: managers")
"""What `SEARCH=off` leaves out."""


def main() -> None:
    """Synthesises dev and prod and writes their tables into the page."""
    parser = argparse.ArgumentParser(description="Write the tables of docs/costs.md.")
    parser.add_argument("--out", type=Path, default=Path(), help="the repository's root")
    target: Path = parser.parse_args().out / FILE
    with tempfile.TemporaryDirectory() as folder:
        found = {name: Path(folder) / name for name in ("dev", "prod")}
        for name, assembly in found.items():
            build(dataclasses.replace(STAGES[name], checked=False), outdir=str(assembly)).synth()
        text = written(FILE.read_text(), found["dev"], found["prod"])
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def written(page: str, dev: Path, prod: Path) -> str:
    """The page with the tables of two cloud assemblies."""
    of_dev, of_prod = (_templates(assembly) for assembly in (dev, prod))
    idle = standing(of_dev)
    stages = {
        "dev": idle,
        "dev, SEARCH=off": {part: cost for part, cost in idle.items() if part not in SEARCH},
        "prod": standing(of_prod),
    }
    kinds = {one["Type"] for each in of_prod for one in each["Resources"].values()}
    made = tables(stages, edge="AWS::CloudFront::Distribution" in kinds)
    before, after = page[: page.index(BEGINS) + len(BEGINS)], page[page.index(ENDS) :]
    return before + made + after


def _templates(assembly: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text()) for file in sorted(assembly.glob("*.template.json"))]


def tables(stages: Mapping[str, Mapping[str, float]], *, edge: bool) -> str:
    """All of them, as the page has them.

    Args:
        stages: dollars by part of each stage, idle.
        edge: whether requests come by CloudFront.
    """
    return "\n".join([*_idle(stages), "", *_used(edge), "", *_together(stages, edge)])


def _idle(stages: Mapping[str, Mapping[str, float]]) -> list[str]:
    parts = sorted({part for of_stage in stages.values() for part in of_stage})
    rows = [[part, *(_dollars(s.get(part, 0.0)) for s in stages.values())] for part in parts]
    sums = ["**idle, a month**", *(f"**{_dollars(sum(s.values()))}**" for s in stages.values())]
    return _table(["$ a month", *stages], [*rows, sums])


def _used(edge: bool) -> list[str]:
    lines = list(month(edge=edge))
    rows = [[line.what, _dollars(line.per_million)] for line in lines]
    total = sum(line.per_million for line in lines)
    return _table(["a million orders a month", "$"], [*rows, ["**sum**", f"**{_dollars(total)}**"]])


def _together(stages: Mapping[str, Mapping[str, float]], edge: bool) -> list[str]:
    used = sum(line.per_million for line in month(edge=edge))
    row = [_dollars(used + sum(of_stage.values())) for of_stage in stages.values()]
    return _table(["together", *stages], [["$ a month", *row]])


def _dollars(amount: float) -> str:
    return f"{amount:,.2f}" if amount else "–"


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return [f"| {' | '.join(row)} |" for row in (head, rule, *rows)]


if __name__ == "__main__":
    main()
