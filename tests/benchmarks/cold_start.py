"""Cold start: from a started interpreter to an imported handler with its clients, and to an answer.

Each measurement is a process of its own; the stacks take turns, so that whatever else the machine
does meets all of them.
"""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.packages import ENVIRONMENT, PROBES, interpreter
from tests.benchmarks.report import Row, middle
from tests.benchmarks.requests import answers, post_order

GOAL: Final = 0.6
"""Ours by the usual stack."""
ROUNDS: Final = 9


@dataclass(frozen=True, slots=True)
class Stack:
    """A package, its handler's module, and what the first invocation makes besides.

    Attributes:
        request: the handler answers POST /orders, and is asked to.
    """

    package: Path
    module: str
    then: tuple[str, ...] = ()
    request: bool = False


def place_order(ours: Path, usual: Path, compiled: Path) -> Iterator[Row]:
    """POST /orders: imported with its first client, and the first answer."""
    client = "from functions.shared import clients; clients.dynamodb()"
    stacks = {
        "ours": Stack(ours, "functions.checkout.place_order", (client,), request=True),
        "usual": Stack(usual, "usual_place_order", request=True),
        "compiled": Stack(compiled, "usual_place_order", request=True),
    }
    found = _by_turns(stacks)
    yield _row("cold start, POST /orders", found, "ready")
    yield _row("  the same, until the first answer", found, "answered", goal=False)
    yield _row("  against the usual stack with bytecode", found, "ready", "compiled", goal=False)


def charge_payment(ours: Path, usual: Path, compiled: Path) -> Iterator[Row]:
    """ChargePayment: imported with the provider's SDK and its client."""
    gateway = "from functions.checkout import wiring; wiring.payment_gateway()"
    client = "from functions.shared import clients; clients.dynamodb()"
    stacks = {
        "ours": Stack(ours, "functions.checkout.charge_payment", (gateway, client)),
        "usual": Stack(usual, "usual_charge_payment"),
        "compiled": Stack(compiled, "usual_charge_payment"),
    }
    found = _by_turns(stacks)
    yield _row("cold start, ChargePayment", found, "ready")
    yield _row("  against the usual stack with bytecode", found, "ready", "compiled", goal=False)


def _by_turns(stacks: dict[str, Stack]) -> dict[str, list[dict[str, float]]]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in stacks}
    for name, stack in stacks.items():
        _measure(stack)  # the files are read from the disk once for all
        found[name].clear()
    for _ in range(ROUNDS):
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
    done = subprocess.run(
        [*interpreter(), str(PROBES / "cold.py"), str(stack.package)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT | {"LAMBDA_TASK_ROOT": str(stack.package)},
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
