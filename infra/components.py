"""What of others the packages of prod carry: `python -m infra.components [--out DIR]`.

Writes a bill of materials (CycloneDX) and the list of licences, both read from the built packages:
what is pruned from them is not in the lists, and what is in them cannot be left out. `make
generate` calls it; a test compares. Both say neither when nor by whom they were made, so that the
same packages give the same files; the hashes of the wheels stand in `uv.lock`, which the build
requires.
"""

import argparse
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.parser import HeaderParser
from pathlib import Path
from typing import Any, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component as BomComponent
from cyclonedx.model.component import ComponentType
from cyclonedx.output.json import JsonV1Dot6
from license_expression import ExpressionError, get_spdx_licensing
from packageurl import PackageURL

from infra.packaging import Package, Packager
from infra.stages import STAGES
from infra.table import FUNCTIONS

BILL: Final = Path("docs/sbom.cdx.json")
LICENCES: Final = Path("docs/licences.md")

ALLOWED: Final = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0", "MPL-2.0", "PSF-2.0"}
)
"""What may be in a package. None of them reaches our own code."""

_SPDX: Final[Mapping[str, str]] = {
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
"""How some name what SPDX names otherwise. A BSD licence without a number has three clauses."""

_LICENSING: Final = get_spdx_licensing()


class LicenceError(Exception):
    """A package carries what must not be in it, or nobody says under which licence."""


@dataclass(frozen=True, order=True, slots=True)
class Component:
    """A distribution of somebody else.

    Attributes:
        licence: an SPDX expression.
    """

    name: str
    version: str
    licence: str


def component(metadata: str) -> Component:
    """A distribution by its METADATA file.

    Raises:
        LicenceError: its licence is not among those allowed, or not named.
    """
    headers = HeaderParser().parsestr(metadata)
    classified = [
        value.rpartition(" :: ")[2]
        for value in headers.get_all("Classifier", [])
        if value.startswith("License ::")
    ]
    stated = headers["License-Expression"] or headers["License"] or ""
    for text in (stated, " OR ".join(_SPDX.get(one, one) for one in classified)):
        licence = _SPDX.get(text, text)
        if licence and _is_allowed(licence):
            return Component(headers["Name"], headers["Version"], licence)
    raise LicenceError(
        f"{headers['Name']} {headers['Version']} is under {stated or classified or 'no licence'!r}:"
        " packages carry only what infra/components.py allows."
    )


def _is_allowed(licence: str) -> bool:
    """Whether one of the alternatives that an expression gives is allowed as a whole."""
    try:
        return _holds(_LICENSING.parse(licence, validate=True))
    except ExpressionError:
        return False


def _holds(expression: Any) -> bool:
    if isinstance(expression, _LICENSING.OR):
        return any(map(_holds, expression.args))
    if isinstance(expression, _LICENSING.AND):
        return all(map(_holds, expression.args))
    return str(expression) in ALLOWED


def carried(packages: Mapping[str, Package]) -> dict[Component, set[str]]:
    """Each component with the extras whose functions carry it; none: every function does."""
    of_extras: dict[str, set[Component]] = {}
    for spec in FUNCTIONS:
        label = ", ".join(spec.extras)
        if label not in of_extras:  # all functions of the same extras carry the same
            of_extras[label] = set(map(component, _metadata(packages[spec.name].path)))
    everywhere = set.intersection(*of_extras.values())
    found = {one: set[str]() for one in sorted(everywhere)}
    for label, components in of_extras.items():
        for one in components - everywhere:
            found.setdefault(one, set()).add(label)
    return dict(sorted(found.items()))


def _metadata(archive: Path) -> Iterator[str]:
    with zipfile.ZipFile(archive) as opened:
        for name in opened.namelist():
            if name.endswith(".dist-info/METADATA"):
                yield opened.read(name).decode()


def bill(components: Iterable[Component]) -> str:
    """The CycloneDX document."""
    licences = LicenseFactory()
    listed = [
        BomComponent(
            name=one.name,
            version=one.version,
            type=ComponentType.LIBRARY,
            bom_ref=f"{one.name}@{one.version}",
            purl=PackageURL("pypi", name=one.name, version=one.version),
            licenses=[licences.make_from_string(one.licence)],
        )
        for one in components
    ]
    document = json.loads(JsonV1Dot6(Bom(components=listed)).output_as_string())
    del document["serialNumber"], document["metadata"]
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def licences(components: Mapping[Component, set[str]]) -> str:
    """The list for people."""
    lines = [
        "# Licences",
        "",
        "What of others the deployed functions carry, read from their packages by `make generate`.",
        "[sbom.cdx.json](sbom.cdx.json) says the same in CycloneDX. What a package may carry is",
        "`ALLOWED` in [infra/components.py](../infra/components.py).",
        "",
        "| component | version | licence | carried by |",
        "|---|---|---|---|",
    ]
    for one, extras in components.items():
        by = (
            f"functions with the extra {' and '.join(sorted(extras))}"
            if extras
            else "every function"
        )
        lines.append(f"| {one.name} | {one.version} | {one.licence} | {by} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Builds prod's packages, where they are not yet, and writes what they carry."""
    parser = argparse.ArgumentParser(description="Write what of others the packages carry.")
    parser.add_argument("--out", type=Path, default=Path(), help="the repository's root")
    out: Path = parser.parse_args().out
    found = carried(Packager(STAGES["prod"].platform).build(spec.source for spec in FUNCTIONS))
    for file, text in ((BILL, bill(found)), (LICENCES, licences(found))):
        (out / file).parent.mkdir(parents=True, exist_ok=True)
        (out / file).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
