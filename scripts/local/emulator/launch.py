"""Run the embedded cloud in the foreground: MiniStack on 127.0.0.1, with its gaps closed.

    .local/emulator/bin/python scripts/local/emulator/launch.py --port 4600 --state .local/platform

Ready when `GET /_ministack/ready` answers 200. SIGTERM saves everything below `--state` and
ends every process that was started; SIGUSR1 saves and goes on. After a kill the state of the last
save comes back. Everything written lies below `--state`; the log goes to standard output.
"""

import argparse
import asyncio
import json
import logging
import os
import resource
import shutil
import signal
import socket
import sys
import threading
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def main() -> int:
    """Start, serve until SIGTERM or SIGINT, save; the exit code."""
    arguments = _arguments()
    state: Path = arguments.state.resolve()
    if not _is_free(arguments.port):
        print(
            f"127.0.0.1:{arguments.port} is taken: stop what listens there or choose another port"
        )
        return 2
    _prepare_environment(arguments.port, state)
    sys.path.insert(0, str(ROOT))
    from scripts.local import fixes

    try:
        fixes.apply_all(frozenset(arguments.without))
    except (RuntimeError, ValueError) as refused:
        print(f"The embedded cloud does not start: {refused}")
        return 3
    return _serve(arguments.port, state, arguments.calls)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, required=True, help="where on 127.0.0.1 it answers")
    parser.add_argument("--state", type=Path, required=True, help="the folder it keeps all data in")
    parser.add_argument("--calls", type=Path, help="write down what functions call, for tests")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="FIX",
        help="leave one gap open, for tests",
    )
    return parser.parse_args()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _prepare_environment(port: int, state: Path) -> None:
    """What MiniStack reads when it is imported; of the user's environment only the path stays."""
    temporary = state / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    os.environ.clear()
    os.environ.update(kept)
    os.environ.update(
        {
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "S3_PERSIST": "1",
            "STATE_DIR": str(state / "state"),
            "S3_DATA_DIR": str(state / "s3"),
            "TMPDIR": str(temporary),
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "DOCKER_HOST": f"unix://{temporary}/no-docker.sock",
            "LOG_LEVEL": "INFO",
        }
    )


def _serve(port: int, state: Path, record: Path | None) -> int:
    """Serve until told to stop. `record`: what functions call is written there.

    MiniStack brings hypercorn; uvicorn with its C parser and loop takes a third of the time for a
    request, and every request of every function waits for this one thread.
    """
    import uvicorn
    import uvloop
    from ministack import app
    from ministack.core import lambda_runtime

    from scripts.local.emulator import calls, direct, draining, responses, snapshot, speed

    class Server(uvicorn.Server):  # type: ignore[misc] # not in the project's own environment
        def capture_signals(self) -> AbstractContextManager[None]:
            return nullcontext()  # they are handled below

    served = direct.shortened(app.app)
    server = Server(
        uvicorn.Config(
            calls.recorded(served, record) if record else served,
            host="127.0.0.1",
            port=port,
            http=responses.InOnePiece,
            ws="none",
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            date_header=False,  # AWS's own is added by MiniStack
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
    )

    def drain_and_stop() -> None:
        draining.drain()
        server.should_exit = True

    def stop() -> None:
        threading.Thread(target=drain_and_stop, daemon=True).start()

    def save() -> None:
        snapshot.save(app._build_persistence_save_dict())
        _record(state, "saved")

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    speed.apply()
    for mails in ("ses", "ses-v2"):
        logging.getLogger(mails).setLevel(logging.WARNING)  # below, they log who gets a mail
    app.save_all = snapshot.save  # what it calls when it shuts down
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.add_signal_handler(signal.SIGTERM, stop)
    loop.add_signal_handler(signal.SIGINT, stop)
    loop.add_signal_handler(signal.SIGUSR1, save)
    _record(state, "running")
    # Not asyncio.run: it would wait for threads that still wait for a function or a queue, long
    # after everything is saved.
    loop.run_until_complete(server.serve())
    lambda_runtime.reset()
    _record(state, "stopped")
    return 0


def _record(state: Path, event: str) -> None:
    """Keep when each thing last happened: a start after no stop has lost what was not saved."""
    path = state / "emulator.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    pid = {"pid": os.getpid()} if event == "running" else {}
    unfinished = path.with_suffix(".tmp")  # whoever reads, or kills us now, finds it whole
    unfinished.write_text(json.dumps({**known, **pid, event: time.time()}, indent=2) + "\n")
    unfinished.replace(path)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Threads that wait for a request or an event are left where they are: all is saved.
    os._exit(code)
