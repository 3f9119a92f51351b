"""The short form of the kill test: `make chaos` runs a thousand orders on a platform of its own."""

import pytest

from tests.chaos.glimpse import TASKS
from tests.chaos.run import Settings, torment
from tests.chaos.stage import Stage
from tests.e2e.conftest import Shop

SEED = 20
ENOUGH = 3
"""Kills without which nothing was proved: about fifteen are usual."""


def test_no_promise_is_broken_by_killed_processes_and_a_failing_provider(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []
    stage = Stage(shop.platform, shop.endpoints, shop.clients)
    outcome = torment(stage, Settings.short(SEED), told.append)
    story = "\n".join([*told, capsys.readouterr().out])
    assert outcome.verdict.findings == [], story
    assert outcome.damage.killed >= ENOUGH, story
    assert any(victim in TASKS for victim, _ in outcome.damage.kills), story
    assert outcome.damage.faults.total(), story
    assert told[-1] == f"60 orders, {outcome.damage.killed} kills, 0 breaches"
