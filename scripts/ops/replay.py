"""Replay events of the archive to named consumers, and prove that what they keep is right.

scripts/shop replay --from 2026-03-01T00:00Z --to 2026-03-02T00:00Z --to-rule IndexProducts

Events reach the archive some minutes late. Only the named rules get them; each consumer knows what
it has had. Shows progress until the replay is COMPLETED and the consumers' queues are empty, then
compares what they keep with what it is made from and prints the differences.
Exit code 1 for a difference, a failed replay, or events that were parked; 2 for nonsense.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from opensearchpy.exceptions import OpenSearchException

from functions.search.engine import SearchUnavailable
from functions.shared.clock import utc_now
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.parity import COMPARED
from scripts.kit.progress import Progress
from scripts.kit.replays import UNDERWAY, Consumer, Replays
from scripts.kit.stacks import load_endpoints

WAIT: Final = 3600.0  # seconds
POLL: Final = 1.0  # seconds
EMPTY_LOOKS: Final = 3
"""In a row: a queue counts its messages only roughly."""
SHOWN: Final = 50


def moment(text: str) -> datetime:
    """A moment like 2026-03-01T12:00Z, with its zone."""
    found = None
    with suppress(ValueError):
        found = datetime.fromisoformat(text)
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no moment: write it like 2026-03-01T12:00Z, with its zone"
        )
    return found


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--from", dest="begin", type=moment, required=True, metavar="TIME")
    parser.add_argument("--to", dest="end", type=moment, metavar="TIME", help="default: now")
    parser.add_argument("--to-rule", dest="rules", nargs="+", required=True, metavar="NAME")
    parser.add_argument(
        "--wait", type=float, default=WAIT, metavar="SECONDS", help="at most (default: 3600)"
    )


def run(args: argparse.Namespace) -> int:
    """Replay on the running platform; returns the exit code."""
    now = utc_now()
    end = args.end or now
    nonsense = _nonsense(args.begin, end, now, args.wait)
    if nonsense:
        print(nonsense, file=sys.stderr)
        return 2
    return replay(load_endpoints(), args.begin, end, args.rules, args.wait)


def _nonsense(begin: datetime, end: datetime, now: datetime, wait: float) -> str | None:
    if begin > now or end > now:
        return "--from and --to are in the past: what has not happened cannot be replayed."
    if begin >= end:
        return "--from is earlier than --to."
    if not wait > 0:
        return f"--wait is a number of seconds above 0, not {wait:g}."
    return None


def replay(
    endpoints: Endpoints, begin: datetime, end: datetime, rules: Sequence[str], wait: float = WAIT
) -> int:
    """Replay on a stage; returns the exit code."""
    clients = endpoints.clients()
    replays = Replays(endpoints, clients)
    known = replays.consumers()
    unknown = sorted(set(rules) - set(known))
    if unknown:
        print(
            f"There is no rule {', '.join(unknown)}; there are: {', '.join(known)}.",
            file=sys.stderr,
        )
        return 2
    consumers = [known[name] for name in dict.fromkeys(rules)]
    before = replays.parked(consumers)
    name = replays.start(begin, end, consumers)
    print(f"replay {name} to {', '.join(one.name for one in consumers)}", flush=True)
    if not Watch(replays, name, consumers, wait).until_handled():
        return 1
    well = [
        _not_parked(before, replays.parked(consumers)),
        *(compare(endpoints, clients, consumer.name) for consumer in consumers),
    ]
    return 0 if all(well) else 1


@dataclass(frozen=True)
class Watch:
    """Waits for a replay and for its consumers.

    Args:
        wait: seconds that are waited for both together.
    """

    replays: Replays
    name: str
    consumers: Sequence[Consumer]
    wait: float
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic

    def until_handled(self) -> bool:
        """Returns whether all was replayed and handled; says so, or why not."""
        deadline, progress = self.monotonic() + self.wait, Progress()
        empty = 0
        while empty < EMPTY_LOOKS:
            found = self.replays.replay(self.name)
            waiting = self.replays.waiting(self.consumers)
            done = found["State"] == "COMPLETED"
            if not done and found["State"] not in UNDERWAY:
                progress.clear()
                why = found.get("StateReason", "no reason was given")
                print(f"{self.name} ended {found['State']}: {why}", file=sys.stderr)
                return False
            empty = empty + 1 if done and not any(waiting.values()) else 0
            if self.monotonic() > deadline:
                progress.clear()
                told = f"after {self.wait:g} s it is {found['State']}, {_told(waiting)}"
                print(f"{self.name}: {told}; it goes on", file=sys.stderr)
                return False
            progress.show(f"{found['State']}, {_told(waiting)}")
            if empty < EMPTY_LOOKS:
                self.sleep(POLL)
        progress.clear()
        print(f"{self.name} is COMPLETED, its consumers' queues are empty", flush=True)
        return True


def _told(waiting: Mapping[str, int]) -> str:
    return "waiting: " + ", ".join(f"{name} {number}" for name, number in waiting.items())


def _not_parked(before: Mapping[str, int], after: Mapping[str, int]) -> bool:
    grown = [name for name, number in after.items() if number > before[name]]
    for name in grown:
        print(
            f"{name} could not handle {after[name] - before[name]}: `scripts/shop dlq show {name}`"
        )
    return not grown


def compare(endpoints: Endpoints, clients: Clients, name: str) -> bool:
    """Compare what a consumer keeps with its source, and print the differences; none is well."""
    if name not in COMPARED:
        print(f"{name}: keeps nothing that is compared")
        return True
    what, differing = COMPARED[name]
    progress = Progress()
    try:
        found = differing(endpoints, clients, progress.show)
    except (SearchUnavailable, OpenSearchException) as error:
        print(f"{name}: {what} cannot be compared: {error}", file=sys.stderr)
        return False
    finally:
        progress.clear()
    print(f"{name}: {what}: {len(found)} differences")
    for key in sorted(found)[:SHOWN]:
        print(f"  {key}: {found[key]}")
    return not found
