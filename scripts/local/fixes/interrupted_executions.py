"""Executions that ran when the embedded cloud was stopped go on when it is back.

AWS ("Choosing workflow type"): a Standard execution is durable and survives every machine it runs
on. MiniStack 1.5.33 declares those that were running FAILED at its next start. Here the state that
an execution was in begins again, with the input it had: a task may run twice, as a retried one may;
a Wait starts over. Delete when MiniStack resumes them.
"""

from typing import Any

from ministack import app
from ministack.core import responses
from ministack.services import stepfunctions

from scripts.local.fixes.anchors import edit, wrap
from scripts.local.fixes.redrive_execution import start_thread

_interrupted: list[dict[str, Any]] = []


def _resume() -> None:
    """Start a thread for each, in the account and region of its ARN."""
    for execution in _interrupted:
        _, _, _, region, account, *_ = execution["executionArn"].split(":")
        responses.set_request_account_id(account)
        responses.set_request_region(region)
        execution["resume"] = True
        start_thread(execution["executionArn"])
    _interrupted.clear()


def apply() -> None:
    """Note the running executions when they are loaded; resume once everything is."""
    stepfunctions._note_interrupted = _interrupted.append
    edit(
        stepfunctions,
        "_restore_state",
        ('exc["status"] = "FAILED"', "_note_interrupted(exc)"),
        ('            exc["stopDate"] = now_iso()\n', ""),
        ('            exc["error"] = "States.ServiceRestart"\n', ""),
        ('            exc["cause"] = "Execution was running when service restarted"\n', ""),
    )
    load = app._load_persisted_state

    def load_persisted_state() -> None:
        load()
        _resume()

    wrap(app, "_load_persisted_state", load_persisted_state)
