"""How many orders a second the local platform takes before customers wait.

Orders are due at a steady rate whether or not the one before was answered: what waits for a slow
one counts. The rate is doubled until one request in a hundred waits longer than a second. An
order's processor time, over all processes of the platform and until its saga has ended, is the same
at every rate, or the platform does something whose work grows with what waits.
"""

import itertools
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import psutil

from scripts.dev.seed_catalog import EXAMPLE_ORDER
from scripts.kit.customer import Customer
from scripts.kit.executions import Executions
from tests.benchmarks.platform import Bench
from tests.benchmarks.report import Row

RATES: Final = (5, 10, 20, 40, 80, 120)
"""Orders a second; the last is below what the route is throttled to."""
SECONDS: Final = 5
"""Of each rate: 1,375 orders at most."""
LIMIT: Final = 1.0
"""Seconds that the 99th percentile may wait."""
FLAT: Final = 1.5
"""An order's processor time at the highest rate by that at the lowest."""
PATIENCE: Final = 300.0


@dataclass(frozen=True, slots=True)
class Step:
    """One rate, and what it cost.

    Attributes:
        late: seconds of the 99th percentile, from when a request was due.
        work: processor seconds an order.
    """

    rate: int
    late: float
    work: float


def rows(bench: Bench) -> Iterator[Row]:
    """The highest rate that is carried, and an order's work there."""
    customer = Customer(bench.endpoints, bench.endpoints.user("ada"))
    _step(bench, customer, RATES[0])  # every function has started
    steps: list[Step] = []
    for rate in RATES:
        steps.append(_step(bench, customer, rate))
        if steps[-1].late > LIMIT:
            break
    carried = [step for step in steps if step.late <= LIMIT]
    if not carried:
        yield Row("POST /orders a second, p99 ≤ 1 s", "none", f"p99 {steps[0].late:.2f} s at 5")
        return
    best, beyond = carried[-1], steps[-1]
    missed = "carried all" if beyond is best else f"{beyond.rate} a second: {beyond.late:.1f} s"
    yield Row(
        "POST /orders a second, p99 ≤ 1 s",
        f"{best.rate} a second (p99 {best.late * 1000:.0f} ms)",
        missed,
    )
    ratio = best.work / carried[0].work
    yield Row(
        "  an order's CPU there, saga included",
        f"{best.work * 1000:.0f} ms",
        f"{carried[0].work * 1000:.0f} ms at {carried[0].rate} a second, goal x {FLAT}",
        ratio,
        ratio <= FLAT,
    )


def _step(bench: Bench, customer: Customer, rate: int) -> Step:
    orders, before = rate * SECONDS, _work(bench)
    waits = sorted(_placed(customer, rate, orders))
    _wait_for_sagas(bench)
    return Step(rate, waits[int(orders * 0.99)], (_work(bench) - before) / orders)


def _placed(customer: Customer, rate: int, orders: int) -> list[float]:
    """How long each order took from when it was due, in seconds."""
    began = time.perf_counter() + 0.1

    def one(number: int) -> float:
        due = began + number / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        answer = customer.place(EXAMPLE_ORDER, str(uuid4()))
        if answer.status != 202:
            raise RuntimeError(f"POST /orders answered {answer.status}: {answer.body}")
        return time.perf_counter() - due

    with ThreadPoolExecutor(min(orders, 64)) as pool:
        return list(pool.map(one, range(orders)))


def _wait_for_sagas(bench: Bench) -> None:
    executions = Executions(bench.endpoints, bench.endpoints.clients())
    deadline = time.monotonic() + PATIENCE
    while executions.latest(1, "RUNNING"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"Sagas still run after {PATIENCE:.0f} s.")
        time.sleep(0.25)


def _work(bench: Bench) -> float:
    """Processor seconds that the platform's processes have taken so far."""
    records = (bench.platform.record(service.name) for service in bench.platform.services)
    parents = [psutil.Process(record.pid) for record in records if record is not None]
    families = ([parent, *parent.children(recursive=True)] for parent in parents)
    return sum(map(_of_process, itertools.chain.from_iterable(families)))


def _of_process(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:  # its parent counts it from here on
        return 0.0
    ended = times.children_user + times.children_system
    return float(times.user + times.system + ended)
