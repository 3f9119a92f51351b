"""Python functions run through awslambdaric, the client that AWS runs them with.

AWS ("Understanding the Lambda execution environment lifecycle", "Using the Lambda runtime API for
custom runtimes"): a process per environment imports the handler once, then polls the Runtime API.
An exception is reported with its class as errorType, and the environment goes on; a time-out is
`Sandbox.Timedout`, an ended process `Runtime.ExitError`, and only then is the next start cold.
Several environments share one read-only /var/task, and see nothing of the machine's environment.

MiniStack 1.5.33 runs its own worker script instead: it reports every exception as
`Runtime.HandlerError` (a Retry or Catch by name never matches), ends the process after each of
them, waits up to 50 ms for a log line at every invocation, unpacks the whole package into a new
temporary folder for every process and leaves it there, and hands the user's environment through.

Delete when MiniStack runs `python*` through the Runtime API, on a chosen interpreter.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from scripts.local.emulator import draining, handler_process_path
from scripts.local.emulator.runtime_api import OverdueError, ProcessEndedError, Request, RuntimeApi
from scripts.local.fixes.anchors import edit, require, wrap

# AWS allows ten seconds for the initialisation and then repeats it within the function's own
# time-out. Here every environment shares a few cores, so one long limit takes the place of both.
_INIT_SECONDS = 120.0
_TERMINATE_SECONDS = 2.0


class Environment(lambda_runtime.Worker):  # type: ignore[misc] # MiniStack has no types
    """One execution environment, in MiniStack's pool of them."""

    _proc: "subprocess.Popen[bytes] | None"
    _tmpdir: str | None
    _api: RuntimeApi | None = None
    _waiting: Request | None = None
    _request_id = ""
    invoked_at = 0.0
    """When the handler was given its event, by the monotonic clock; zero while it starts."""

    def _spawn(self) -> Request:
        """Start the process; it has imported the handler when it asks for its first event.

        Raises:
            EnvironmentFailedError: with what the caller of the function is told.
        """
        self._close()
        package = lambda_svc._provided_runtime_code_dir(self.code_zip)
        self._tmpdir = tempfile.mkdtemp(prefix="environment-")
        self._api = RuntimeApi()
        self._proc = subprocess.Popen(
            [*_interpreter(), str(handler_process_path()), _client_folder()],
            cwd=package,
            env=_environment_variables(self.config, package, self._api.address, self._tmpdir),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
        )
        self._api.watch(self._proc)
        self._start_time = time.time()
        try:
            request = self._api.receive(_INIT_SECONDS)
        except ProcessEndedError:
            raise EnvironmentFailedError(self._end("Runtime.ExitError")) from None
        except OverdueError:
            message = f"Init timed out after {_INIT_SECONDS:.2f} seconds"
            raise EnvironmentFailedError(self._end("Sandbox.Timedout", message)) from None
        if request.path.endswith("/init/error"):
            request.reply("202 Accepted", {})
            raise EnvironmentFailedError(
                {**self._end("Runtime.Unknown"), **json.loads(request.body)}
            )
        self._waiting = request
        return request

    def invoke(
        self,
        event: object,
        request_id: str,
        *,
        trace_id: str | None = None,
        invoked_function_arn: str | None = None,
    ) -> dict[str, Any]:
        """Run one invocation, on a fresh process if there is none or the last one has ended."""
        with draining.invocation(), self._lock:
            self._request_id = request_id
            waiting = self._next_request()
            if waiting is None:
                self.invoked_at = 0.0
                try:
                    waiting = self._spawn()
                except EnvironmentFailedError as failed:
                    return self._failure(failed.payload)
            seconds = float(self.config.get("Timeout", 3))
            headers = {
                "Lambda-Runtime-Aws-Request-Id": request_id,
                "Lambda-Runtime-Deadline-Ms": str(int((time.time() + seconds) * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": invoked_function_arn
                or self.config.get("FunctionArn", ""),
                "Content-Type": "application/json",
            }
            if trace_id:
                headers["Lambda-Runtime-Trace-Id"] = trace_id
            self._waiting = None
            self.invoked_at = time.monotonic()
            waiting.reply("200 OK", headers, json.dumps(event).encode())
            return self._result(seconds)

    def _result(self, seconds: float) -> dict[str, Any]:
        """What the handler answers, or how it failed to."""
        try:
            request = self._receive(seconds)
        except OverdueError:
            message = f"Task timed out after {seconds:.2f} seconds"
            return self._failure(self._end("Sandbox.Timedout", message))
        except ProcessEndedError:
            return self._failure(self._end("Runtime.ExitError"))
        request.reply("202 Accepted", {})
        body = json.loads(request.body or b"null")
        if request.path.endswith("/error"):
            return self._failure(body)
        return {"status": "ok", "result": body, "log": self._take_log()}

    def _next_request(self) -> Request | None:
        """The process's request for an invocation; none if it has ended since the last one."""
        if self._proc is None:
            return None
        if self._waiting is None:
            try:
                self._waiting = self._receive(_TERMINATE_SECONDS)
            except (OverdueError, ProcessEndedError):
                self._end("Runtime.ExitError")
                return None
        if self._proc.poll() is not None:  # it may have asked and been killed since
            self._end("Runtime.ExitError")
        return self._waiting

    def _receive(self, seconds: float) -> Request:
        if self._api is None:
            raise ProcessEndedError
        return self._api.receive(seconds)

    def _failure(self, payload: dict[str, Any]) -> dict[str, Any]:
        log = payload.pop("log", None)
        return {
            "status": "error",
            "error": payload.get("errorMessage", ""),
            "error_payload": payload,
            "log": self._take_log() if log is None else log,
        }

    def _end(self, error_type: str, message: str | None = None) -> dict[str, Any]:
        """End the process; what Lambda answers then, and the log."""
        process, self._proc = self._proc, None
        status = 0
        if process is not None:
            status = _wait_or_kill(process, 0 if message else _TERMINATE_SECONDS)
        log = self._take_log()
        self._close()
        return {
            "errorMessage": f"RequestId: {self._request_id} Error: {message or _ending(status)}",
            "errorType": error_type,
            "log": log,
        }

    def _take_log(self) -> str:
        return self._api.take_log() if self._api else ""

    def _close(self) -> None:
        """Free what belongs to the process: its port, its connections and its temporary folder."""
        self._waiting = None
        if self._api is not None:
            self._api.close()
            self._api = None
        super()._discard_tmpdir()
        self._tmpdir = None

    def _discard_tmpdir(self) -> None:
        """MiniStack's last call to a worker whose process it has ended."""
        self._close()


class EnvironmentFailedError(Exception):
    """An environment did not come up; `payload` is what its caller is told."""

    def __init__(self, payload: dict[str, Any]) -> None:
        super().__init__(payload.get("errorMessage", ""))
        self.payload = payload


def _wait_or_kill(process: "subprocess.Popen[bytes]", seconds: float) -> int:
    """The exit status of a process that is ending, or is made to after `seconds`."""
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _ending(status: int) -> str:
    """How Lambda words the end of a runtime."""
    if status < 0:
        name = "killed" if -status == signal.SIGKILL else signal.Signals(-status).name.lower()
        return f"Runtime exited with error: signal: {name}"
    if status:
        return f"Runtime exited with error: exit status {status}"
    return "Runtime exited without providing a reason"


def _interpreter() -> list[str]:
    """The Python that this environment was made from, with nothing of any environment on its path.

    Isolated (-I), without site-packages (-S), and leaving the shared package as it is (-B).
    """
    return [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-B"]


def _client_folder() -> str:
    spec = find_spec("awslambdaric")
    if spec is None or spec.origin is None:
        raise ImportError("awslambdaric is not installed beside MiniStack")
    return str(Path(spec.origin).parents[1])


def _environment_variables(
    config: dict[str, Any], package: str, address: str, temporary: str
) -> dict[str, str]:
    """Lambda's documented "Defined runtime environment variables", and nothing inherited."""
    _, region = lambda_runtime._account_region_from_function_config(config)
    name = config["FunctionName"]
    logging = config.get("LoggingConfig") or {}
    variables = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": temporary,
        **{key: str(value) for key, value in lambda_svc._runtime_env_vars(config).items()},
        "_HANDLER": config["Handler"],
        "LAMBDA_TASK_ROOT": package,
        "LAMBDA_RUNTIME_DIR": _client_folder(),
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_LOG_GROUP_NAME": logging.get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": Path(temporary).name,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        # A key of its own, as its role would give it: the record of calls knows functions by it.
        "AWS_ACCESS_KEY_ID": name,
        "AWS_SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        # No call can leave this machine, and no profile or role of its user can be found.
        "AWS_ENDPOINT_URL": os.environ["AWS_ENDPOINT_URL"],
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        lambda_runtime.HOST_PREFIX_ENV: "true",
    }
    if logging.get("LogFormat") == "JSON":
        variables["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
        variables["AWS_LAMBDA_LOG_LEVEL"] = logging.get("ApplicationLogLevel", "INFO")
    return variables


def apply() -> None:
    """Send python functions down the path of the custom runtimes, with this environment."""
    require(lambda_svc, "_execute_function_provided_warm", "_provided_runtime_code_dir")
    stock = lambda_runtime._worker_class_for

    def worker_class_for(config: dict[str, Any]) -> type:
        is_python = str(config.get("Runtime", "")).startswith("python")
        return Environment if is_python else stock(config)

    wrap(lambda_runtime, "_worker_class_for", worker_class_for)
    edit(
        lambda_svc,
        "_execute_function_dispatch",
        ('if runtime.startswith("provided"):', 'if runtime.startswith(("provided", "python")):'),
        ('elif runtime.startswith(("python", "nodejs")):', 'elif runtime.startswith("nodejs"):'),
    )
