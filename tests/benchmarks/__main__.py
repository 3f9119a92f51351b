"""`make bench`: every benchmark, at last in one table; fails if a counted budget is broken."""

import sys
from collections.abc import Iterator
from itertools import chain
from typing import Final

from infra.packaging import Platform
from infra.stages import STAGES
from tests.benchmarks import (
    carts,
    cold_start,
    growth,
    hot_sku,
    index_lag,
    load,
    matrix,
    orders,
    package_sizes,
    packages,
    pages,
    platform,
    routes,
    saga,
    search,
    synthesis,
    warm_cpu,
)
from tests.benchmarks.cost import table as cost
from tests.benchmarks.cost.bill import bill, gathered_by
from tests.benchmarks.orders import Outcome
from tests.benchmarks.report import Row, measured, table

COSTED: Final = 20
"""Orders that the cost is metered over."""


def main() -> int:
    """Runs all; the exit code."""
    rows = measured(
        chain(
            _of_packages(),
            _of_synthesis(),
            _of_the_matrix(),
            _of_contention(),
            _of_search(),
            _of_the_platform(),
        ),
        say,
    )
    say(f"\n{table(rows)}")
    return 1 if any(row.broken for row in rows) else 0


def _of_packages() -> Iterator[Row]:
    say("Building the packages")
    deployed = packages.build(STAGES["prod"].platform)
    yield from package_sizes.rows(deployed)
    say(f"\n{package_sizes.text(deployed)}\n")
    built = packages.build(Platform.of_this_machine())
    usual = packages.usual()
    compiled = packages.with_bytecode(usual)
    placing = packages.ours(built["PlaceOrderApi"])
    charging = packages.ours(built["ChargePayment"])
    say("Cold starts, by turns")
    yield from cold_start.place_order(placing, usual, compiled)
    yield from cold_start.charge_payment(charging, usual, compiled)
    colds = cold_start.every_function(packages.parts(built), usual)
    say(f"\n{cold_start.text(colds)}\n")
    yield cold_start.worst_row(colds)
    say("Warm requests, by turns")
    yield from warm_cpu.place_order(placing, usual)
    yield from routes.rows()


def _of_synthesis() -> Iterator[Row]:
    say("Synthesising prod")
    yield from synthesis.rows()


def _of_contention() -> Iterator[Row]:
    say("A hot SKU on one shard and on several, by turns")
    yield from hot_sku.rows()


def _of_the_matrix() -> Iterator[Row]:
    say("Cases of the fault matrix")
    yield from matrix.rows()


def _of_search() -> Iterator[Row]:
    say("Changes of carts")
    yield from carts.rows()
    say("Searches, over few and many products")
    yield from search.rows()


def _of_the_platform() -> Iterator[Row]:
    say("A platform of its own")
    with platform.running(lambda _: None) as bench:
        say("Sagas: a first burst, crowds, one after the other")
        yield from saga.rows(bench)
        say("Orders at a rising rate, until customers wait")
        yield from load.rows(bench)
        say("Changes of the catalog, until they are found")
        yield from index_lag.rows(bench)
        say("Metering orders")
        tables, gathered = orders.prepare(bench, "cost"), gathered_by(bench.template())
        counted = orders.run(bench, tables, "cost", COSTED)
        lines = list(bill(counted, gathered))
        yield from cost.rows(lines)
        for outcome in (Outcome.DECLINED, Outcome.OUT_OF_STOCK):
            rejected = orders.run(bench, tables, f"cost-{outcome.name.lower()}", COSTED, outcome)
            yield cost.rejected_row(outcome, list(bill(rejected, gathered)), lines)
        say(f"\n{cost.text(lines)}\n\n{cost.writes(counted)}\n")
        say("Orders beside few and many others")
        yield from growth.rows(bench)
        say("Pages of a small and of a large category")
        yield from pages.rows(bench)


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
