"""What the bench says of the rate that the platform carries."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.benchmarks import load
from tests.benchmarks.load import Step


def _rows(monkeypatch: pytest.MonkeyPatch, late: Mapping[int, float], work: float) -> list[Any]:
    """The rows where requests are so late, by rate; `work` of an order is that at the last."""

    def step(_bench: Any, _customer: Any, rate: int) -> Step:
        return Step(rate, late[rate], 0.05 if rate == load.RATES[0] else work)

    monkeypatch.setattr(load, "_step", step)
    monkeypatch.setattr(load, "Customer", lambda *_: None)
    bench: Any = type("Bench", (), {"endpoints": type("E", (), {"user": lambda *_: None})()})
    return list(load.rows(bench))


def test_the_last_rate_that_is_carried_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, cost = _rows(monkeypatch, {5: 0.1, 10: 0.2, 20: 0.9, 40: 3.0}, work=0.06)
    assert rate.ours == "20 a second (p99 900 ms)"
    assert rate.reference == "40 a second: 3.0 s"
    assert cost.ours == "60 ms"
    assert cost.met
    assert cost.ratio == pytest.approx(1.2)


def test_work_that_grows_with_the_rate_is_above(monkeypatch: pytest.MonkeyPatch) -> None:
    _, cost = _rows(monkeypatch, {5: 0.1, 10: 0.2, 20: 3.0}, work=0.1)
    assert cost.verdict == "above"


def test_every_rate_carried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, _ = _rows(monkeypatch, dict.fromkeys(load.RATES, 0.1), work=0.05)
    assert rate.ours.startswith(f"{load.RATES[-1]} a second")
    assert rate.reference == "carried all"


def test_no_rate_carried_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    (rate,) = _rows(monkeypatch, {5: 2.0}, work=0.05)
    assert (rate.ours, rate.reference) == ("none", "p99 2.00 s at 5")
