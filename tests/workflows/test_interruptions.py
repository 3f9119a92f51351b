"""A task is interrupted in its middle, at each of its calls to the outside, one after another.

Whatever the call was, the saga comes to the same end as if nothing had happened; only whether a
mail went out may have to be said to be unknown.
"""

from typing import Final

import pytest

from functions.orders.domain import OrderStatus
from tests.support.moto_interruptions import Mode
from tests.support.moto_saga import MotoSaga
from tests.support.saga_world_faults import Act, Fault
from tests.workflows.interrupting import interrupt
from tests.workflows.paths import (
    AUTHORISATION_GONE,
    BACK,
    CONFIRMS,
    FORWARD,
    REFUNDS,
    SOLD_OUT,
    Path,
    rejected_in,
)

LONG: Final = (Mode.FAILS,)  # as killed before the call, unless the code makes a difference
ENDING: Final = (Mode.KILLED, *LONG, Mode.LOSES_ANSWER)
PAUSING: Final = (Mode.PAUSED_LONG, Mode.PAUSED_SHORT)
CASES: Final = [
    pytest.param(
        path,
        task,
        mode,
        id=f"{path.name}-{task} {mode}",
        marks=[pytest.mark.long] if mode in LONG else [],
    )
    for modes, of_path in (
        (
            ENDING,
            {
                CONFIRMS: FORWARD,
                AUTHORISATION_GONE: ("ConfirmOrder", *BACK[:3]),
                REFUNDS: ("RefundPayment",),
            },
        ),
        (
            PAUSING,
            {
                CONFIRMS: FORWARD,
                SOLD_OUT: ("ChargePayment", "ReserveInventory"),
                AUTHORISATION_GONE: ("ReserveInventory", "ConfirmOrder", *BACK[:3]),
                REFUNDS: ("RefundPayment",),
            },
        ),
    )
    for path, tasks in of_path.items()
    for task in tasks
    for mode in modes
]


GIVEN_UP: Final = [
    Path("given up", rejected_in(task), OrderStatus.REJECTED, "TechnicalFailure")
    for task in ("ChargePayment", "ReserveInventory")
]
CANCELLED_MEANWHILE: Final = Path(
    "cancelled while ConfirmOrder is paused",
    rejected_in("ConfirmOrder"),
    OrderStatus.CANCELLED,
    faults=(Fault("ConfirmOrder", Act.NOTHING), Fault("ConfirmOrder", Act.CANCELLED)),
)

TO_THE_LOCK: Final = 2
"""ConfirmOrder reads the order, then locks it."""


@pytest.mark.parametrize(("path", "task", "mode"), CASES)
def test_interrupted(saga: MotoSaga, path: Path, task: str, mode: Mode) -> None:
    interrupt(saga, path, task, mode)


@pytest.mark.parametrize("mode", PAUSING)
@pytest.mark.parametrize("path", GIVEN_UP)
def test_an_attempt_that_was_given_up_comes_too_late(
    saga: MotoSaga, path: Path, mode: Mode
) -> None:
    interrupt(saga, path, path.states[-5], mode, given_up=True)


@pytest.mark.parametrize("mode", PAUSING)
def test_an_attempt_comes_too_late_to_lock_a_cancelled_order(saga: MotoSaga, mode: Mode) -> None:
    interrupt(saga, CANCELLED_MEANWHILE, "ConfirmOrder", mode, last=TO_THE_LOCK)
