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


def main() -> None:
    """Serves until standard input ends."""
    given = json.loads(sys.stdin.readline())
    out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.path.append(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
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


def _event(template: dict[str, object], number: int) -> dict[str, object]:
    event = copy.deepcopy(template)
    event["headers"]["idempotency-key"] = f"order-{number}"  # type: ignore[index]
    return event


if __name__ == "__main__":
    main()
