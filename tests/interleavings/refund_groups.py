"""Refunds of a part beside each other, a cancel, shipping, and the provider's webhook."""

from typing import Final

from tests.interleavings.actors import (
    cancel,
    cancel_and_undo,
    note,
    pay_back,
    refund,
    refund_outside,
    refund_twin,
    ship,
    take_back,
    take_back_and_pay,
    twin,
    undo,
)
from tests.interleavings.group import Group
from tests.interleavings.groups import FORWARD
from tests.interleavings.settings import (
    ANOTHER_UNIT,
    ONE_UNIT,
    UNDO,
    cancelled_and_a_refund_lost,
    cancelled_and_released_but_a_unit,
    cancelled_and_unit_paid,
    cancelled_and_unit_taken_back,
    unit_paid_behind_a_server_error,
    unit_taken_back,
    units_paid,
)

REFUNDS: Final = (
    Group(
        "two refunds that together are too much",
        {"one": refund(1500, "a"), "other": refund(1500, "b")},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "the same refund twice",
        {"one": refund(1500, "a"), "other": refund(1500, "a")},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "two refunds of the same units",
        {"one": take_back(2, "a"), "other": take_back(1, "b")},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "two refunds of the same units, of an order that cost more",
        {"one": take_back(2, "a"), "other": take_back(1, "b")},
        before=FORWARD,
        lines=(("MUG", 2), ("CUP", 2)),
        expected=1,
    ),
    Group(
        "refund and a cancel that is carried out",
        {"operator": take_back(1, "a"), "customer": cancel_and_undo},
        before=FORWARD,
        expected=0,
    ),
    Group(
        "refund and cancel",
        {"operator": take_back(1, "a"), "customer": cancel()},
        before=FORWARD,
        expected=0,
    ),
    Group(
        "refund and ship",
        {"operator": take_back(1, "a"), "warehouse": ship()},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "refund and a refund outside",
        {"operator": refund(1500, "a"), "outside": refund_outside(1000)},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "IssueRefund and its twin",
        {
            "saga": pay_back("IssueRefund", key=ONE_UNIT),
            "twin": refund_twin("IssueRefund", ONE_UNIT),
        },
        before=FORWARD,
        setting=unit_taken_back,
        expected=1,
    ),
    Group(
        "IssueRefund and its twin, when the provider keeps a server error",
        {
            "saga": pay_back("IssueRefund", key=ONE_UNIT),
            "twin": refund_twin("IssueRefund", ONE_UNIT),
        },
        before=FORWARD,
        setting=unit_paid_behind_a_server_error,
        expected=1,
    ),
    Group(
        "RestockInventory and its twin",
        {
            "saga": pay_back("RestockInventory", key=ONE_UNIT),
            "twin": refund_twin("RestockInventory", ONE_UNIT),
        },
        before=FORWARD,
        setting=units_paid,
        expected=1,
    ),
    Group(
        "RestockInventory of two refunds",
        {
            "one": pay_back("RestockInventory", key=ONE_UNIT),
            "other": pay_back("RestockInventory", key=ANOTHER_UNIT),
        },
        before=FORWARD,
        setting=units_paid,
        expected=1,
    ),
    Group(
        "RefundOrder and a late IssueRefund",
        {"saga": pay_back(key=ONE_UNIT), "twin": refund_twin("IssueRefund", ONE_UNIT)},
        before=FORWARD,
        setting=unit_taken_back,
        expected=1,
    ),
    Group(
        "IssueRefund and a refund of the rest",
        {"saga": pay_back("IssueRefund", key=ONE_UNIT), "operator": take_back(1, "b")},
        before=FORWARD,
        setting=unit_taken_back,
        expected=1,
    ),
    Group(
        "RefundOrder and cancel",
        {"saga": pay_back(key=ONE_UNIT), "customer": cancel()},
        before=FORWARD,
        setting=unit_taken_back,
        expected=0,
    ),
    Group(
        "IssueRefund and a cancelled order's RefundPayment",
        {"saga": pay_back("IssueRefund", key=ONE_UNIT), "undo": undo("RefundPayment")},
        before=FORWARD,
        setting=cancelled_and_released_but_a_unit,
        expected=0,
    ),
    Group(
        "a refund that is made and an event of the provider",
        {"operator": take_back_and_pay(1, "a"), "provider": note("charge.refunded")},
        before=FORWARD,
        expected=1,
    ),
    Group(
        "RefundPayment and its twin, of an order that lost a refund",
        {"undo": undo(*UNDO), "twin": twin("RefundPayment")},
        before=FORWARD,
        setting=cancelled_and_a_refund_lost,
        expected=0,
    ),
    Group(
        "RestockInventory and a cancelled order's ReleaseInventory",
        {"saga": pay_back("RestockInventory", key=ONE_UNIT), "undo": undo("ReleaseInventory")},
        before=FORWARD,
        setting=cancelled_and_unit_paid,
        expected=0,
    ),
)

SAMPLED: Final = (
    Group(
        "RefundOrder and CancelOrder",
        {"saga": pay_back(key=ONE_UNIT), "undo": undo()},
        before=FORWARD,
        setting=cancelled_and_unit_taken_back,
        expected=0,
    ),
)
"""Too many: some of them, by chance, in the long run."""
