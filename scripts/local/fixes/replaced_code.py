"""Replacing a function's code lets what runs finish, and leaves nothing of the old code behind.

AWS ("Manage Lambda function versions"): invocations under way finish on the code that they started
with, and environments of a deleted version go. MiniStack 1.5.33 kills the processes of running
invocations when code is updated; when CloudFormation deletes a version it keeps that version's
processes for good, and the unpacked packages of all former versions. Delete when it does neither.
"""

import shutil
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from scripts.local.emulator import unpacking
from scripts.local.fixes.anchors import edit, require, wrap

_retired: list[Any] = []


def retire(workers: list[Any]) -> None:
    """End idle workers now, and those at work when they are released."""
    idle = [worker for worker in workers if not worker.in_use]
    _retired.extend(worker for worker in workers if worker.in_use)
    lambda_runtime.kill_workers(idle)
    _remove_unused_packages()


def _remove_unused_packages() -> None:
    """Remove the folders of code that no function has any more and no process runs."""
    if _retired:
        return
    live = set()
    for function in lambda_svc._functions._data.values():
        for record in (function, *function.get("versions", {}).values()):
            sha = (record.get("config") or {}).get("CodeSha256", "")
            live.add(lambda_svc._b64_sha_to_hex(sha))
    with lambda_svc._provided_code_lock:
        for sha in set(lambda_svc._provided_code_dirs) - live:
            shutil.rmtree(lambda_svc._provided_code_dirs.pop(sha), ignore_errors=True)
        unpacking.remove_unused(map(Path, lambda_svc._provided_code_dirs.values()))


def apply() -> None:
    """Retire where MiniStack kills, and also where it forgets to."""
    require(lambda_svc, "_b64_sha_to_hex", "_provided_code_dirs", "_provided_code_lock")
    lambda_runtime._retire = retire
    edit(
        lambda_runtime,
        "invalidate_worker",
        ("    kill_workers(doomed)\n", "    _retire(doomed)\n"),
    )
    lambda_svc.invalidate_worker = lambda_runtime.invalidate_worker
    release = lambda_runtime.release_worker

    def release_worker(worker: Any) -> None:
        release(worker)
        if worker in _retired:
            _retired.remove(worker)
            retire([worker])

    for module in (lambda_runtime, lambda_svc):
        wrap(module, "release_worker", release_worker)
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Version"]
    delete_version = handlers["delete"]

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        delete_version(physical_id, properties)
        _, region, account, _, name, version = physical_id.split(":")[2:8]
        lambda_runtime.invalidate_worker(name, version, account, region)

    handlers["delete"] = delete
