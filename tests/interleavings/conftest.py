"""What the interleavings have in common: no logs or metrics, and one schedule again."""

import random
from collections.abc import Callable, Iterator, Mapping
from logging import CRITICAL
from types import SimpleNamespace
from typing import Final, Protocol

import pytest
from _pytest.terminal import TerminalReporter

from functions.shared import logs
from tests.interleavings.group import Group


class Explore(Protocol):
    """Explores a group."""

    def __call__(self, group: Group, runs: int | None = None) -> None:
        """Raises Broken. The whole of it, or a number of runs where that is too much."""


SAMPLES: Final = 3000
"""Runs of a group of which the whole is too much."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--schedule", help="run this order of steps alone, as a failure prints it")


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Log lines and metrics of a hundred thousand steps tell nobody anything."""
    silent = dict.fromkeys(
        ("add_dimension", "add_metadata", "add_metric", "flush_metrics"), _nothing
    )
    metrics = SimpleNamespace(**silent)
    monkeypatch.setattr(logs, "_kept", SimpleNamespace(metrics=metrics, correlation_id=None))
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
        f"interleavings: {len(counted)} explorations, {total['whole']} of them whole: "
        f"{_said(total)}, 0 breaches"
    )


def _said(figures: Mapping[str, int]) -> str:
    return f"{figures['interleavings']:,} interleavings in {figures['runs']:,} runs"


@pytest.fixture(params=[False, True], ids=["forwards", "backwards"])
def explored(
    request: pytest.FixtureRequest, record_property: Callable[[str, int], None]
) -> Explore:
    """Explores a group and notes the figures, or replays the schedule of the command line: with
    batches of reads that begin with their first item, and with their last.
    """
    backwards: bool = request.param
    schedule = request.config.getoption("--schedule", default=None)

    def explore(group: Group, runs: int | None = None) -> None:
        if schedule is not None:
            choices = [int(choice) for choice in schedule.split(".") if choice]
            group.replay(choices, backwards=backwards)
            return
        if runs is None:
            seen = group.explore(backwards=backwards)
        else:
            seen = group.sample(runs, random.SystemRandom(), backwards=backwards)
        record_property("interleavings", seen.interleavings)
        record_property("runs", seen.runs)
        record_property("whole", int(seen.whole))

    return explore
