"""Stock on shards: operators, goods that come in, and the judge of sold out, beside orders."""

from typing import Final

from functions.inventory.domain import Transfer
from tests.interleavings.actors import receive, receive_and_watch, reshard, saga, watch
from tests.interleavings.group import Group
from tests.interleavings.settings import BACK, going_back, told_in_stock

STOCK: Final = (
    Group(
        "a buyer of the last units while they are split",
        {"saga": saga("ReserveInventory"), "operator": reshard(2)},
        before=("ChargePayment",),
        lines=(("MUG", 4),),
        shelf=(4,),
        expected=1,
    ),
    Group(
        "a buyer of the last units while they are merged",
        {"saga": saga("ReserveInventory"), "operator": reshard(1)},
        before=("ChargePayment",),
        shelf=(1, 0, 1),
        expected=1,
    ),
    Group(
        "a buyer of the last units while they go to and fro",
        {"saga": saga("ReserveInventory"), "operator": reshard(1, 2, 1, transfers=1)},
        before=("ChargePayment",),
        shelf=(1, 1),
        expected=1,
    ),
    Group(
        "units come back while they are split",
        {"saga": saga(*BACK), "operator": reshard(3)},
        before=("ChargePayment", "ReserveInventory"),
        shelf=(9,),
        setting=going_back,
        expected=0,
    ),
    Group(
        "two operators split and merge",
        {"one": reshard(2, transfers=1), "other": reshard(1, transfers=1)},
        shelf=(3,),
    ),
    Group(
        "two operators open shards, one of them more",
        {"one": reshard(3, transfers=0), "other": reshard(2, transfers=0)},
    ),
    Group(
        "sold out is judged while goods come in",
        {"judge": watch(), "warehouse": receive_and_watch(3)},
        setting=told_in_stock,
    ),
    Group(
        "sold out is judged while goods come in to a new shard",
        {"judge": watch(), "warehouse": receive_and_watch(3, Transfer("MUG", 0, {1: 3}))},
        setting=told_in_stock,
    ),
    Group(
        "goods come in while they are merged",
        {"warehouse": receive(3), "operator": reshard(1)},
        shelf=(1, 4),
    ),
    Group(
        "a receipt twice",
        {"one": receive(3), "other": receive(3)},
    ),
)
