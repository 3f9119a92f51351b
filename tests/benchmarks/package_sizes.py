"""Sizes of the packages as they are uploaded, for the stage that serves customers."""

import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

from infra.packaging import Package
from infra.table import FUNCTIONS
from tests.benchmarks.packages import OWN
from tests.benchmarks.report import Row, aligned

MB: Final = 1_000_000
BUDGETS: Final = (
    ("package, largest without an SDK of a vendor", (), 8 * MB),
    ("package, largest with the search client", ("search",), 9 * MB),
    ("package, largest with the payment SDK", ("payments",), 11 * MB),
)
"""What a package may weigh, by its extras."""


def rows(packages: Mapping[str, Package]) -> Iterator[Row]:
    """The largest package of each kind against its budget."""
    sizes = {spec: packages[spec.name].path.stat().st_size for spec in FUNCTIONS}
    for title, extras, budget in BUDGETS:
        name, size = max(
            ((spec.name, n) for spec, n in sizes.items() if spec.extras == extras),
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


def text(packages: Mapping[str, Package]) -> str:
    """Every package: the function, its extras, bytes as uploaded, and how much of them is ours."""
    lines = [("package", "extras", "MB", "own code, KB")]
    for spec in sorted(FUNCTIONS, key=lambda spec: spec.name):
        path = packages[spec.name].path
        with zipfile.ZipFile(path) as archive:
            own = sum(i.compress_size for i in archive.infolist() if i.filename.startswith(OWN))
        size = path.stat().st_size / MB
        lines.append((spec.name, ", ".join(spec.extras), f"{size:.1f}", f"{own / 1000:.0f}"))
    return "\n".join(aligned(lines))
