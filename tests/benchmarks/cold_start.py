"""Cold start: from a started interpreter to an imported handler with its clients, and to an answer.

Each measurement is a process of its own; the stacks take turns, so that whatever else the machine
does meets all of them.
"""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.table import FUNCTIONS
from infra.table.rows import FunctionSpec
from tests.benchmarks.packages import ENVIRONMENT, PROBES, interpreter
from tests.benchmarks.report import Row, aligned, middle
from tests.benchmarks.requests import answers, post_order

GOAL: Final = 0.6
"""Ours by the usual stack."""
ROUNDS: Final = 9
ROUNDS_OF_ALL: Final = 3
TOGETHER: Final = 6

_CLIENT: Final = "from functions.shared import clients; clients.dynamodb()"
_GATEWAY: Final = "from functions.checkout import wiring; wiring.payment_gateway()"


@dataclass(frozen=True, slots=True)
class Stack:
    """A package, its handler's module, and what the first invocation makes besides.

    Attributes:
        package: one folder, or several that Python looks through in this order.
        request: the handler answers POST /orders, and is asked to.
    """

    package: Path | tuple[Path, ...]
    module: str
    then: tuple[str, ...] = ()
    request: bool = False


@dataclass(frozen=True, slots=True)
class Cold:
    """Seconds of a function's cold start, and of the usual stack's in the same run."""

    ours: float
    usual: float

    @property
    def ratio(self) -> float:
        """Ours by theirs."""
        return self.ours / self.usual


def place_order(ours: Path, usual: Path, compiled: Path) -> Iterator[Row]:
    """POST /orders: imported with its first client, and the first answer."""
    stacks = {
        "ours": Stack(ours, "functions.checkout.place_order", (_CLIENT,), request=True),
        "usual": Stack(usual, "usual_place_order", request=True),
        "compiled": Stack(compiled, "usual_place_order", request=True),
    }
    found = _by_turns(stacks)
    yield _row("cold start, POST /orders", found, "ready")
    yield _row("  the same, until the first answer", found, "answered", goal=False)
    yield _row("  against the usual stack with bytecode", found, "ready", "compiled", goal=False)


def charge_payment(ours: Path, usual: Path, compiled: Path) -> Iterator[Row]:
    """ChargePayment: imported with the provider's SDK and its client."""
    stacks = {
        "ours": Stack(ours, "functions.checkout.charge_payment", (_GATEWAY, _CLIENT)),
        "usual": Stack(usual, "usual_charge_payment"),
        "compiled": Stack(compiled, "usual_charge_payment"),
    }
    found = _by_turns(stacks)
    yield _row("cold start, ChargePayment", found, "ready")
    yield _row("  against the usual stack with bytecode", found, "ready", "compiled", goal=False)


def every_function(parts: Mapping[str, tuple[Path, Path]], usual: Path) -> dict[str, Cold]:
    """Every function's cold start beside that of the usual stack for its kind, in one run.

    A few at a time with the usual stacks among them, so that what else the machine does meanwhile
    meets both sides.
    """
    colds: dict[str, Cold] = {}
    for start in range(0, len(FUNCTIONS), TOGETHER):
        few = FUNCTIONS[start : start + TOGETHER]
        stacks = {f.name: Stack(parts[f.name], f.source.module, _made(f)) for f in few}
        for kind in {_kind(spec) for spec in few}:
            stacks[kind] = Stack(usual, kind)
        found = _by_turns(stacks, ROUNDS_OF_ALL)
        ready = {name: middle(one["ready"] for one in taken) for name, taken in found.items()}
        colds |= {spec.name: Cold(ready[spec.name], ready[_kind(spec)]) for spec in few}
    return colds


def _kind(spec: FunctionSpec) -> str:
    """The module of the usual stack that a function is held against."""
    return "usual_charge_payment" if "payments" in spec.extras else "usual_place_order"


def worst_row(colds: Mapping[str, Cold]) -> Row:
    """The function that gains least."""
    name, worst = max(colds.items(), key=lambda one: one[1].ratio)
    return Row(
        f"cold start, {len(colds)} functions: worst",
        f"{worst.ours * 1000:.0f} ms ({name})",
        f"{worst.usual * 1000:.0f} ms (goal x {GOAL})",
        worst.ratio,
        worst.ratio <= GOAL,
    )


def text(colds: Mapping[str, Cold]) -> str:
    """Every function as a table, the slowest first."""
    lines = [("cold start", "ours", "usual stack", "ratio")]
    for name, cold in sorted(colds.items(), key=lambda one: -one[1].ours):
        ours, usual = f"{cold.ours * 1000:.0f} ms", f"{cold.usual * 1000:.0f} ms"
        lines.append((name, ours, usual, f"{cold.ratio:.2f}"))
    return "\n".join(aligned(lines))


def _made(spec: FunctionSpec) -> tuple[str, ...]:
    """What the function's first invocation makes besides its imports."""
    actions = {action for grant in spec.grants for action in grant.actions}
    gateway = (_GATEWAY,) if "payments" in spec.extras else ()
    reads = any(action.startswith("dynamodb:") for action in actions)
    return (*gateway, *((_CLIENT,) if reads else ()))


def _by_turns(stacks: dict[str, Stack], rounds: int = ROUNDS) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in stacks}
    for name, stack in stacks.items():
        _measure(stack)  # the files are read from the disk once for all
        found[name].clear()
    for _ in range(rounds):
        for name, stack in stacks.items():
            found[name].append(_measure(stack))
    return found


def _measure(stack: Stack) -> dict[str, float]:
    given: dict[str, Any] = {
        "module": stack.module,
        "then": stack.then,
        "answers": answers() if stack.request else None,
        "event": post_order() if stack.request else None,
    }
    folders = stack.package if isinstance(stack.package, tuple) else (stack.package,)
    done = subprocess.run(
        [*interpreter(), str(PROBES / "cold.py"), os.pathsep.join(map(str, folders))],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT | {"LAMBDA_TASK_ROOT": str(folders[0])},
    )
    if done.returncode:
        raise RuntimeError(f"{stack.module} does not start: {done.stderr[-1500:]}")
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def _row(
    name: str,
    found: dict[str, list[dict[str, float]]],
    what: str,
    reference: str = "usual",
    *,
    goal: bool = True,
) -> Row:
    mine = middle(one[what] for one in found["ours"])
    theirs = middle(one[what] for one in found[reference])
    ratio = mine / theirs
    return Row(
        name,
        f"{mine * 1000:.0f} ms",
        f"{theirs * 1000:.0f} ms (goal x {GOAL})" if goal else f"{theirs * 1000:.0f} ms",
        ratio,
        ratio <= GOAL if goal else None,
    )
