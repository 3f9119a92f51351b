"""`scripts/shop shards` and `stock`: what they show, and the nonsense that they refuse."""

import itertools

import pytest

from functions.inventory.resharding import Resharding
from functions.inventory.stock import Stock
from functions.inventory.store import InventoryWrites
from functions.shared.errors import Contended
from scripts.ops.__main__ import main
from scripts.ops.shards import reshard
from tests.support.shop import INVENTORY, Shop

Output = pytest.CaptureFixture[str]


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock("MUG-RED", 20)
    return shop


@pytest.fixture
def resharding(shop: Shop) -> Resharding:
    stock = Stock(shop.database, INVENTORY)
    return Resharding(shop.database, stock, InventoryWrites(INVENTORY))


def test_the_stock_is_shown_as_it_stands_then(resharding: Resharding, capsys: Output) -> None:
    assert reshard(resharding, "MUG-RED", 3, 60) == 0
    assert reshard(resharding, "MUG-RED", 2, 60) == 0
    out = capsys.readouterr().out
    assert "20 of 20 received; 0 held or sold" in out
    assert [line.split() for line in out.splitlines()[-3:]] == [
        ["shard", "0", "10"],
        ["shard", "1", "10"],
        ["shard", "2", "0", "merged", "away"],
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["MUG-RED", "0"], "1 to 32 shards, not 0"),
        (["MUG-RED", "--", "-3"], "1 to 32 shards, not -3"),
        (["MUG-RED", "1000000"], "1 to 32 shards, not 1000000"),
        (["MUG-RED", "2.5"], "whole number of shards, not '2.5'"),
        (["MUG-RED", "many"], "whole number of shards, not 'many'"),
        (["mug red", "2"], "'mug red' is no SKU"),
        (["MUG-RED", "2", "--wait", "0"], "above 0, not 0"),
        (["MUG-RED", "2", "--wait", "nan"], "above 0, not nan"),
    ],
)
def test_nonsense_is_said_in_a_sentence(arguments: list[str], said: str, capsys: Output) -> None:
    assert main(["shards", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_what_was_never_received_has_no_shards(resharding: Resharding, capsys: Output) -> None:
    assert reshard(resharding, "NO-SUCH", 2, 60) == 1
    assert capsys.readouterr().err == "Nothing was ever received of NO-SUCH.\n"


def test_stock_of_what_is_no_sku(capsys: Output) -> None:
    assert main(["stock", "mug"]) == 2
    assert "'mug' is no SKU" in capsys.readouterr().err


def test_the_waiting_ends_and_the_same_command_goes_on(
    resharding: Resharding, capsys: Output
) -> None:
    assert reshard(resharding, "MUG-RED", 3, 1, monotonic=itertools.count(step=10).__next__) == 1
    assert "run the same command again" in capsys.readouterr().err
    assert reshard(resharding, "MUG-RED", 3, 60) == 0


def test_a_layout_that_others_change_is_said(
    shop: Shop, resharding: Resharding, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    def contended(_: object) -> None:
        raise Contended("the items are held")

    monkeypatch.setattr(shop.database, "transact", contended)
    assert reshard(resharding, "MUG-RED", 3, 60) == 1
    assert capsys.readouterr().err.startswith("The items are held: run the same command again")
