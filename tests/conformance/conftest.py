"""Each fix of the embedded cloud against the real thing; `--without-fixes` leaves each out.

`pytest tests/conformance` launches one embedded cloud with all fixes. With `--without-fixes`
every test marked `fix("name")` gets one without that fix, and must fail: a fix whose tests pass
without it is not needed any more.
"""

from collections.abc import Iterator

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.emulator import Emulator, emulator_process


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--without-fixes",
        action="store_true",
        help="leave out each fix and expect its tests to fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "fix(name): fails without this fix of the embedded cloud")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--without-fixes", default=False):
        return
    marked = [item for item in items if item.get_closest_marker("fix")]
    config.hook.pytest_deselected(items=[item for item in items if item not in marked])
    items[:] = sorted(marked, key=fix_of)
    for item in items:
        failure = (AssertionError, ClientError, BotoCoreError)
        item.add_marker(pytest.mark.xfail(raises=failure, strict=True, reason=f"no {fix_of(item)}"))


def fix_of(item: pytest.Item) -> str:
    """The fix that a test is marked with."""
    marker = item.get_closest_marker("fix")
    return str(marker.args[0]) if marker else ""


@pytest.fixture(scope="session")
def _cloud_with_all_fixes() -> Iterator[Emulator]:
    with emulator_process("conformance") as emulator:
        yield emulator


@pytest.fixture
def cloud(request: pytest.FixtureRequest) -> Iterator[Emulator]:
    """The embedded cloud, or the one without the fix under test."""
    if not request.config.getoption("--without-fixes", default=False):
        yield request.getfixturevalue("_cloud_with_all_fixes")
        return
    with emulator_process("conformance", without=(fix_of(request.node),)) as emulator:
        yield emulator
