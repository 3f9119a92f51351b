"""Resume executions that ended FAILED, TIMED_OUT or ABORTED, in the state in which they stand.

scripts/shop redrive --list            what there is, and what can be done about each
scripts/shop redrive ORDER_ID ...      of these orders (or executions: name or ARN)
scripts/shop redrive --error NAME      all that ended in this error
scripts/shop redrive --all             all

Repair the cause first. Redriving twice does no harm: what runs or has succeeded is left alone.
Exit code 1 if one could not be redriven, failed again, or still runs when the waiting ends; 2 for
what makes no sense.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import is_order_id
from functions.checkout.executions import order_of, refund_of_execution
from functions.shared.clock import utc_now
from scripts.kit.endpoints import Endpoints
from scripts.kit.failures import (
    ENDED_BADLY,
    UNDERWAY,
    Execution,
    Failures,
    Verdict,
    advice,
)
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import paint

BATCH: Final = 50
"""Redriven at once: what has just been repaired is not overrun."""
WAIT: Final = 300.0  # seconds
POLL: Final = 0.5  # seconds


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("ids", nargs="*", metavar="ORDER_ID", help="orders, or executions")
    parser.add_argument("--error", metavar="NAME", help="those that ended in this error")
    parser.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument("--machine", metavar="NAME", help="only of this state machine")
    parser.add_argument("--list", action="store_true", help="only show them")
    parser.add_argument(
        "--wait", type=float, default=WAIT, metavar="SECONDS", help="for a batch (default: 300)"
    )


def run(args: argparse.Namespace) -> int:
    """List or redrive; returns the exit code."""
    nonsense = _nonsense(args)
    if nonsense:
        print(nonsense, file=sys.stderr)
        return 2
    return redrive_stage(load_endpoints(), args)


def redrive_stage(endpoints: Endpoints, args: argparse.Namespace) -> int:
    """List or redrive on a stage; returns the exit code."""
    machines = tuple(endpoints.state_machines)
    if args.machine is not None:
        if args.machine not in machines:
            known = ", ".join(sorted(machines))
            print(f"There is no machine {args.machine!r}; there are: {known}.", file=sys.stderr)
            return 2
        machines = (args.machine,)
    failures = Failures(endpoints, endpoints.clients())
    if args.ids:
        return redrive_named(failures, args.ids, machines, args.wait)
    found = matching(failures, machines, args.error)
    return show(failures, found) if args.list else redrive(failures, found, args.wait)


def _nonsense(args: argparse.Namespace) -> str | None:
    """What makes no sense about the arguments, in a sentence."""
    ways = [bool(args.ids), args.error is not None and not args.list, args.all, args.list]
    if sum(ways) != 1:
        return "Say which: ORDER_ID ..., --error NAME, --all, or --list; one of them."
    if args.wait <= 0:
        return f"--wait is a number of seconds above 0, not {args.wait:g}."
    if args.error == "":
        return "--error needs a name."
    for text in args.ids:
        name = text.rpartition(":")[2]
        if not is_order_id(refund_of_execution(name) or order_of(name)):
            return f"{text!r} is neither an order's id nor an execution's name or ARN."
    return None


def matching(
    failures: Failures, machines: tuple[str, ...], error: str | None
) -> Iterator[Execution]:
    """The executions that ended badly, of these machines and in this error."""
    for arn in failures.arns(machines):
        found = failures.read(arn)
        if found is not None and error in (None, found.error):
            yield found


def show(failures: Failures, found: Iterable[Execution]) -> int:
    """Print a line for each as it is found."""
    now, some = utc_now(), False
    for execution in found:
        if not some:
            print(_row("AGE", "MACHINE", "STATUS", "STATE", "ERROR", "ORDER", "TO DO"))
        some = True
        verdict = failures.verdict(execution, now)
        line = _row(
            age(execution.ended, now),
            execution.machine,
            execution.status,
            execution.state or "-",
            execution.error or "-",
            execution.order_id,
            str(verdict),
        )
        print(line if verdict.good else paint(line, "yellow"), flush=True)
    if not some:
        print("No execution has failed.")
    return 0


def _row(*cells: str) -> str:
    widths = (8, 12, 10, 17, 24, 36, 0)
    return "  ".join(text.ljust(width) for text, width in zip(cells, widths, strict=True)).rstrip()


def age(ended: datetime | None, now: datetime) -> str:
    """How long ago, in the two greatest units."""
    if ended is None:
        return "-"
    past = max(now - ended, timedelta())
    hours, minutes = past.seconds // 3600, past.seconds // 60 % 60
    if past.days:
        return f"{past.days} d {hours} h"
    return f"{hours} h {minutes} m" if hours else f"{minutes} m {past.seconds % 60} s"


def redrive_named(
    failures: Failures, ids: Iterable[str], machines: tuple[str, ...], wait: float
) -> int:
    """Redrive by order or execution. An unknown one changes nothing: all are looked up first."""
    found: dict[str, Execution] = {}
    for text in ids:
        executions = [one for one in named(failures, text) if one.machine in machines]
        if not executions:
            known = failures.order(order_of(text.rpartition(":")[2])) is not None
            what = "no such execution" if known else "no such order"
            print(f"{text}: there is {what}. Nothing was redriven.", file=sys.stderr)
            return 1
        found.update({one.arn: one for one in executions})
    return redrive(failures, found.values(), wait)


def named(failures: Failures, text: str) -> list[Execution]:
    """The executions of an order, or the one of that name or ARN."""
    if is_order_id(text):
        return failures.of_order(text)
    if text.startswith("arn:"):
        arns = [text]
    else:
        arns = [
            f"{machine.replace(':stateMachine:', ':execution:')}:{text}"
            for machine in failures.machines.values()
        ]
    return [one for one in map(failures.read, arns) if one is not None]


@dataclass
class Redriver:
    """Redrives executions batch by batch, waits for each batch, and tells what became of it.

    Args:
        wait: seconds that a batch is waited for.
    """

    failures: Failures
    wait: float
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    counts: dict[str, int] = field(default_factory=dict)

    def take(self, batch: list[Execution]) -> bool:
        """Redrives a batch; returns whether going on makes sense."""
        for execution in batch:
            done = "redriven" if self.failures.redrive(execution) else "runs already"
            where = f"{execution.machine} at {execution.state}"
            print(f"{execution.order_id}: {where}, {done}", flush=True)
        self.watch({one.arn: one for one in batch})
        failed, full = self.counts.get("failed again", 0), len(batch) == BATCH
        return not (full and failed >= BATCH and "succeeded" not in self.counts)

    def watch(self, pending: dict[str, Execution]) -> None:
        """Waits for executions, by ARN, and tells how each ends."""
        deadline, progress = self.monotonic() + self.wait, Progress()
        while pending and self.monotonic() < deadline:
            for arn in list(pending):
                status = self.failures.status(arn)
                if status in UNDERWAY:
                    continue
                progress.clear()
                self._ended(pending.pop(arn), status)
            if pending:
                progress.show(f"waiting for {len(pending)}")
                self.sleep(POLL)
        progress.clear()
        for execution in pending.values():
            self._count("still running")
            print(f"{execution.order_id}: still runs after {self.wait:g} s", flush=True)

    def _ended(self, execution: Execution, status: str) -> None:
        again = self.failures.read(execution.arn) if status in ENDED_BADLY else None
        if again is None:
            self._count("succeeded")
            print(f"{execution.order_id}: {paint(status, 'green')}", flush=True)
            return
        self._count("failed again")
        told = f"{status} again at {again.state}: {again.error or 'no error was given'}"
        print(f"{execution.order_id}: {paint(told, 'red')}", flush=True)

    def _count(self, outcome: str) -> None:
        self.counts[outcome] = self.counts.get(outcome, 0) + 1


def redrive(failures: Failures, found: Iterable[Execution], wait: float = WAIT) -> int:
    """Redrive what can be, say why the rest cannot; returns the exit code."""
    redriver = Redriver(failures, wait)
    left: list[Verdict] = []
    refused, go_on = 0, True
    batch: list[Execution] = []
    for execution in found:
        verdict = failures.verdict(execution, utc_now())
        if verdict is Verdict.REDRIVE:
            batch.append(execution)
        else:
            left.append(verdict)
            refused += not verdict.good
            why = advice(verdict, execution)
            told = f"{execution.order_id}: {execution.machine} {execution.status}, {verdict}"
            print(f"{told}: {why}." if why else f"{told}.", flush=True)
        if len(batch) == BATCH:
            go_on, batch = redriver.take(batch), []
            if not go_on:
                print("A whole batch failed again: repair the cause first.", file=sys.stderr)
                break
    if batch:
        redriver.take(batch)
    return _summary(redriver.counts, left, refused)


def _summary(counts: dict[str, int], left: list[Verdict], refused: int) -> int:
    told = [f"{number} {outcome}" for outcome, number in sorted(counts.items())]
    if refused:
        told.append(f"{refused} not redriven")
    if len(left) > refused:
        told.append(f"{len(left) - refused} without need")
    print(", ".join(told) if told else "No execution has failed.")
    return 1 if refused or set(counts) - {"succeeded"} else 0
