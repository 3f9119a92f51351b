"""Payloads of the saga's tasks: a redrive hands today's code what a former definition sends."""

import json
from importlib import import_module
from typing import Any

import jsonschema
import pytest

from contracts.compatibility import RELEASED
from contracts.generate import TASKS as SCHEMA
from contracts.tasks import TaskInput
from infra.table.saga import TASKS

ORDER = "0d7f2c1e-7f3e-5a53-9b8b-7f5d2f1f6a10"
SENT: dict[str, dict[str, Any]] = {
    "the first task's": {"orderId": ORDER},
    "a compensation's": {
        "orderId": ORDER,
        "failure": {"Error": "OutOfStock", "Cause": '{"errorMessage": "HEB-250G"}'},
    },
    "a failure without a cause": {"orderId": ORDER, "failure": {"Error": "States.Timeout"}},
    "a refund's": {"orderId": ORDER, "refundId": "3c0f"},
    "a newer definition's": {"orderId": ORDER, "coupon": "WINTER"},
}
"""By what sends it: the input of a task, as the released definitions make it."""


@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_what_released_definitions_send_is_read_today(sent: dict[str, Any]) -> None:
    jsonschema.validate(sent, json.loads((RELEASED / SCHEMA).read_text()))
    read = TaskInput.model_validate(sent).model_dump(by_alias=True, exclude_unset=True)
    assert read == {name: value for name, value in sent.items() if name != "coupon"}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task.name))
def test_every_task_reads_that_payload(task: Any) -> None:
    module, _, name = task.handler.rpartition(".")
    assert getattr(import_module(module), name).__qualname__.startswith("task_handler.")
