"""The groups of actors whose steps are put in every order."""

from typing import Final

from tests.interleavings.actors import (
    OPERATOR,
    cancel,
    cancel_and_undo,
    drop,
    expire,
    note,
    reconcile,
    refund_outside,
    reshard,
    saga,
    ship,
    sweep,
    twin,
    undo,
)
from tests.interleavings.group import Group
from tests.interleavings.settings import (
    BACK,
    UNDO,
    cancelled,
    cancelled_and_released,
    cancelled_going_back,
    expired,
    forgetful,
    going_back,
    other_charged,
    stopped,
    unknown,
)
from tests.interleavings.stock_groups import STOCK
from tests.support.fake_gateway import DECLINED_CARD

CHARGE, RESERVE, CONFIRM, SEND = FORWARD = (
    "ChargePayment",
    "ReserveInventory",
    "ConfirmOrder",
    "SendConfirmation",
)

PAIRS: Final = (
    Group(
        "ChargePayment and its twin",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        expected=1,
    ),
    Group(
        "ChargePayment and its twin, declined",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        card=DECLINED_CARD,
        expected=0,
    ),
    Group(
        "ChargePayment and its twin, when the provider has forgotten its keys",
        {"saga": saga(CHARGE), "twin": twin(CHARGE)},
        setting=forgetful,
        expected=1,
    ),
    Group("ChargePayment and cancel", {"saga": saga(CHARGE), "customer": cancel()}, expected=0),
    Group(
        "late ChargePayment and the way back",
        {"twin": twin(CHARGE), "saga": saga(*BACK)},
        setting=going_back,
        expected=0,
    ),
    Group(
        "late ChargePayment, declined, and the way back",
        {"twin": twin(CHARGE), "saga": saga(*BACK)},
        setting=going_back,
        card=DECLINED_CARD,
        expected=0,
    ),
    Group(
        "RejectOrder and cancel",
        {"saga": saga(BACK[0]), "customer": cancel()},
        before=(CHARGE,),
        setting=going_back,
        expected=0,
    ),
    Group(
        "ReserveInventory and its twin",
        {"saga": saga(RESERVE), "twin": twin(RESERVE)},
        before=(CHARGE,),
        expected=1,
    ),
    Group(
        "ReserveInventory and cancel",
        {"saga": saga(RESERVE), "customer": cancel()},
        before=(CHARGE,),
        expected=0,
    ),
    Group(
        "late ReserveInventory and the way back",
        {"twin": twin(RESERVE), "saga": saga(*BACK)},
        before=(CHARGE,),
        setting=going_back,
        expected=0,
    ),
    Group(
        "ReserveInventory and expiry",
        {"saga": saga(RESERVE, CONFIRM), "expiry": expire()},
        before=(CHARGE,),
    ),
    Group(
        "two buyers of the last units",
        {"one": saga(RESERVE), "other": saga(CHARGE, RESERVE, order=2)},
        before=(CHARGE,),
        orders=2,
        shelf=(2,),
        expected=1,
    ),
    Group(
        "two buyers of the last units, in two shards",
        {"one": saga(RESERVE), "other": saga(CHARGE, RESERVE, order=2)},
        before=(CHARGE,),
        orders=2,
        shelf=(1, 1),
        expected=1,
    ),
    *STOCK,
    Group(
        "ConfirmOrder and its twin",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM)},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
    Group(
        "ConfirmOrder and cancel",
        {"saga": saga(CONFIRM), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and an operator's cancel",
        {"saga": saga(CONFIRM), "operator": cancel(OPERATOR)},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and expiry",
        {"saga": saga(CONFIRM), "expiry": expire()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder and the authorisation is dropped",
        {"saga": saga(CONFIRM), "provider": drop},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "late ConfirmOrder and the way back, after the hold has expired",
        {"twin": twin(CONFIRM), "saga": saga(CONFIRM, *BACK)},
        before=(CHARGE, RESERVE),
        setting=expired,
        expected=0,
    ),
    Group(
        "SendConfirmation and its twin",
        {"saga": saga(SEND), "twin": twin(SEND)},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=1,
    ),
    Group(
        "SendConfirmation and cancel",
        {"saga": saga(SEND), "customer": cancel()},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=0,
    ),
    Group(
        "RefundPayment and its twin",
        {"undo": undo(*UNDO), "twin": twin("RefundPayment")},
        before=FORWARD,
        setting=cancelled,
        expected=0,
    ),
    Group(
        "ReleaseInventory and its twin",
        {"undo": undo(*UNDO), "twin": twin("ReleaseInventory")},
        before=FORWARD,
        setting=cancelled,
        expected=0,
    ),
    Group(
        "RefundPayment and a refund outside",
        {"undo": undo("RefundPayment"), "outside": refund_outside(500)},
        before=FORWARD,
        setting=cancelled_and_released,
        expected=0,
    ),
    Group(
        "cancel of a confirmed order and ship",
        {"customer": cancel(), "operator": ship()},
        before=FORWARD,
    ),
    Group("cancel twice", {"customer": cancel(), "operator": cancel(OPERATOR)}, before=FORWARD),
    Group("ship twice", {"one": ship(), "other": ship()}, before=FORWARD, expected=1),
    Group(
        "two sweepers",
        {"one": sweep(), "other": sweep()},
        before=(CHARGE,),
        setting=stopped,
        expected=0,
    ),
    Group(
        "two sweepers of an order that was never started",
        {"one": sweep(), "other": sweep()},
        setting=unknown,
        expected=0,
    ),
    Group(
        "reconciler and sweeper",
        {"reconciler": reconcile(), "sweeper": sweep()},
        before=(CHARGE, RESERVE),
        setting=stopped,
        expected=0,
    ),
    Group(
        "reconciler and a late ConfirmOrder",
        {"reconciler": reconcile(), "twin": twin(CONFIRM)},
        before=(CHARGE, RESERVE),
        setting=stopped,
    ),
    Group(
        "webhook and ConfirmOrder",
        {"saga": saga(CONFIRM), "webhook": note("charge.dispute.created")},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
    Group(
        "refund outside and ConfirmOrder",
        {"saga": saga(CONFIRM), "outside": refund_outside(500)},
        before=(CHARGE, RESERVE),
        expected=1,
    ),
)


TRIPLES: Final = (
    Group(
        "ChargePayment, cancel and a sweeper that rejects",
        {"saga": saga(CHARGE), "customer": cancel(), "sweeper": sweep()},
        setting=unknown,
        expected=0,
    ),
    Group(
        "ReserveInventory, expiry and cancel",
        {"saga": saga(RESERVE), "expiry": expire(), "customer": cancel()},
        before=(CHARGE,),
        expected=0,
    ),
    Group(
        "ConfirmOrder, expiry and cancel",
        {"saga": saga(CONFIRM), "expiry": expire(), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "ConfirmOrder, its twin and a dropped authorisation",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM), "provider": drop},
        before=(CHARGE, RESERVE),
    ),
    Group(
        "SendConfirmation, its twin and cancel",
        {"saga": saga(SEND), "twin": twin(SEND), "customer": cancel()},
        before=(CHARGE, RESERVE, CONFIRM),
        expected=0,
    ),
    Group(
        "cancel of a confirmed order, an operator's, and ship",
        {"customer": cancel(), "operator": cancel(OPERATOR), "warehouse": ship()},
        before=FORWARD,
    ),
    Group(
        "reconciler, sweeper and cancel",
        {"reconciler": reconcile(), "sweeper": sweep(), "customer": cancel()},
        before=(CHARGE, RESERVE),
        setting=stopped,
        expected=0,
    ),
)
"""Three actors: in every run."""

WHOLE: Final = (
    Group(
        "the whole saga and cancel",
        {"saga": saga(), "customer": cancel()},
    ),
    Group(
        "ConfirmOrder, its twin and cancel",
        {"saga": saga(CONFIRM), "twin": twin(CONFIRM), "customer": cancel()},
        before=(CHARGE, RESERVE),
    ),
)
"""The whole saga, or longer parts of it, beside others: in every run."""

DEEP: Final = (
    Group(
        "two buyers of all units while they are split",
        {"one": saga(RESERVE), "other": saga(RESERVE, order=2), "operator": reshard(2)},
        before=(CHARGE,),
        setting=other_charged,
        orders=2,
        shelf=(4,),
        expected=2,
    ),
    Group(
        "the whole saga, expiry and cancel",
        {"saga": saga(), "expiry": expire(), "customer": cancel()},
    ),
    Group(
        "ChargePayment and two twins",
        {"saga": saga(CHARGE), "twin": twin(CHARGE), "third": twin(CHARGE)},
        expected=1,
    ),
    Group(
        "ChargePayment and two twins, declined",
        {"saga": saga(CHARGE), "twin": twin(CHARGE), "third": twin(CHARGE)},
        card=DECLINED_CARD,
        expected=0,
    ),
)
"""Every order of steps, but only in the long run."""

SAMPLED: Final = (
    Group(
        "the way back, the execution of a cancel, and a sweeper",
        {"saga": saga(*BACK), "undo": undo(*UNDO), "sweeper": sweep()},
        before=(CHARGE, RESERVE),
        setting=cancelled_going_back,
        expected=0,
    ),
    Group(
        "the whole saga, a late ChargePayment and cancel",
        {"saga": saga(), "twin": twin(CHARGE), "customer": cancel()},
    ),
    Group(
        "the whole saga, a late ReserveInventory and cancel",
        {"saga": saga(), "twin": twin(RESERVE), "customer": cancel()},
    ),
    Group(
        "the whole saga, cancel and its execution, and a sweeper",
        {"saga": saga(), "customer": cancel_and_undo, "sweeper": sweep()},
    ),
    Group(
        "two whole sagas for the last units, and cancel",
        {"one": saga(), "other": saga(order=2), "customer": cancel()},
        orders=2,
        shelf=(2,),
    ),
)
"""Too many: some of them, by chance, in the long run."""
