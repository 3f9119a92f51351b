"""A task is interrupted in its middle, at each of its calls to the outside, one after another.

Whatever the call was, the saga comes to the same end as if nothing had happened; only whether a
mail went out may have to be said to be unknown.
"""

from dataclasses import replace
from itertools import count
from typing import Final

import pytest

from functions.notifications.claims import EmailState
from tests.support.moto_interruptions import Interruption, Mode
from tests.support.moto_saga import MotoSaga
from tests.workflows.paths import (
    AUTHORISATION_GONE,
    BACK,
    CONFIRMS,
    FORWARD,
    REFUNDS,
    SOLD_OUT,
    Path,
    arrange,
    judge,
)

ENDING: Final = (Mode.KILLED, Mode.FAILS, Mode.LOSES_ANSWER)
PAUSING: Final = (Mode.PAUSED_LONG, Mode.PAUSED_SHORT)
CASES: Final = [
    (path, task, mode)
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


@pytest.mark.parametrize(("path", "task", "mode"), CASES)
def test_interrupted(saga: MotoSaga, path: Path, task: str, mode: Mode) -> None:
    for nth in count(1):
        order_id = arrange(saga, path)
        interruption = Interruption(saga, task, mode, nth)
        run = saga.interpreter.run(order_id, path.begins)
        interruption.wake()
        if interruption.struck is None:
            assert nth > 1, "the task makes no call"
            return
        told = f"{task} {mode} call {nth}, {interruption.struck}: {run.story}"
        assert run.status == "SUCCEEDED", told
        assert run.states == path.states, told
        (account,) = saga.require_sound(order_id)
        if task == "SendConfirmation" and account.email is EmailState.UNKNOWN:
            account = replace(account, email=EmailState.SENT, mails=1)
        judge(path, account)
        saga.reset()
        saga.lift(order_id)
        saga.forget(order_id)
