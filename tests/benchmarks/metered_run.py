"""Places and runs orders in this process, as the functions would, and counts what they ask of AWS.

    python -m tests.benchmarks.metered_run < {"orders", "indexes", "lines"}

A process of its own for each run: handlers keep their clients and tables. The environment is that
of the functions. Prints the counts of one order as JSON. The state machine that POST /orders
starts does nothing; the tasks are called here as PlaceOrder's definition says, along its Catch
where a task refuses the order.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from contracts.errors import BusinessError
from functions.shared import clients
from infra.table import FUNCTIONS
from tests.benchmarks.cost.dynamodb_rules import Index
from tests.benchmarks.cost.meter import Meter, as_json
from tests.benchmarks.probes.context import Context
from tests.benchmarks.requests import post_order

CLIENTS: Final = ("dynamodb", "step_functions", "events", "secrets_manager", "email", "user_pools")
DEFINITION: Final = Path(__file__).parents[2] / "workflows" / "place_order.asl.json"
HANDLERS: Final = {spec.name: spec.handler for spec in FUNCTIONS}


def main() -> None:
    """Runs one order uncounted, for what an environment does once, then the others."""
    given = json.load(sys.stdin)
    out, log = os.dup(1), Path(given["log"])
    os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
    import boto3

    indexes = {
        table: [Index(n, p, s, None if held is None else frozenset(held)) for n, p, s, held in all_]
        for table, all_ in given["indexes"].items()
    }
    meter = Meter(boto3.client("dynamodb"), indexes, may_refuse=given["rejected"])
    for name in CLIENTS:
        meter.attach(getattr(clients, name)())
    orders = given["orders"]
    _order(meter, given["customer"], orders[0], f"{given['run']}-warm-up")
    meter.reset()
    sys.stdout.flush()
    logged, began, transitions = log.stat().st_size, time.perf_counter(), 0
    for number, order in enumerate(orders[1:]):
        key = f"{given['run']}-{number}"
        transitions += _order(meter, given["customer"], order, key)
    seconds = (time.perf_counter() - began) / (len(orders) - 1)
    sys.stdout.flush()
    counted = json.loads(as_json(meter, len(orders) - 1))
    counted["seconds"] = seconds
    counted["transitions"] = transitions / (len(orders) - 1)
    counted["log_bytes"] = (log.stat().st_size - logged) / (len(orders) - 1)
    os.write(out, json.dumps(counted).encode())


def _order(meter: Meter, customer: str, order: dict[str, Any], key: str) -> int:
    """Places and runs one.

    Returns:
        The transitions of its execution, the start among them.
    """
    event = post_order(key)
    event["body"] = json.dumps(order)
    event["requestContext"]["authorizer"]["jwt"]["claims"]["sub"] = customer
    answer = _invoke(meter, "PlaceOrderApi", event)
    assert answer["statusCode"] == 202, answer
    transitions = 1 + len(list(_path(meter, {"orderId": json.loads(answer["body"])["orderId"]})))
    for item in meter.events:
        _publish(meter, item)
    meter.events.clear()
    return transitions


def _path(meter: Meter, given: dict[str, Any]) -> Iterator[str]:
    """The states of an order, each run: the happy ones, and after a refusal those of its Catch."""
    machine = json.loads(DEFINITION.read_text())
    name = machine["StartAt"]
    while name:
        yield name
        state = machine["States"][name]
        if state["Type"] != "Task":
            return
        try:
            _invoke(meter, name, given)
            name = state.get("Next")
        except BusinessError as refusal:
            error = type(refusal).__name__
            cause = json.dumps({"errorMessage": str(refusal)})
            given = {**given, "failure": {"Error": error, "Cause": cause}}
            name = next(c["Next"] for c in state["Catch"] if error in c["ErrorEquals"])


def _publish(meter: Meter, item: Any) -> None:
    """One record of a table's stream at a time: the dearest way."""
    record = {"dynamodb": {"SequenceNumber": "1", "NewImage": item}}
    _invoke(meter, "OutboxRelay", {"Records": [record]})
    delivered = {
        "source": item["source"]["S"],
        "detail-type": item["type"]["S"],
        "time": "2026-01-05T12:00:00Z",
        "detail": json.loads(item["detail"]["S"]),
    }
    message = {"messageId": "1", "body": json.dumps(delivered)}
    _invoke(meter, "EventLog", {"Records": [message]})
    if item["type"]["S"] == "OrderConfirmed":
        _invoke(meter, "AuditOrder", {"Records": [message]})
        _invoke(meter, "NotePurchases", {"Records": [message]})


def _invoke(meter: Meter, function: str, event: Any) -> Any:
    module, _, name = HANDLERS[function].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    meter.function = function
    meter.calls[function, "lambda", "Invoke"] += 1
    return handler(event, Context())


if __name__ == "__main__":
    main()
