"""Redrive: which executions it resumes, what it says of the others, what it refuses."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from functions.orders.domain import Order, OrderStatus
from scripts.kit.executions import cancel_names
from scripts.kit.failures import Execution, Failures, Verdict, advice, judge
from scripts.ops.__main__ import main
from scripts.ops.redrive import BATCH, age, redrive
from tests.support.shop import new_order

NOW = datetime(2026, 1, 20, tzinfo=UTC)
ID = "0f0e0d0c-0b0a-4909-8807-060504030201"
ORDER = replace(new_order(ID, NOW, ("SKU-1", 2)), status=OrderStatus.CONFIRMED)
FAILED = Execution(
    "arn:1", "PlaceOrder", ID, "FAILED", "Throttled", "SendConfirmation", NOW - timedelta(hours=1)
)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("execution", "order", "verdict"),
    [
        (FAILED, ORDER, Verdict.REDRIVE),
        (replace(FAILED, status="TIMED_OUT"), ORDER, Verdict.REDRIVE),
        (replace(FAILED, status="ABORTED", error=None), ORDER, Verdict.REDRIVE),
        (replace(FAILED, ended=NOW - 14 * DAY + timedelta(minutes=1)), ORDER, Verdict.REDRIVE),
        (replace(FAILED, ended=NOW - 14 * DAY - timedelta(minutes=1)), ORDER, Verdict.TOO_OLD),
        (replace(FAILED, status="RUNNING", ended=None), ORDER, Verdict.RUNNING),
        (replace(FAILED, status="SUCCEEDED"), replace(ORDER, saga_open=False), Verdict.SUCCEEDED),
        (FAILED, replace(ORDER, saga_open=False), Verdict.ENDED),
        (replace(FAILED, error="States.Runtime"), ORDER, Verdict.REPEATS),
        (replace(FAILED, error="States.DataLimitExceeded"), ORDER, Verdict.REPEATS),
        (replace(FAILED, obstacle="24,999 events"), ORDER, Verdict.REFUSED),
        (FAILED, None, Verdict.NO_ORDER),
    ],
)
def test_what_there_is_to_do(execution: Execution, order: Order | None, verdict: Verdict) -> None:
    assert judge(execution, order, NOW) is verdict


@pytest.mark.parametrize("verdict", [v for v in Verdict if not v.good and v != Verdict.REDRIVE])
def test_whatever_is_refused_is_told_what_to_do_instead(verdict: Verdict) -> None:
    assert advice(verdict, FAILED)


@pytest.mark.parametrize("verdict", [v for v in Verdict if v.good])
def test_where_nothing_is_to_be_done_nothing_is_advised(verdict: Verdict) -> None:
    assert advice(verdict, FAILED) == ""


def test_cancel_order_has_a_first_name_and_names_for_repairs() -> None:
    names = list(cancel_names(ID))
    assert names[:2] == [f"cancel-{ID}", f"cancel-{ID}-2"]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(seconds=5), "0 m 5 s"),
        (timedelta(minutes=61), "1 h 1 m"),
        (timedelta(days=14, hours=3), "14 d 3 h"),
        (timedelta(seconds=-5), "0 m 0 s"),
    ],
)
def test_an_age_is_told_in_two_units(past: timedelta, text: str) -> None:
    assert age(NOW - past, NOW) == text


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--all", "--list"],
        ["--all", ID],
        ["--all", "--error", "X"],
        ["--error", "X", ID],
        ["--error", ""],
        ["--list", ID],
        ["--machine", "PlaceOrder"],
        ["--all", "--wait", "0"],
        ["--all", "--wait", "-1"],
        ["no-order"],
        [f"{ID}x", "--wait", "1", "--list"],
        [ID, "12"],
    ],
)
def test_nonsense_is_refused_before_anything_is_asked(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["redrive", *arguments]) == 2
    assert capsys.readouterr().err


@dataclass
class FakeFailures:
    """Executions in memory: a redriven one ends as `outcomes` says, else well."""

    orders: dict[str, Order] = field(default_factory=dict)
    outcomes: dict[str, str] = field(default_factory=dict)
    redriven: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    def verdict(self, execution: Execution, _now: datetime) -> Verdict:
        return judge(execution, self.orders.get(execution.order_id, ORDER), NOW)

    def redrive(self, execution: Execution) -> bool:
        self.redriven.append(execution.arn)
        return execution.arn not in self.taken

    def status(self, arn: str) -> str:
        return self.outcomes.get(arn, "SUCCEEDED")

    def read(self, arn: str) -> Execution:
        return replace(FAILED, arn=arn, status=self.outcomes.get(arn, "SUCCEEDED"))


def _redrive(fake: FakeFailures, found: Iterable[Execution], wait: float = 0.05) -> int:
    return redrive(cast("Failures", cast("Any", fake)), found, wait)


def test_what_is_redriven_to_its_end_is_a_success(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeFailures()
    assert _redrive(fake, [FAILED]) == 0
    assert fake.redriven == ["arn:1"]
    assert f"{ID}: SUCCEEDED" in capsys.readouterr().out


def test_who_came_too_late_waits_with_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeFailures(taken={"arn:1"})
    assert _redrive(fake, [FAILED]) == 0
    assert "runs already" in capsys.readouterr().out


def test_what_has_ended_is_left_alone() -> None:
    fake = FakeFailures()
    assert _redrive(fake, [replace(FAILED, status="SUCCEEDED")]) == 0
    assert _redrive(fake, [replace(FAILED, status="RUNNING")]) == 0
    assert fake.redriven == []


def test_what_is_too_old_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeFailures()
    assert _redrive(fake, [replace(FAILED, ended=NOW - 15 * DAY)]) == 1
    assert fake.redriven == []
    assert f"scripts/shop audit --order {ID} --repair" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("status", "words"), [("FAILED", "FAILED again at"), ("RUNNING", "still runs")]
)
def test_what_does_not_succeed_is_an_error(
    status: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _redrive(FakeFailures(outcomes={"arn:1": status}), [FAILED]) == 1
    assert words in capsys.readouterr().out


def test_a_whole_batch_that_fails_again_ends_the_matter() -> None:
    many = [replace(FAILED, arn=f"arn:{i}") for i in range(3 * BATCH)]
    fake = FakeFailures(outcomes={one.arn: "FAILED" for one in many})
    assert _redrive(fake, many) == 1
    assert len(fake.redriven) == BATCH


def test_more_than_a_batch_is_redriven_batch_by_batch() -> None:
    many = [replace(FAILED, arn=f"arn:{i}") for i in range(2 * BATCH + 1)]
    fake = FakeFailures(outcomes={"arn:0": "FAILED"})
    assert _redrive(fake, many) == 1
    assert len(fake.redriven) == len(many)
