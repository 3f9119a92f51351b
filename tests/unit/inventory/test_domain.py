"""Where units are taken from, and how they are moved between shards."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import OutOfStock
from functions.inventory.domain import Portion, allocate, evened, gathered

RNG = random.Random(7)
LEVELS = st.lists(st.integers(0, 50), min_size=1, max_size=12).map(lambda x: dict(enumerate(x)))


def moved(levels: dict[int, int], shards: int) -> dict[int, int]:
    """The levels after all transfers; none of them may take what is not there."""
    after = dict(levels)
    for transfer in evened("S", levels, shards):
        after[transfer.giver] -= transfer.units
        assert after[transfer.giver] >= 0
        for shard, units in transfer.takers.items():
            assert units > 0
            after[shard] += units
    return after


@given(LEVELS, st.data())
def test_evening_out_moves_every_unit_to_the_first_shards(
    levels: dict[int, int], data: st.DataObject
) -> None:
    shards = data.draw(st.integers(1, len(levels)))
    after = moved(levels, shards)
    assert sum(after.values()) == sum(levels.values())
    assert not any(after[shard] for shard in range(shards, len(after)))
    assert evened("S", after, shards) == []
    if after != levels:
        fullest, leanest = max(after.values()), min(after[shard] for shard in range(shards))
        assert fullest - leanest <= 1


def test_shards_that_are_nearly_even_are_left_alone() -> None:
    assert evened("S", {0: 10, 1: 6, 2: 14}, 3) == []
    assert moved({0: 20, 1: 4, 2: 6}, 3) == {0: 10, 1: 10, 2: 10}


@given(LEVELS, st.integers(1, 60))
def test_allocation_takes_what_is_wanted_from_what_is_there(
    levels: dict[int, int], wanted: int
) -> None:
    if sum(levels.values()) < wanted:
        with pytest.raises(OutOfStock, match="S"):
            allocate({"S": wanted}, {"S": levels}, RNG)
        return
    portions = allocate({"S": wanted}, {"S": levels}, RNG)
    assert sum(portion.quantity for portion in portions) == wanted
    assert all(0 < portion.quantity <= levels[portion.shard] for portion in portions)
    if max(levels.values()) >= wanted:
        assert len(portions) == 1


def test_buyers_do_not_all_meet_at_the_fullest_shard() -> None:
    taken = {
        allocate({"S": 1}, {"S": {0: 5, 1: 4, 2: 4, 3: 0}}, random.Random(seed))[0].shard
        for seed in range(50)
    }
    assert taken == {0, 1, 2}


def test_scattered_portions_are_gathered_on_one_shard_of_each_sku() -> None:
    portions = (Portion("A", 3, 5), Portion("A", 0, 2), Portion("B", 1, 1), Portion("A", 2, 1))
    transfers, together = gathered(portions)
    assert together == (Portion("A", 3, 8), Portion("B", 1, 1))
    assert [(t.sku, t.giver, dict(t.takers)) for t in transfers] == [
        ("A", 0, {3: 2}),
        ("A", 2, {3: 1}),
    ]
