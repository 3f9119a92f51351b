"""CPU of a warm handler, AWS answering at once.

    python -I -S -B warm.py PACKAGE

Reads a line {"module", "answers", "event"}, then lines with a number of requests to handle, and
answers each line with the CPU seconds of one request.
"""

import copy
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Serves until standard input ends."""
    given = json.loads(sys.stdin.readline())
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path.append(str(Path(__file__).resolve().parent))
    sys.path.insert(0, sys.argv[1])
    canned, context = map(importlib.import_module, ("canned", "context"))
    handler = importlib.import_module(given["module"]).handler
    canned.install(given["answers"])
    served = 0
    for line in sys.stdin:
        events = [_event(given["event"], served + i) for i in range(int(line))]
        served += len(events)
        began = time.process_time()
        for event in events:
            answer = handler(event, context.Context())
        taken = time.process_time() - began
        assert answer["statusCode"] == 202, answer
        os.write(out, f"{taken / len(events)}\n".encode())


def _event(template: dict[str, Any], number: int) -> dict[str, Any]:
    event = copy.deepcopy(template)
    event["headers"]["idempotency-key"] = f"order-{number}"
    return event


if __name__ == "__main__":
    main()
