"""`scripts/shop replay`: the nonsense that it refuses, and what it waits for."""

from collections.abc import Sequence
from typing import Any, cast

import pytest

from scripts.kit import parity
from scripts.kit.parity import lasting
from scripts.kit.replays import Consumer, Replays
from scripts.ops.__main__ import main
from scripts.ops.replay import Watch

Output = pytest.CaptureFixture[str]
CONSUMER = Consumer("EventLog", "arn:rule", "url", "parked")


class FakeReplays:
    """A replay that is looked at again and again."""

    def __init__(self, *looks: tuple[str, int]) -> None:
        self._looks = list(looks)
        self.looked = 0

    def replay(self, _: str) -> dict[str, Any]:
        """See `Replays.replay`."""
        self.looked += 1
        return {"State": self._look()[0]}

    def waiting(self, _: Sequence[Consumer]) -> dict[str, int]:
        """See `Replays.waiting`."""
        return {"EventLog": self._look()[1]}

    def _look(self) -> tuple[str, int]:
        return self._looks[min(self.looked, len(self._looks)) - 1]


def watch(replays: FakeReplays, wait: float = 60.0) -> bool:
    """Watch a replay, each look of which takes a second."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return Watch(
        cast("Replays", replays),
        "replay",
        [CONSUMER],
        wait,
        sleep=sleep,
        monotonic=lambda: now[0],
    ).until_handled()


def test_a_replay_has_ended_when_its_events_are_handled(capsys: Output) -> None:
    looks = [("STARTING", 0), ("RUNNING", 9), ("COMPLETED", 5), ("COMPLETED", 0), ("COMPLETED", 1)]
    replays = FakeReplays(*looks, ("COMPLETED", 0))
    assert watch(replays)
    assert replays.looked == 8, "a queue that seems empty is looked at three times in a row"
    assert "is COMPLETED" in capsys.readouterr().out


@pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
def test_a_replay_that_fails_is_said(state: str, capsys: Output) -> None:
    assert not watch(FakeReplays(("RUNNING", 1), (state, 0)))
    assert f"replay ended {state}" in capsys.readouterr().err


def test_the_waiting_ends_and_the_replay_goes_on(capsys: Output) -> None:
    assert not watch(FakeReplays(("RUNNING", 3)), wait=10)
    assert "RUNNING, waiting: EventLog 3; it goes on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (["--from", "2026-03-01T00:00Z", "--to", "2026-03-01T00:00Z"], "earlier than --to"),
        (["--from", "2026-03-02T00:00Z", "--to", "2026-03-01T00:00Z"], "earlier than --to"),
        (["--from", "2026-03-01T00:00Z", "--to", "9999-01-01T00:00Z"], "in the past"),
        (["--from", "9999-01-01T00:00Z"], "in the past"),
        (["--from", "2026-03-01T00:00Z", "--wait", "nan"], "above 0, not nan"),
    ],
)
def test_a_time_that_cannot_be_replayed(times: list[str], said: str, capsys: Output) -> None:
    assert main(["replay", *times, "--to-rule", "EventLog"]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01", "2026-03-01T00:00", "2026-13-01T00Z"])
def test_a_time_is_written_with_its_zone(text: str, capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["replay", "--from", text, "--to-rule", "EventLog"])
    assert "with its zone" in capsys.readouterr().err


def test_only_a_difference_that_stays_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parity, "PAUSE", 0.0)
    looks = iter([{"a": "1", "b": "1"}, {"a": "2", "c": "2"}, {"a": "3"}, {"a": "4", "b": "4"}])
    assert lasting(lambda: next(looks)) == {"a": "4"}
    looks = iter([{"a": "1"}, {}])
    assert lasting(lambda: next(looks)) == {}
