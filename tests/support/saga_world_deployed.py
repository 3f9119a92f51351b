"""The handler that a test deploys in place of a task's own: it looks up the fault, then `perform`s.

It travels inside the task's real package. The faults wait in a table: one item an order and task,
which counts the attempts.
"""

import os
from functools import cache
from importlib import import_module
from typing import Any

from tests.support.saga_world_faults import (
    Handler,
    change_world,
    from_json,
    kill_process,
    next_fault,
    perform,
)


@cache
def _client() -> Any:
    import boto3

    return boto3.client("dynamodb")


def _real() -> Handler:
    module, _, name = os.environ["REAL_HANDLER"].rpartition(".")
    handler: Handler = getattr(import_module(module), name)
    return handler


real = _real()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Runs the next attempt of this function's task."""
    task = os.environ["TASK"]
    plan = _client().update_item(
        TableName=os.environ["FAULTS_TABLE"],
        Key={"PK": {"S": event["orderId"]}, "SK": {"S": task}},
        UpdateExpression="ADD attempts :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="ALL_NEW",
    )["Attributes"]
    faults = from_json(plan["faults"]["S"]) if "faults" in plan else []
    act = next_fault(faults, task, int(plan["attempts"]["N"]))
    return perform(
        act,
        real,
        event,
        context,
        kill=kill_process,
        change_world=lambda act, order_id: change_world(act, order_id, _client(), os.environ),
    )
