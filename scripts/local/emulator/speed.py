"""The same results with less work for the one thread that every request waits for.

Nothing here is a difference from AWS: leave it out and all tests pass, slower.
"""

import copy
import gc
import logging
import random
import time
import uuid
import zipfile
from functools import lru_cache
from pathlib import Path
from types import NoneType, SimpleNamespace
from typing import Any

from ministack.core import responses
from ministack.services import dynamodb, lambda_svc, ses_v2, sqs, stepfunctions

from scripts.local.emulator.unpacking import unpack
from scripts.local.fixes.anchors import require

_UNCHANGING = (str, bytes, int, float, bool, NoneType)
_EXPRESSIONS = 4096
_NEW_OBJECTS = 50_000


def copy_of_json(value: Any) -> Any:
    """A deep copy, quick for what comes from JSON."""
    if type(value) is dict:
        return {key: copy_of_json(each) for key, each in value.items()}
    if type(value) is list:
        return [copy_of_json(each) for each in value]
    return value if isinstance(value, _UNCHANGING) else copy.deepcopy(value)


def random_uuid() -> uuid.UUID:
    """A version 4 UUID; asking the system for its randomness hands the interpreter to others."""
    return uuid.UUID(int=random.getrandbits(128), version=4)


def _copy_of_store(store: Any, _memo: dict[int, Any]) -> Any:
    """A deep copy of all accounts' and regions' data, which every save makes of every service."""
    clone = type(store)()
    clone._data = copy_of_json(store._data)
    return clone


def collect_seldom() -> None:
    """Look for garbage less often, and not among all that lives as long as the process.

    Its default is every 700 new objects; one request makes thousands, nearly none in cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 100)


def read_expressions_once() -> None:
    """Remember what an expression's text says: the functions send the same few all the time."""
    require(dynamodb, "_tokenize", "_condition_syntax_error")
    tokens = lru_cache(_EXPRESSIONS)(dynamodb._tokenize)
    dynamodb._tokenize = lambda expression: list(tokens(expression))
    dynamodb._condition_syntax_error = lru_cache(_EXPRESSIONS)(dynamodb._condition_syntax_error)


def receive_only_what_is_due() -> None:
    """Have a poller that finds nothing due look no further.

    It completes and sorts every message of the queue, and a queue holds thousands that are delayed.
    """
    require(sqs, "_collect_msgs")
    collect = sqs._collect_msgs

    def collect_due(queue: dict[str, Any], limit: int, visibility: int) -> list[Any]:
        now = time.time()
        if all(message.get("visible_at", 0.0) > now for message in queue["messages"]):
            return []
        found: list[Any] = collect(queue, limit, visibility)
        return found

    sqs._collect_msgs = collect_due


def wait_without_a_thread() -> None:
    """Have a task's function run in the thread of its execution, not in one of its own.

    The thread only serves TimeoutSeconds, and a function that ends earlier by its own Timeout, as
    ours do, never meets that.
    """
    require(stepfunctions, "_invoke_resource_with_timeout", "_invoke_resource")
    with_thread = stepfunctions._invoke_resource_with_timeout

    def invoke(resource: str, given: Any, seconds: float) -> Any:
        name = given.get("FunctionName") if isinstance(given, dict) else None
        own = _timeout_of(name) if resource.endswith(":lambda:invoke") and name else None
        if own is not None and own < seconds:
            return stepfunctions._invoke_resource(resource, given)
        return with_thread(resource, given, seconds)

    stepfunctions._invoke_resource_with_timeout = invoke


def _timeout_of(function: str) -> float | None:
    _, config, _ = lambda_svc._get_func_record_for_ref(function)
    return float(config["Timeout"]) if config else None


def unpack_libraries_once() -> None:
    """Have the functions' packages share what they have in common."""
    require(lambda_svc, "_extract_zip_preserving_mode", "_PROVIDED_CODE_CACHE")
    stock = lambda_svc._extract_zip_preserving_mode
    packages = Path(lambda_svc._PROVIDED_CODE_CACHE)

    def extract(archive: zipfile.ZipFile, target: str) -> None:
        if Path(target).parent == packages:
            unpack(archive, Path(target))
        else:
            stock(archive, target)

    lambda_svc._extract_zip_preserving_mode = extract


def write_only_what_is_read() -> None:
    """Have mails kept as they were asked for, and only what is wrong logged.

    As MIME a mail is for a relay, and there is none. A line for each event, batch and execution
    says nothing that the event log, a function's own log and the execution's history do not.
    """
    require(ses_v2, "_build_mime_message")
    ses_v2._build_mime_message = lambda *_: ""
    for name in ("events", "lambda", "states"):
        logging.getLogger(name).setLevel(logging.WARNING)


def apply() -> None:
    """Copy items and stores, and make identifiers, in the cheap way."""
    responses.AccountScopedDict.__deepcopy__ = _copy_of_store
    responses.AccountRegionScopedDict.__deepcopy__ = _copy_of_store
    dynamodb.copy = SimpleNamespace(deepcopy=copy_of_json)
    uuid.uuid4 = random_uuid
    read_expressions_once()
    receive_only_what_is_due()
    wait_without_a_thread()
    unpack_libraries_once()
    write_only_what_is_read()
    collect_seldom()
