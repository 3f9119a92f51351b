"""What the interleavings have in common: no logs or metrics, and one schedule again."""

from collections.abc import Callable, Iterator, Mapping
from logging import CRITICAL
from types import SimpleNamespace

import pytest
from _pytest.terminal import TerminalReporter

from functions.shared import logs
from tests.interleavings.groups import Group


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--schedule", help="run this order of steps alone, as a failure prints it")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Log lines and metrics of a hundred thousand steps tell nobody anything."""
    metrics = SimpleNamespace(add_dimension=_nothing, add_metric=_nothing, flush_metrics=_nothing)
    monkeypatch.setattr(logs, "_kept", SimpleNamespace(metrics=metrics))
    level = logs.logger.log_level
    logs.logger.setLevel(CRITICAL)
    yield
    logs.logger.setLevel(level)


def _nothing(*_: object, **__: object) -> None:
    pass


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Says how many interleavings were seen; with -v, of each group."""
    counted = [
        (report.nodeid, dict(report.user_properties))
        for report in terminalreporter.getreports("passed")
        if report.when == "call" and "interleavings" in dict(report.user_properties)
    ]
    if not counted:
        return
    if terminalreporter.verbosity > 0:
        for node, figures in counted:
            terminalreporter.write_line(f"{node.rpartition('[')[2][:-1]}: {_said(figures)}")
    total = {name: sum(figures[name] for _, figures in counted) for name in counted[0][1]}
    terminalreporter.write_line(
        f"interleavings: {len(counted)} groups, {_said(total)}, none left out, 0 breaches"
    )


def _said(figures: Mapping[str, int]) -> str:
    return f"{figures['interleavings']:,} interleavings in {figures['runs']:,} runs"


@pytest.fixture
def explored(
    request: pytest.FixtureRequest, record_property: Callable[[str, int], None]
) -> Callable[[Group], None]:
    """Explores a group and notes the figures, or replays the schedule of the command line."""
    schedule = request.config.getoption("--schedule", default=None)

    def explore(group: Group) -> None:
        if schedule is not None:
            group.replay([int(choice) for choice in schedule.split(".") if choice])
            return
        seen = group.explore()
        record_property("interleavings", seen.interleavings)
        record_property("runs", seen.runs)

    return explore
