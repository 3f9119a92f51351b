"""A state machine as a Mermaid state diagram."""

from typing import Any


def mermaid(definition: dict[str, Any]) -> str:
    """The diagram's source: every state, its next one, and where a caught error leads."""
    lines = ["stateDiagram-v2", "    direction TB", f"    [*] --> {definition['StartAt']}"]
    states: dict[str, dict[str, Any]] = definition["States"]
    for name in _in_order(definition):
        state = states[name]
        if "Next" in state:
            lines.append(f"    {name} --> {state['Next']}")
        for target, errors in _catches(state).items():
            lines.append(f"    {name} --> {target}: {', '.join(errors)}")
        if state.get("End") or state["Type"] in {"Succeed", "Fail"}:
            lines.append(f"    {name} --> [*]")
    return "\n".join(lines) + "\n"


def _catches(state: dict[str, Any]) -> dict[str, list[str]]:
    targets: dict[str, list[str]] = {}
    for catcher in state.get("Catch", []):
        names = [
            "technical error, after its retries" if error == "States.ALL" else error
            for error in catcher["ErrorEquals"]
        ]
        targets.setdefault(catcher["Next"], []).extend(names)
    return targets


def _in_order(definition: dict[str, Any]) -> list[str]:
    """States as a reader meets them: along Next from the start, then along what was caught."""
    states: dict[str, dict[str, Any]] = definition["States"]
    order: list[str] = []
    pending = [definition["StartAt"]]
    while pending:
        name = pending.pop(0)
        while name and name not in order:
            order.append(name)
            pending.extend(catcher["Next"] for catcher in states[name].get("Catch", []))
            name = states[name].get("Next", "")
    return order
