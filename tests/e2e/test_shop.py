"""`scripts/shop`: what each verb shows of a running platform, and how it refuses."""

import pytest

from scripts.kit import stacks
from scripts.kit.customer import Customer, call
from scripts.ops.__main__ import main
from tests.e2e.conftest import Shop
from tests.e2e.orders import body, placed_and_ended

SPREAD = "CKN-18CM"
"""A SKU whose shards no other test looks at."""


@pytest.fixture(autouse=True)
def _this_platform(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every verb works on the platform of the tests."""
    monkeypatch.setattr(stacks, "DEFAULT_FILE", shop.platform.folder / "endpoints.json")


@pytest.fixture(scope="module")
def order_id(ada: Customer) -> str:
    """An order that was confirmed."""
    return placed_and_ended(ada, body())[0]


def test_order_shows_everything_on_one_page(
    order_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["order", order_id]) == 0
    page = capsys.readouterr().out
    for part in (
        *(order_id, "CONFIRMED", "40.70 EUR", "House Espresso Beans", "HEB-250G"),
        *("ChargePayment", "SendConfirmation", "CAPTURED", "COMMITTED", "SENT"),
        *("OrderConfirmed", "arn:aws:states"),
    ):
        assert part in page


@pytest.mark.parametrize(
    ("unknown", "code"),
    [("nonsense", 2), ("00000000-0000-5000-8000-000000000000", 1)],
)
def test_an_unknown_order_is_an_error(
    unknown: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["order", unknown]) == code
    assert unknown in capsys.readouterr().err


def test_an_unknown_verb_is_refused_with_the_list_of_verbs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as refused:
        main(["nonsense"])
    assert refused.value.code == 2
    assert "executions" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["demo", "status", "logs", "token", "order", "executions"])
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as explained:
        main([verb, "--help"])
    assert explained.value.code == 0
    assert f"shop {verb}" in capsys.readouterr().out


def test_status_is_well_and_executions_has_the_order(
    order_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status"]) == 0
    assert "DOWN" not in capsys.readouterr().out
    assert main(["executions", "--limit", "100"]) == 0
    assert order_id in capsys.readouterr().out


def test_logs_shows_a_functions_lines_and_refuses_what_there_is_not(
    order_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["logs", "ChargePayment", "--order", order_id]) == 0
    assert order_id in capsys.readouterr().out
    assert main(["logs", "Nonsense"]) == 2
    assert "ChargePayment" in capsys.readouterr().err


def test_token_is_one_that_the_api_takes(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "linus"]) == 0
    token = capsys.readouterr().out.strip()
    answer = call(f"{shop.endpoints.api}/orders", headers={"Authorization": f"Bearer {token}"})
    assert answer.status == 200
    assert main(["token", "nobody"]) == 1


def test_stock_is_shown_as_shards_has_spread_it(capsys: pytest.CaptureFixture[str]) -> None:
    for shards in ("3", "1"):
        assert main(["shards", SPREAD, shards]) == 0
        spread = capsys.readouterr().out
        assert main(["stock", SPREAD]) == 0
        assert capsys.readouterr().out == spread
        assert ["shards", shards] in [line.split() for line in spread.splitlines()]


def test_demo_plays_the_main_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    for part in (
        *("CONFIRMED", "REJECTED (PaymentDeclined)", "REJECTED (OutOfStock)"),
        *(
            "2 x House Espresso Beans",
            "is confirmed' to ada@example.com",
            "could not be completed'",
        ),
    ):
        assert part in shown
