"""Show a log: all events by default, or a function's, or a process's of the local platform.

scripts/shop logs                    every domain event, as the event log has received it
scripts/shop logs ChargePayment      what a function has written
scripts/shop logs cloud              the embedded cloud's own log (also: payments, carts, search)
"""

import argparse
import re
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from scripts.kit.clients import Clients
from scripts.kit.logs import Line, function_groups, read, shown
from scripts.kit.stacks import load_endpoints
from scripts.local.platform import Platform
from scripts.local.ports import Ports
from scripts.local.services import LOCAL, services_of

EVENTS = "events"
EVENT_LOG = "EventLog"
PROCESSES = tuple(service.name for service in services_of(LOCAL, Ports.from_base(0)))
POLL = 1.0  # seconds
TAIL = 200  # lines
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def since(text: str) -> timedelta:
    """A span like 30s, 10m, 2h, 1d."""
    found = re.fullmatch(r"(\d+)([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no span: write it like 30s, 10m, 2h, 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "name",
        nargs="?",
        default=EVENTS,
        help=f"{EVENTS} (default), a function, {', '.join(PROCESSES)}",
    )
    parser.add_argument("--since", type=since, default=timedelta(hours=1), help="default: 1h")
    parser.add_argument("--order", help="only lines that name this order")
    parser.add_argument("--follow", action="store_true", help="go on until Ctrl-C")


def run(args: argparse.Namespace) -> int:
    """Print the log; exit code 2 for one that there is not."""
    endpoints = load_endpoints()
    if args.name in PROCESSES and endpoints.aws is not None:
        return show_process(args.name)
    clients = endpoints.clients()
    groups = function_groups(clients, endpoints)
    name = EVENT_LOG if args.name == EVENTS else args.name
    if name not in groups:
        known = ", ".join([EVENTS, *groups, *PROCESSES])
        print(f"There is no log {args.name!r}; there are: {known}.", file=sys.stderr)
        return 2
    began = datetime.now(UTC) - args.since
    for line in follow(clients, groups[name], began, args.follow):
        if args.order is None or args.order in line.text:
            print(shown(line), flush=True)
    return 0


def follow(clients: Clients, group: str, began: datetime, forever: bool) -> Iterable[Line]:
    """The lines since a moment, and where wanted each one that comes."""
    seen: set[str] = set()
    while True:
        for line in read(clients, group, began):
            if line.id not in seen:
                seen.add(line.id)
                yield line
        if not forever:
            return
        time.sleep(POLL)


def show_process(name: str) -> int:
    """Print the end of a local process's log."""
    file = Platform.default().log_file(name)
    if not file.exists():
        print(f"{name} has written no log yet.", file=sys.stderr)
        return 1
    lines = file.read_text(errors="replace").splitlines()
    print("\n".join(lines[-TAIL:]))
    if len(lines) > TAIL:
        print(f"(the last {TAIL} lines of {file.relative_to(LOCAL.parent)})", file=sys.stderr)
    return 0
