"""List the newest executions of a state machine, with what became of each.

FAILED, TIMED_OUT and ABORTED ones need a person: `scripts/shop order ID` shows where one stands.
"""

import argparse
import sys

from scripts.kit.executions import PLACE, Executions
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import clock, table

STATUSES = ("RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED")
MOST = 1000  # what ListExecutions gives in one answer


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--status", choices=STATUSES, help="only of this status")
    parser.add_argument(
        "--machine", default=PLACE, metavar="NAME", help="PlaceOrder (default), or another"
    )
    parser.add_argument("--limit", type=int, default=20, help="how many, up to 1000 (default: 20)")


def run(args: argparse.Namespace) -> int:
    """Print one line an execution."""
    if not 1 <= args.limit <= MOST:
        print(f"--limit is between 1 and {MOST}.", file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    if args.machine not in endpoints.state_machines:
        known = ", ".join(sorted(endpoints.state_machines))
        print(f"There is no machine {args.machine!r}; there are: {known}.", file=sys.stderr)
        return 2
    executions = Executions(endpoints, endpoints.clients())
    found = executions.latest(args.limit, args.status, args.machine)
    if not found:
        print("There are no such executions.")
        return 0
    rows = [("STARTED (UTC)", "STATUS", "TOOK", "EXECUTION")]
    for one in found:
        began, ended = one["startDate"], one.get("stopDate")
        took = f"{(ended - began).total_seconds():.2f} s" if ended else "-"
        rows.append((f"{began:%Y-%m-%d} {clock(began)}", one["status"], took, one["name"]))
    print("\n".join(table(rows, indent=0)))
    return 0
