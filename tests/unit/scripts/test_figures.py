"""The business's figures, from lines as the functions write them."""

import json

import pytest

from contracts.business_metrics import BUSINESS_METRICS
from functions.shared.logs import count, measure
from scripts.kit.figures import Figure, figure, percentile, samples


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Figure]:
    """The figures of everything that was emitted so far."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    found = [sample for line in lines for sample in samples(line)]
    return {metric.name: figure(metric, found) for metric in BUSINESS_METRICS}


def test_figures_are_made_of_what_functions_emit(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(8):
        count("CartsStarted")
        count("PaymentAttempts")
    count("CartsOrdered")
    count("CartsAbandoned", 3)
    count("PaymentsDeclined")
    count("ReservationsFailed")
    count("OrdersRejected", reason="OUT_OF_STOCK")
    for milliseconds in range(1, 201):
        measure("SearchLatency", milliseconds, kind="search")
    measure("SearchLatency", 9_000, kind="suggest")
    figures = told(capsys)
    assert {name: one.value for name, one in figures.items()} == {
        "Cart-to-order conversion": "12.5 %",
        "Payment failure rate": "12.5 %",
        "Search latency p99": "198.0 ms",
        "Cart abandonment rate": "37.5 %",
        "Inventory reservation failures": "1",
    }
    assert figures["Cart abandonment rate"].basis == "3 CartsAbandoned of 8 CartsStarted"


def test_without_any_event_there_is_no_rate(capsys: pytest.CaptureFixture[str]) -> None:
    assert [one.value for one in told(capsys).values()] == ["-", "-", "-", "-", "0"]


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([5.0], 99, 5.0), ([2.0, 1.0], 50, 1.0), ([1.0, 2.0], 51, 2.0), ([3.0, 1.0, 2.0], 100, 3.0)],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], percent: int, expected: float
) -> None:
    assert percentile(values, percent) == expected


def test_metrics_of_others_are_left_out() -> None:
    others = {
        "_aws": {"CloudWatchMetrics": [{"Namespace": "Other", "Metrics": [{"Name": "A"}]}]},
        "A": [1],
    }
    assert list(samples(others)) == []
