"""Lambda in this process: real handlers, each attempt with its fault, answered as it answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.support.saga_world_faults import Act, Fault, Handler, Killed, next_fault, perform

Answer = dict[str, Any]


@dataclass(frozen=True)
class Attempt:
    """An attempt of a task for an order, counted from 1."""

    order_id: str
    task: str
    number: int


Runner = Callable[[Attempt, Callable[[], Answer]], Answer]


def run_now(_: Attempt, work: Callable[[], Answer]) -> Answer:
    """Runs an attempt in the ordinary way."""
    return work()


class Throttled(Exception):
    """The function does not run: its concurrency is used up."""


class TimedOut(Exception):
    """The function has run for too long; nobody hears of its attempt any more."""


@dataclass
class Functions:
    """The deployed functions.

    Attributes:
        handlers: by task.
        change: changes the world, for faults that do.
        run: runs an attempt, in its own way if it wants.
    """

    handlers: Mapping[str, Handler]
    change: Callable[[Act, str], None]
    run: Runner = run_now
    _plans: dict[str, list[Fault]] = field(default_factory=dict)
    _attempts: dict[tuple[str, str], int] = field(default_factory=dict)

    def arrange(self, order_id: str, faults: Sequence[Fault]) -> None:
        """See `FaultPlan.arrange`."""
        self._plans[order_id] = list(faults)
        for key in [key for key in self._attempts if key[0] == order_id]:
            del self._attempts[key]

    def attempt(self, task: str, event: dict[str, Any]) -> Answer:
        """Runs the next attempt of a task; raises as the handler does."""
        order_id = event["orderId"]
        number = self._attempts[order_id, task] = self._attempts.get((order_id, task), 0) + 1
        act = next_fault(self._plans.get(order_id, ()), task, number)
        if act is Act.THROTTLED:
            raise Throttled
        context = SimpleNamespace(function_name=task, aws_request_id=f"{order_id}-{number}")
        return self.run(
            Attempt(order_id, task, number),
            lambda: perform(
                act, self.handlers[task], event, context, kill=_die, change_world=self.change
            ),
        )

    def invoke(self, parameters: dict[str, Any], **_: Any) -> Answer:
        """Lambda's Invoke: an exception is an answer with FunctionError, named by its class."""
        task = parameters["FunctionName"].split(":")[6]
        try:
            answer = json.loads(json.dumps(self.attempt(task, json.loads(parameters["Payload"]))))
        except Throttled:
            raise _too_many_requests() from None
        except TimedOut:
            return _function_error("Sandbox.Timedout", "Task timed out after 50.00 seconds")
        except Killed:
            return _function_error("Runtime.ExitError", "exit status 1")
        except Exception as error:  # noqa: BLE001 - whatever it is, Lambda reports it by its class
            return _function_error(type(error).__name__, str(error))
        return {"StatusCode": 200, "Payload": answer}


def _function_error(name: str, message: str) -> Answer:
    payload = {"errorMessage": message, "errorType": name, "stackTrace": []}
    return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": payload}


def _too_many_requests() -> ClientError:
    answer: Any = {
        "Error": {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."},
        "ResponseMetadata": {"HTTPStatusCode": 429, "RequestId": "none"},
    }
    return ClientError(answer, "Invoke")


def _die() -> None:
    raise Killed
