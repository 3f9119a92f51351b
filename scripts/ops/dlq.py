"""Queues of what could not be handled: list them, look into one, handle it again, or drop it.

scripts/shop dlq                       each queue: how many messages, how old the oldest
scripts/shop dlq show QUEUE            what stands in it, and why: ids, types and codes
scripts/shop dlq redrive QUEUE         handle them again; for the relay: publish from the tables
scripts/shop dlq drop QUEUE --yes      do away with them

Repair the cause before a redrive: what fails again comes back. Killed half-way, nothing is lost:
run it again. Exit code 1 if it could not be done; 2 for what makes no sense.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from functions.shared.clock import utc_now
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.parked import (
    SUFFIX,
    Message,
    ParkedQueue,
    ParkedQueues,
    table_of,
    told,
)
from scripts.kit.progress import Progress
from scripts.kit.republish import Window, republish
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import paint, table
from scripts.ops.redrive import age

ACTIONS: Final = ("list", "show", "redrive", "drop")
RELAY: Final = "OutboxRelay"
"""Its queue holds positions in streams instead of events."""
SHOWN: Final = 100
FAILURES_SHOWN: Final = 20
HELD: Final = 900  # seconds for which nobody else takes a position that is worked on
POLL: Final = 1.0  # seconds


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("action", nargs="?", default="list", choices=ACTIONS, metavar="ACTION")
    parser.add_argument("queue", nargs="?", metavar="QUEUE", help="as the list names it")
    parser.add_argument("--yes", action="store_true", help="drop them indeed")


def run(args: argparse.Namespace) -> int:
    """Do it on the running platform; returns the exit code."""
    if (args.queue is None) != (args.action == "list"):
        print("Say `dlq`, or `dlq show|redrive|drop QUEUE`.", file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    return dlq(endpoints, args.action, args.queue, yes=args.yes)


def dlq(endpoints: Endpoints, action: str, name: str | None, *, yes: bool = False) -> int:
    """Do it on a stage; returns the exit code."""
    clients = endpoints.clients()
    queues = ParkedQueues(endpoints, clients)
    found = queues.all()
    if name is None:
        return show_all(queues, found)
    by_name = {queue.name: queue for queue in found}
    queue = by_name.get(name.removesuffix(SUFFIX))
    if queue is None:
        print(f"There is no queue {name!r}; there are: {', '.join(by_name)}.", file=sys.stderr)
        return 2
    if action == "show":
        return show(queues, queue)
    if action == "drop":
        return drop(clients, queue, yes=yes)
    if queue.depth == 0:
        print(f"{queue.name}: nothing is parked.")
        return 0
    if queue.feeds is not None:
        return move(clients, queue, queue.feeds)
    if queue.name == RELAY:
        return publish_again(clients, endpoints.bus, queues, queue)
    print(f"{queue.name} cannot be redriven: {_why_not(queues, queue)}", file=sys.stderr)
    return 1


def show_all(queues: ParkedQueues, found: Iterable[ParkedQueue]) -> int:
    """Print a line for each queue."""
    rows, now = [("QUEUE", "MESSAGES", "OLDEST")], utc_now()
    for queue in found:
        seen = queues.look(queue, most=1) if queue.depth else []
        oldest = age(min(one.sent for one in seen), now) if seen else "-"
        rows.append((queue.name, str(queue.depth), oldest))
    for line, row in zip(table(rows, indent=0), rows, strict=True):
        print(line if row[1] in ("0", "MESSAGES") else paint(line, "yellow"))
    return 0


def show(queues: ParkedQueues, queue: ParkedQueue) -> int:
    """Print what may be said of its messages."""
    messages, now = queues.look(queue, SHOWN), utc_now()
    rows = [("AGE", "WHAT", "ID", "OF", "WHY")]
    for message in messages:
        what = told(message)
        rows.append((age(message.sent, now), what.kind, what.id, what.about, what.reason))
    print("\n".join(table(rows, indent=0)) if messages else f"{queue.name}: nothing is parked.")
    if queue.depth > len(messages):
        print(f"... and {queue.depth - len(messages)} more")
    if messages:
        print(f"What its function said: `scripts/shop logs {queue.name} --since 14d`")
    return 0


def drop(clients: Clients, queue: ParkedQueue, *, yes: bool) -> int:
    """Do away with its messages."""
    if not yes:
        print(f"{queue.depth} messages would be lost: say --yes.", file=sys.stderr)
        return 2
    clients.sqs.purge_queue(QueueUrl=queue.url)
    print(f"{queue.name}: {queue.depth} messages dropped")
    return 0


def move(
    clients: Clients,
    queue: ParkedQueue,
    target: str,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Have SQS move its messages to the function's own queue, and wait for that."""
    clients.sqs.start_message_move_task(SourceArn=queue.arn, DestinationArn=target)
    progress = Progress()
    while (task := _newest_task(clients, queue))["Status"] == "RUNNING":
        moved = task.get("ApproximateNumberOfMessagesMoved", 0)
        progress.show(f"{moved} of {task.get('ApproximateNumberOfMessagesToMove', '?')} moved")
        sleep(POLL)
    progress.clear()
    moved = task.get("ApproximateNumberOfMessagesMoved", 0)
    if task["Status"] != "COMPLETED":
        why = task.get("FailureReason", "no reason was given")
        print(f"{queue.name}: {task['Status']} after {moved}: {why}", file=sys.stderr)
        return 1
    print(f"{queue.name}: {moved} messages are handled again; what fails comes back here")
    return 0


def _newest_task(clients: Clients, queue: ParkedQueue) -> Mapping[str, Any]:
    found = clients.sqs.list_message_move_tasks(SourceArn=queue.arn, MaxResults=1)
    return found["Results"][0]


def publish_again(clients: Clients, bus: str, queues: ParkedQueues, queue: ParkedQueue) -> int:
    """Publish the events around parked positions, and only then remove the positions."""
    progress, well = Progress(), True
    with queues.held(queue, HELD) as messages:
        positions = [one for one in messages if "DDBStreamBatchInfo" in one.content]
        if len(positions) < len(messages):
            well = False
            print(
                f"{len(messages) - len(positions)} are no positions of a stream.", file=sys.stderr
            )
        for name, parked in _by_table(positions).items():
            windows = [Window.of(one.content["DDBStreamBatchInfo"]) for one in parked]
            published = 0
            failures: list[tuple[str, str]] = []
            for step in republish(clients, bus, name, windows):
                published += step.published
                failures += step.failures
                progress.show(f"{name}: {published} events published")
            progress.clear()
            print(f"{name}: {len(parked)} positions, {published} events published")
            for key, reason in failures[:FAILURES_SHOWN]:
                print(f"  not published: {key} ({reason})")
            if failures:
                well = False
            else:
                queues.delete(queue, parked)
    if not well:
        print("What could not be published stays parked: repair it, or drop it.", file=sys.stderr)
    return 0 if well else 1


def _by_table(messages: Iterable[Message]) -> dict[str, list[Message]]:
    found: dict[str, list[Message]] = {}
    for message in messages:
        found.setdefault(table_of(message.content["DDBStreamBatchInfo"]), []).append(message)
    return found


def _why_not(queues: ParkedQueues, queue: ParkedQueue) -> str:
    if any("DDBStreamBatchInfo" in one.content for one in queues.look(queue, most=1)):
        return (
            "it holds positions of a stream, whose items have changed since. The next change of "
            "each tells it anew; then drop them."
        )
    return "the next run of its schedule does what this one has left. Drop it."
