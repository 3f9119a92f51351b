"""The forecast of a peak: what breaks first, and what makes no sense."""

import pytest

from contracts.capacity import PEAK_ORDERS_A_SECOND, PLACING, RESERVED
from scripts.kit.forecast import BUYS_A_MINUTE, Forecast, carried, needs
from scripts.ops.__main__ import main


def _forecast(users: int, **changed: float) -> Forecast:
    given = {"orders": users * BUYS_A_MINUTE, "reads": 50, "arrival": 10, "hot": 0.2, "shards": 1}
    given |= changed
    return Forecast(
        users=users,
        orders=given["orders"],
        reads=given["reads"],
        arrival=given["arrival"],
        hot=given["hot"],
        shards=int(given["shards"]),
        region="us-east-1",
    )


def _breaking(forecast: Forecast) -> set[str]:
    return {need.part for need in needs(forecast) if need.breaks}


def test_a_thousand_users_break_nothing() -> None:
    assert _breaking(_forecast(1_000)) == set()


def test_a_hundred_thousand_users_break_mail_first_then_reads_payments_and_sign_ins() -> None:
    forecast = _forecast(100_000)
    assert forecast.orders_a_second == PEAK_ORDERS_A_SECOND
    assert needs(forecast)[0].part == "SES, mails"
    assert _breaking(forecast) == {
        "SES, mails",
        "API, all routes",
        "Payment provider, requests",
        "CartsApi, executions at once",
        "SearchApi, executions at once",
        "API, searches and suggestions",
        "CatalogApi, executions at once",
        "Cognito, UserAuthentication",
        "Lambda, executions at once",
    }


def test_the_money_path_carries_the_peak_it_is_sized_for() -> None:
    used = {need.part: need for need in needs(_forecast(100_000))}
    for name in ("PlaceOrderApi", "ReserveInventory", "ChargePayment", "ConfirmOrder"):
        need = used[f"{name}, executions at once"]
        assert need.limit == RESERVED[name].executions
        assert not need.breaks
    assert used["API, POST /orders"].limit == PLACING.rate


def test_at_what_is_said_to_be_carried_nothing_breaks_and_above_it_something_does() -> None:
    forecast = _forecast(100_000)
    most = carried(forecast, needs(forecast)[0])
    assert _breaking(_forecast(1_000, orders=most * 0.999)) == set()
    assert _breaking(_forecast(1_000, orders=most * 1.01)) == {"SES, mails"}


def test_a_hot_sku_breaks_its_one_shard_and_not_eight() -> None:
    shard = "DynamoDB, reservations of a stock shard"
    assert shard in _breaking(_forecast(100_000, hot=0.9))
    assert shard not in _breaking(_forecast(100_000, hot=0.9, shards=8))


def test_the_table_says_what_to_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["blackfriday", "--users", "100000"]) == 1
    lines = capsys.readouterr().out.splitlines()
    (mails,) = (line.split() for line in lines if line.strip().startswith("SES, mails  "))
    assert mails == ["SES,", "mails", "100.0", "14", "714%", "150", "Service", "Quotas"]
    assert lines[-1] == "  SES, mails breaks first: it is full at 840 orders a minute."
    assert main(["blackfriday", "--users", "1000"]) == 0
    assert "Everything carries it." in capsys.readouterr().out


def test_another_region_has_less(capsys: pytest.CaptureFixture[str]) -> None:
    few = ["blackfriday", "--orders-a-minute", "10800"]
    main([*few, "--region", "eu-central-1"])
    out = capsys.readouterr().out
    (starts,) = (line for line in out.splitlines() if "StartExecution" in line)
    assert starts.split()[3:6] == ["180.0", "150", "120%"]


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("--users", "0"),
        ("--orders-a-minute", "-1"),
        ("--orders-a-minute", "nan"),
        ("--reads", "inf"),
        ("--arrival", "0"),
        ("--hot", "1.1"),
        ("--shards", "33"),
        ("--region", "europe"),
    ],
)
def test_nonsense_is_refused_by_the_name_of_its_option(
    option: str, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["blackfriday", f"{option}={given}"]) == 2
    assert option in capsys.readouterr().err
