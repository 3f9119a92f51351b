"""What of others is in the packages: listed as it is, under licences that we may ship."""

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from infra.components import BILL, LICENCES, LicenceError, bill, carried, component, licences
from infra.packaging import Package

ROOT = Path(__file__).parents[2]


def test_what_is_committed_is_what_the_packages_carry(
    deployed_packages: dict[str, Package],
) -> None:
    found = carried(deployed_packages)
    assert (ROOT / BILL).read_text() == bill(found), "say `make generate` and commit it"
    assert (ROOT / LICENCES).read_text() == licences(found), "say `make generate` and commit it"


def test_the_bill_is_cyclonedx_and_names_every_locked_version() -> None:
    text = (ROOT / BILL).read_text()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    lock = (ROOT / "uv.lock").read_text()
    for one in json.loads(text)["components"]:
        assert one["purl"] == f"pkg:pypi/{one['name'].lower()}@{one['version']}".replace("_", "-")
        locked = f'name = "{one["purl"].partition("pypi/")[2].partition("@")[0]}"'
        assert f'{locked}\nversion = "{one["version"]}"' in lock


def test_a_component_is_listed_by_who_carries_it(deployed_packages: dict[str, Package]) -> None:
    carriers = {one.name: extras for one, extras in carried(deployed_packages).items()}
    assert carriers["boto3"] == set()
    assert carriers["stripe"] == {"payments"}


def _metadata(**headers: Any) -> str:
    named = {"Name": "leftpad", "Version": "1.0", **headers}
    return "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in named.items())


@pytest.mark.parametrize(
    ("headers", "licence"),
    [
        ({"License_Expression": "MIT"}, "MIT"),
        ({"License": "Apache License 2.0"}, "Apache-2.0"),
        ({"License_Expression": "GPL-3.0-only OR MIT"}, "GPL-3.0-only OR MIT"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT"),
    ],
)
def test_licences_that_may_be_shipped(headers: dict[str, str], licence: str) -> None:
    assert component(_metadata(**headers)).licence == licence


@pytest.mark.parametrize(
    "headers",
    [
        {"License_Expression": "GPL-3.0-or-later"},
        {"License_Expression": "MIT AND AGPL-3.0-only"},
        {"License": "GNU General Public License"},
        {"Classifier": "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"},
        {"License": "as you like"},
        {},
    ],
)
def test_a_package_with_another_licence_or_none_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(LicenceError, match=r"leftpad 1\.0 is under"):
        component(_metadata(**headers))
