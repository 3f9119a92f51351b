"""The tables and diagrams of docs/saga.md, made from the code: `python -m scripts.dev.saga_tables`.

A row's states are read off the write that makes the move: from where its condition lets it go, and
where it leads. They must be those of the code's own table, no more and no less.
"""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from boto3.dynamodb.conditions import ConditionBase

from functions.shared.writes import Write
from scripts.dev.commands import ROOT
from scripts.dev.saga_moves import Machine, Move, machines

DOCUMENT: Final = Path("docs") / "saga.md"
NOWHERE: Final = "—"
"""The item does not exist."""


class Drift(Exception):
    """The moves and the code's table contradict each other."""


def states_left(condition: ConditionBase | None, attribute: str) -> list[str]:
    """The states from which a write may go, by its condition.

    Raises:
        Drift: it has no condition on the state.
    """
    for operator, name, value in _terms(condition):
        if name == attribute:
            return [str(one) for one in (value if operator == "IN" else [value])]
        if name == "PK" and operator == "attribute_not_exists":
            return [NOWHERE]
    raise Drift(f"a write that moves {attribute} whatever it is")


def state_reached(write: Write, attribute: str) -> str:
    """The state in which a write leaves its item."""
    if write.kind == "delete":
        return NOWHERE
    return str({**write.item, **write.changes}[attribute])


def words(condition: ConditionBase | None) -> str:
    """A condition as a reader of the tables wants it."""
    said = {
        "=": "{0} = {1}",
        ">=": "{0} ≥ {1}",
        "<=": "{0} ≤ {1}",
        "IN": "{0} in {1}",
        "attribute_exists": "{0} exists",
        "attribute_not_exists": "{0} is not set",
    }
    terms = []
    for operator, name, value in _terms(condition):
        if operator == "OR":
            terms.append(f"({' or '.join(words(one) for one in value)})")
            continue
        shown = ", ".join(value) if isinstance(value, list) and len(value) > 1 else value
        if isinstance(value, list) and len(value) == 1:
            operator, shown = "=", value[0]
        terms.append(said[operator].format(name, shown))
    return " and ".join(terms).replace("PK is not set", "it does not exist")


def table(machine: Machine) -> str:
    """The allowed transitions as a Markdown table."""
    rows = ["| from | to | moved by | conditional write | in the same transaction |"]
    rows.append("|---|---|---|---|---|")
    for move in machine.moves:
        left = ", ".join(states_left(move.write.condition, machine.attribute))
        reached = state_reached(move.write, machine.attribute)
        write = f"`{move.method}`: {words(move.write.condition)}"
        rows.append(f"| {left} | {reached} | {move.by} | {write} | {move.beside} |")
    return "\n".join(rows)


def diagram(machine: Machine) -> str:
    """The same as a Mermaid state diagram."""
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR"]
    for (left, reached), moves in _by_transition(machine).items():
        by = ", ".join(dict.fromkeys(re.split(r"[,:] ", move.by)[0] for move in moves))
        ends = (_node(left), _node(reached))
        lines.append(f"    {ends[0]} --> {ends[1]}: {by.replace('`', '')}")
    return "\n".join([*lines, "```"])


def check(machine: Machine) -> None:
    """Raises Drift unless the moves are exactly those of the code's table."""
    moved = {pair for pair in _by_transition(machine) if NOWHERE not in pair}
    for left, reached in sorted(moved - machine.allowed):
        raise Drift(f"{machine.name}: {left} → {reached} is made, but not in {machine.table}")
    for left, reached in sorted(machine.allowed - moved):
        raise Drift(f"{machine.name}: {left} → {reached} is allowed, but nothing makes it")


def generated(machine: Machine) -> str:
    """What stands between a machine's markers."""
    check(machine)
    return f"{diagram(machine)}\n\n{table(machine)}"


def filled(document: str, parts: Sequence[tuple[str, str]]) -> str:
    """The document with each part between its markers.

    Raises:
        Drift: a marker is missing.
    """
    for name, text in parts:
        begin, end = f"<!-- generated: {name} -->", "<!-- /generated -->"
        before, found, rest = document.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise Drift(f"{DOCUMENT} has no place for {name}")
        document = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return document


def _by_transition(machine: Machine) -> dict[tuple[str, str], list[Move]]:
    found: dict[tuple[str, str], list[Move]] = {}
    for move in machine.moves:
        reached = state_reached(move.write, machine.attribute)
        for left in states_left(move.write.condition, machine.attribute):
            found.setdefault((left, reached), []).append(move)
    return found


def _node(state: str) -> str:
    return "[*]" if state == NOWHERE else state


def _terms(condition: ConditionBase | None) -> Iterator[tuple[str, str, Any]]:
    """The parts of a condition that all must hold: (operator, attribute, value).

    Of alternatives the attribute is empty, and the value are their conditions.
    """
    if condition is None:
        return
    expression = condition.get_expression()
    values = expression["values"]
    if expression["operator"] == "AND":
        for value in values:
            yield from _terms(value)
        return
    if expression["operator"] == "OR":
        yield "OR", "", values
        return
    yield expression["operator"], values[0].name, values[1] if len(values) > 1 else None


def main() -> None:
    """Writes the document below `--out`, or into this repository."""
    parser = argparse.ArgumentParser(description="Write the tables of docs/saga.md.")
    parser.add_argument("--out", type=Path, default=ROOT, help="folder instead of the repository")
    target: Path = parser.parse_args().out / DOCUMENT
    parts = [(machine.name, generated(machine)) for machine in machines()]
    text = filled((ROOT / DOCUMENT).read_text(encoding="utf-8"), parts)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
