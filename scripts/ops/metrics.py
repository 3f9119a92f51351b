"""Show how the business does: conversion, failed payments, search, abandoned carts, stock.

scripts/shop metrics               of the last hour
scripts/shop metrics --since 1d    of the last day

The figures of the dashboard in AWS, under the same names, computed from what the functions have
written into their logs. A rate sets what happened in that time against what began in it.
"""

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from contracts.business_metrics import BUSINESS_METRICS
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.figures import Sample, figure, samples
from scripts.kit.logs import function_groups, read
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import table
from scripts.ops.logs import since

PATTERN = '"CloudWatchMetrics"'


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--since", type=since, default=timedelta(hours=1), help="default: 1h")


def run(args: argparse.Namespace) -> int:
    """Print the figures of the running platform."""
    endpoints = load_endpoints()
    began = datetime.now(UTC) - args.since
    for line in figures(endpoints, began):
        print(line)
    return 0


def figures(endpoints: Endpoints, began: datetime) -> list[str]:
    """The figures of a stage since a moment, as lines."""
    clients = endpoints.clients()
    groups = function_groups(clients, endpoints)
    found = list(_read(clients, list(groups.values()), began))
    told = [figure(metric, found) for metric in BUSINESS_METRICS]
    return table([(one.name, one.value, one.basis) for one in told], indent=0)


def _read(clients: Clients, groups: list[str], began: datetime) -> Iterator[Sample]:
    progress = Progress()
    for number, group in enumerate(groups, start=1):
        progress.show(f"reading log {number} of {len(groups)}")
        for line in read(clients, group, began, PATTERN):
            if line.fields is not None and "_aws" in line.fields:
                yield from samples(line.fields)
    progress.clear()
