"""Seconds from a started interpreter to an imported handler with its clients, and to an answer.

    python -I -S -B cold.py PACKAGE[:PACKAGE ...] < {"module", "then", "answers", "event"}

Prints {"ready": seconds, "answered": seconds or null} of wall-clock time.
"""

import importlib
import json
import os
import sys
import time


def main() -> None:
    """Measures once: a process starts cold only once."""
    package, given = sys.argv[1], json.load(sys.stdin)
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    began = time.perf_counter()
    sys.path[:0] = package.split(os.pathsep)
    names: dict[str, object] = {}
    exec(f"import {given['module']} as module", names)  # noqa: S102 - as the runtime does
    for statement in given["then"]:
        exec(statement, names)  # noqa: S102 - what the first invocation makes besides
    ready = time.perf_counter() - began
    answered = _answer(names["module"], given) if given["event"] else None
    result = {"ready": ready, "answered": None if answered is None else ready + answered}
    os.write(out, json.dumps(result).encode())


def _answer(module: object, given: dict[str, object]) -> float:
    """Seconds that the first request takes besides, AWS answering at once."""
    probes = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120 - no pathlib here
    sys.path.append(probes)
    canned, context = map(importlib.import_module, ("canned", "context"))
    canned.install(given["answers"])
    began = time.perf_counter()
    # It has no type: `typing` would be loaded before the clock runs.
    answer = module.handler(given["event"], context.Context())  # type: ignore[attr-defined]
    taken = time.perf_counter() - began
    assert answer["statusCode"] == 202, answer
    return taken


if __name__ == "__main__":
    main()
