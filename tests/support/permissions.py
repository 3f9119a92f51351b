"""What functions may do in prod, and what they did in a run of the embedded cloud.

The first is read from the committed snapshot of prod's templates (`tests/infra/test_security.py`
compares the two), the second from the embedded cloud's record of calls, which names what IAM would
judge (`scripts/local/emulator/calls.py`).
"""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

SNAPSHOT: Final = Path(__file__).parents[2] / "infra" / "security" / "prod.json"
BROKEN: Final = "no-such-table"
"""What tests have a function look into, to have it fail."""

Call = tuple[str, str]
"""An action, and the resource as the snapshot names it."""


def granted() -> dict[str, set[Call]]:
    """Function → what its role allows in prod: all of it, for no role allows on conditions.

    The CDK's own functions, which put the page into its bucket, are left out.
    """
    allowed: dict[str, set[Call]] = {}
    for stack in json.loads(SNAPSHOT.read_text()).values():
        functions = stack.get("functions", {}).items()
        for name, function in ((n, f) for n, f in functions if n.startswith("commerce-prod-")):
            assert not function.keys() & {"special", "managedPolicies"}, f"{name}: not judged here"
            allowed[name.removeprefix("commerce-prod-")] = {
                (action, resource)
                for resource, actions in function["may"].items()
                for action in actions
            }
    return allowed


def made(record: Path) -> dict[str, set[Call]]:
    """Function → what it has called so far, as if it had been in prod."""
    calls: dict[str, set[Call]] = {}
    text = record.read_text() if record.exists() else ""
    for line in text.splitlines():
        call: dict[str, Any] = json.loads(line)
        name = call["function"].removeprefix("commerce-local-")
        if BROKEN not in call["resource"]:
            calls.setdefault(name, set()).add((call["action"], _in_prod(call["resource"])))
    return calls


def refused(record: Path) -> list[str]:
    """Every call of a run that prod would refuse."""
    allowed = granted()
    return sorted(
        f"{name}: {action} on {resource}"
        for name, calls in made(record).items()
        for action, resource in calls - allowed.get(name, set())
    )


def _in_prod(resource: str) -> str:
    """An ARN or name of the local stage as the snapshot of prod names what it stands for."""
    moved = re.sub(r"\b(commerce[-/])local\b", r"\1prod", resource)
    for pattern, kind in _KINDS:
        if found := re.fullmatch(pattern, moved):
            return kind.format(*found.groups())
    return moved


_OF_ACCOUNT: Final = r"arn:aws:[\w-]+:[\w-]+:\d{12}:"
_KINDS: Final = (
    (rf"{_OF_ACCOUNT}table/(.+)", "Table {}"),
    (rf"{_OF_ACCOUNT}event-bus/(.+)", "EventBus {}"),
    (rf"{_OF_ACCOUNT}userpool/.+", "UserPool commerce-prod-users"),
    (rf"{_OF_ACCOUNT}identity/(.+)", "ses:identity/{}"),
    (rf"{_OF_ACCOUNT}stateMachine:(.+)", "StateMachine {}"),
    (rf"{_OF_ACCOUNT}execution:([^:]+):.+", "states:execution:{}:*"),
    (rf"{_OF_ACCOUNT}secret:(.+?)(?:-\w{{6}})?", "Secret {}"),
    (r"(commerce/.+)", "Secret {}"),
    (r"arn:aws:sqs:[\w-]+:\d{12}:(.+)", "Queue {}"),
    (rf"{_OF_ACCOUNT}function:(.+)", "Function {}"),
)


def shown(calls: Iterable[Call]) -> str:
    """Calls for the message of a failed test."""
    return "\n".join(f"{action} on {resource}" for action, resource in sorted(calls))
