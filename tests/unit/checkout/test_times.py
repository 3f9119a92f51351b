"""The times that the objectives hold are emitted once for each order, where they are known."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from contracts.service_levels import CONFIRMED, MAILED
from functions.shared.clock import milliseconds_between
from tests.support.shop import START, Shop


def metrics(capsys: pytest.CaptureFixture[str], name: str) -> list[Mapping[str, Any]]:
    """The metric's lines."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line for line in lines if name in line]


def test_confirmation_and_mail_are_timed_once_from_what_the_order_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    shop = Shop()
    shop.stock("MUG", 5)
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm", "confirm")
    order = shop.order(order_id)
    confirmed_at = order.steps["ConfirmOrder"]
    (timed,) = metrics(capsys, CONFIRMED.metric)
    assert timed[CONFIRMED.metric] == [milliseconds_between(order.created_at, confirmed_at)]
    shop.run_all(order_id, "send", "send")
    sent_at = shop.order(order_id).steps["SendConfirmation"]
    (timed,) = metrics(capsys, MAILED.metric)
    assert timed[MAILED.metric] == [milliseconds_between(confirmed_at, sent_at)]


def test_a_mail_that_was_not_sent_is_not_timed(capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop()
    shop.mailbox.addresses.clear()
    shop.stock("MUG", 5)
    order_id = shop.place(("MUG", 1))
    shop.run_all(order_id, "charge", "reserve", "confirm", "send")
    assert metrics(capsys, MAILED.metric) == []


def test_clocks_that_disagree_make_no_negative_time() -> None:
    assert milliseconds_between(START, START - timedelta(seconds=1)) == 0
