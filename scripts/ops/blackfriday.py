"""What a peak of sales needs, which limit breaks first, and what to ask for beforehand.

scripts/shop blackfriday --users 100000              orders follow: 6 a minute of 100 users
scripts/shop blackfriday --orders-a-minute 3000 --reads 80

It calculates and asks nobody: limits come from contracts/capacity.py (what prod reserves and lets
in) and scripts/kit/quotas.py (defaults of AWS and the payment provider, each with its source; an
account may have others). Calls of an order are metered, durations assumed for a busy day.

Exit code 1 if something breaks; 2 for a forecast that makes no sense.
"""

import argparse
import sys

import boto3

from contracts.inventory_api import MAX_SHARDS
from scripts.kit.forecast import BUYS_A_MINUTE, Forecast, Need, carried, needs
from scripts.kit.quotas import LARGE_REGIONS
from scripts.kit.terminal import fact, heading, paint, table


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--users", type=int, default=10_000, help="in the shop at once (10000)")
    parser.add_argument("--orders-a-minute", type=float, help="at the peak (0.06 a user)")
    parser.add_argument(
        "--reads", type=float, default=50, help="requests that buy nothing, for each order (50)"
    )
    parser.add_argument(
        "--arrival", type=float, default=10, metavar="MINUTES", help="in which users sign in (10)"
    )
    parser.add_argument(
        "--hot", type=float, default=0.2, metavar="SHARE", help="of orders for the same SKU (0.2)"
    )
    parser.add_argument("--shards", type=int, default=1, help="of that SKU's stock (1)")
    parser.add_argument("--region", default="us-east-1", help="of AWS (us-east-1)")


def run(args: argparse.Namespace) -> int:
    """Print the table; exit code 1 if something breaks."""
    wrong = _nonsense(args)
    if wrong:
        print(wrong, file=sys.stderr)
        return 2
    orders = args.users * BUYS_A_MINUTE if args.orders_a_minute is None else args.orders_a_minute
    forecast = Forecast(
        users=args.users,
        orders=orders,
        reads=args.reads,
        arrival=args.arrival,
        hot=args.hot,
        shards=args.shards,
        region=args.region,
    )
    found = needs(forecast)
    _show(forecast, found)
    return 1 if found[0].breaks else 0


def _nonsense(args: argparse.Namespace) -> str | None:
    """What is wrong with the forecast, naming the option."""
    orders = args.orders_a_minute
    regions = boto3.session.Session().get_available_regions("lambda")
    # Written so that NaN fails too.
    checks = (
        (1 <= args.users <= 10**9, "--users is from 1 to a billion"),
        (orders is None or 0 < orders <= 10**8, "--orders-a-minute is above 0, to 100 million"),
        (0 <= args.reads <= 10**6, "--reads is from 0 to a million"),
        (0 < args.arrival <= 1440, "--arrival is above 0 minutes, to the 1440 of a day"),
        (0 <= args.hot <= 1, "--hot is a share from 0 to 1"),
        (args.region in regions, f"--region {args.region!r} is none of AWS's regions"),
        (1 <= args.shards <= MAX_SHARDS, f"--shards is from 1 to {MAX_SHARDS}"),
    )
    return next((f"{said}." for holds, said in checks if not holds), None)


def _show(forecast: Forecast, found: list[Need]) -> None:
    heading("Forecast")
    fact("users", f"{forecast.users:,} at once, signing in within {forecast.arrival:g} minutes")
    fact("orders", f"{forecast.orders:,.0f} a minute, {forecast.orders_a_second:,.1f} a second")
    fact("reads", f"{forecast.reads_a_second:,.0f} a second")
    region = forecast.region
    known = "" if region in LARGE_REGIONS else ": the least of all smaller regions is assumed"
    fact("region", f"{region}{known}")
    heading("What each part must carry (a second, where it is a rate)")
    head = ("part", "needs", "has", "used", "ask for", "of")
    rows = [head, *map(_row, found)]
    for line, need in zip(table(rows), [None, *found], strict=True):
        print(paint(line, "red") if need is not None and need.breaks else line)
    heading("Verdict")
    first = found[0]
    full = f"it is full at {carried(forecast, first):,.0f} orders a minute"
    if first.breaks:
        print(f"  {first.part} breaks first: {full}.")
    else:
        print(f"  Everything carries it. {first.part} would break first: {full}.")


def _row(need: Need) -> tuple[str, ...]:
    asked = (f"{need.ask:,}", str(need.owner)) if need.breaks else ("", "")
    return (need.part, f"{need.needed:,.1f}", f"{need.limit:,}", f"{need.use:.0%}", *asked)
