"""CPU of one warm POST /orders, our code and the libraries, where AWS answers in the process."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from tests.benchmarks.packages import ENVIRONMENT, PROBES, interpreter
from tests.benchmarks.report import Row, middle
from tests.benchmarks.requests import answers, post_order

GOAL: Final = 1.5
"""Milliseconds."""
WARM_UP: Final = 200
ROUNDS: Final = 9
REQUESTS: Final = 100


def place_order(ours: Path, usual: Path) -> Iterator[Row]:
    """Blocks of requests, by turns in two processes."""
    with (
        _serving(ours, "functions.checkout.place_order") as mine,
        _serving(usual, "usual_place_order") as theirs,
    ):
        for server in (mine, theirs):
            server.cpu(WARM_UP)
        rounds = [(mine.cpu(REQUESTS), theirs.cpu(REQUESTS)) for _ in range(ROUNDS)]
    ours_ms = 1000 * middle(one for one, _ in rounds)
    usual_ms = 1000 * middle(one for _, one in rounds)
    yield Row(
        "warm CPU per POST /orders",
        f"{ours_ms:.2f} ms",
        f"{usual_ms:.2f} ms (budget {GOAL} ms)",
        ours_ms / usual_ms,
        ours_ms <= GOAL,
    )


class _Server:
    def __init__(self, to: IO[str], answers_of: IO[str]) -> None:
        self._to, self._from = to, answers_of

    def tell(self, line: str) -> None:
        self._to.write(f"{line}\n")
        self._to.flush()

    def cpu(self, requests: int) -> float:
        """CPU seconds of one of so many requests."""
        self.tell(str(requests))
        answer = self._from.readline()
        if not answer:
            raise RuntimeError("the handler ended: its error stands above")
        return float(answer)


@contextmanager
def _serving(package: Path, module: str) -> Iterator[_Server]:
    command = [*interpreter(), str(PROBES / "warm.py"), str(package)]
    environment = ENVIRONMENT | {"LAMBDA_TASK_ROOT": str(package)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        server = _Server(process.stdin, process.stdout)
        try:
            server.tell(json.dumps({"module": module, "answers": answers(), "event": post_order()}))
            yield server
        finally:
            process.stdin.close()
