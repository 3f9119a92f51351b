"""A burst of callers shares a few warm environments; only stuck ones bring more.

AWS ("Understanding Lambda function scaling") starts an environment for every concurrent request
that finds none idle; its machines are many. MiniStack 1.5.33 does the same with processes of one
machine: fifty callers of a cold function start fifty interpreters, which slow each other down for
minutes and take gigabytes. Here a function gets one for two cores, since several functions and the
cloud itself share them, and its callers queue. Those that have been at one invocation for a second,
as handlers are that wait for something slow, make room for more, up to a limit. Nobody is refused:
a caller that queues has met a slow cold start. Delete when MiniStack bounds how many it runs
without throttling.
"""

import os
import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from scripts.local.fixes.anchors import edit, wrap

_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
_AT_MOST = 40
_STUCK_SECONDS = 1.0
_GIVE_UP_SECONDS = 900.0  # no invocation may take longer: something holds every environment

_changed: dict[str, threading.Condition] = {}


def _condition(worker_key: str) -> threading.Condition:
    return _changed.setdefault(worker_key, threading.Condition())


def _has_room(worker_key: str) -> bool:
    """Whether one more environment may be at work: stuck ones make room for two others each.

    What is counted is at work, not alive: once a stall has brought more, they are not all used for
    good, and idle ones are ended in time.
    """
    latest = time.monotonic() - _STUCK_SECONDS
    workers = lambda_runtime._workers.get(worker_key, [])
    began = [getattr(worker, "invoked_at", 0.0) for worker in workers if worker.in_use]
    stuck = len([each for each in began if 0 < each < latest])
    return len(began) < min(_AT_MOST, _AT_ONCE + 2 * stuck)


def apply() -> None:
    """Queue for MiniStack's pool, one queue for each version of a function."""
    acquire, release = lambda_runtime.acquire_worker, lambda_runtime.release_worker

    def acquire_worker(
        func_name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST"
    ) -> tuple[Any, str]:
        key = lambda_runtime._worker_key(func_name, config, qualifier)
        asked = time.monotonic()
        with _condition(key):
            while True:
                if _has_room(key):
                    worker, reason = acquire(func_name, config, code_zip, qualifier)
                    return worker, reason
                if time.monotonic() - asked > _GIVE_UP_SECONDS:
                    return None, "func_cap"
                _condition(key).wait(_STUCK_SECONDS)

    def release_worker(worker: Any) -> None:
        release(worker)
        if worker is None:
            return
        key = lambda_runtime._worker_key(
            worker.func_name, worker.config, worker.config.get("Version", "$LATEST")
        )
        with _condition(key):
            _condition(key).notify()

    for module in (lambda_runtime, lambda_svc):
        wrap(module, "acquire_worker", acquire_worker)
        wrap(module, "release_worker", release_worker)
    # A worker that failed to start is released too, or its place in the queue were never passed on.
    edit(
        lambda_svc,
        "_execute_function_provided_warm",
        ("        worker = None  # invalidation already removed and reaped the worker\n", ""),
    )
