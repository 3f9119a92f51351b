"""`make bench`: every benchmark, one table; fails if a counted budget is broken."""

import sys
from collections.abc import Iterator

from infra.packaging import Platform
from infra.stages import STAGES
from tests.benchmarks import cold_start, package_sizes, packages, warm_cpu
from tests.benchmarks.report import Row, table


def main() -> int:
    """Runs all; the exit code."""
    rows = []
    for row in _rows():
        rows.append(row)
        _say(f"  {row.name}: {row.ours}")
    _say("")
    _say(table(rows))
    return 1 if any(row.broken for row in rows) else 0


def _rows() -> Iterator[Row]:
    _say("Building the packages")
    yield from package_sizes.rows(packages.build(STAGES["prod"].platform))
    built = packages.build(Platform.of_this_machine())
    usual = packages.usual()
    compiled = packages.with_bytecode(usual)
    placing = packages.ours(built["PlaceOrderApi"])
    charging = packages.ours(built["ChargePayment"])
    _say("Cold starts, by turns")
    yield from cold_start.place_order(placing, usual, compiled)
    yield from cold_start.charge_payment(charging, usual, compiled)
    _say("Warm requests, by turns")
    yield from warm_cpu.place_order(placing, usual)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
