"""Sizes of the packages as they are uploaded, for the stage that serves customers."""

from collections.abc import Iterator, Mapping
from typing import Final

from infra.packaging import Package
from infra.table import FUNCTIONS
from tests.benchmarks.report import Row

MB: Final = 1_000_000
BUDGET: Final = 8 * MB
BUDGET_WITH_PAYMENTS: Final = 11 * MB


def rows(packages: Mapping[str, Package]) -> Iterator[Row]:
    """The largest package of each kind against its budget."""
    sizes = {spec: packages[spec.name].path.stat().st_size for spec in FUNCTIONS}
    for title, budget, payments in (
        ("package, largest without an SDK of a vendor", BUDGET, False),
        ("package, largest with the payment SDK", BUDGET_WITH_PAYMENTS, True),
    ):
        name, size = max(
            ((s.name, n) for s, n in sizes.items() if ("payments" in s.extras) is payments),
            key=lambda one: one[1],
        )
        yield Row(
            title,
            f"{size / MB:.1f} MB ({name})",
            f"budget {budget / MB:.0f} MB",
            size / budget,
            size <= budget,
            counted=True,
        )
