"""Interrupting a task of a path at each of its calls to the outside, one order after another."""

from dataclasses import replace
from itertools import count

from functions.notifications.claims import EmailState
from tests.support.moto_interruptions import Interruption, Mode
from tests.support.moto_saga import MotoSaga
from tests.workflows.paths import Path, arrange, judge


def interrupt(
    saga: MotoSaga,
    path: Path,
    task: str,
    mode: Mode,
    *,
    given_up: bool = False,
    last: int | None = None,
) -> None:
    """Asserts that an order comes out as its path says, whichever call was interrupted.

    Whether a mail went out may have to be said to be unknown.

    Args:
        given_up: the task's later attempts fail.
        last: the last call to interrupt; by default all are.
    """
    for nth in count(1) if last is None else range(1, last + 1):
        order_id = arrange(saga, path)
        interruption = Interruption(saga, task, mode, nth, given_up)
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
        saga.forget(order_id)
