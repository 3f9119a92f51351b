"""A burst of callers waits a moment for a warm environment before more are started.

AWS ("Understanding Lambda function scaling") starts an environment for every concurrent request
that finds none idle; its machines are many. MiniStack 1.5.33 does the same with processes of one
machine: fifty callers of a cold function start fifty interpreters that slow each other down for
minutes. Here a function begins with a few; the next is started only when none came free for a
second, so slow handlers still run side by side, up to a limit. Nobody is refused: a caller that
waits has met a slow cold start. Delete when MiniStack bounds how many it starts at once without
throttling.
"""

import os
import threading
import time
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from scripts.local.fixes.anchors import edit, wrap

_AT_ONCE = max(2, os.cpu_count() or 1)
_AT_MOST = 32
_PATIENCE_SECONDS = 1.0
_GIVE_UP_SECONDS = 900.0  # no invocation may take longer: something holds every environment

_changed: dict[str, threading.Condition] = {}


def _condition(worker_key: str) -> threading.Condition:
    return _changed.setdefault(worker_key, threading.Condition())


def apply() -> None:
    """Queue for MiniStack's pool, one queue for each version of a function."""
    acquire, release = lambda_runtime.acquire_worker, lambda_runtime.release_worker

    def acquire_worker(
        func_name: str, config: dict[str, Any], code_zip: bytes, qualifier: str = "$LATEST"
    ) -> tuple[Any, str]:
        key = lambda_runtime._worker_key(func_name, config, qualifier)
        asked = time.monotonic()
        limit = _AT_ONCE
        with _condition(key):
            while True:
                worker, reason = acquire(func_name, config, code_zip, qualifier, limit)
                waited = time.monotonic() - asked
                if worker is not None or waited > _GIVE_UP_SECONDS:
                    return worker, reason
                limit = _AT_ONCE if waited < _PATIENCE_SECONDS else _AT_MOST
                _condition(key).wait(max(_PATIENCE_SECONDS - waited, 0.1))

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
