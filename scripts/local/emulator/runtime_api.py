"""The Lambda Runtime API of one execution environment, without a thread of its own.

AWS documents the protocol in "Using the Lambda runtime API for custom runtimes": the runtime asks
for the next invocation, waits as long as it takes, and posts the answer or the error. One process
polls one server, and only one invocation is under way, so the thread that invokes is free to serve:
it sleeps in one `select` on the process's connections. Nothing polls, an ended process is seen at
once (its connection closes), and when an answer arrives every line that the handler logged before
it is already in the pipe: it is read then, and before that only now and then, so that the pipe of a
talkative handler does not fill for long.
"""

import contextlib
import os
import selectors
import socket
import subprocess
import time
from dataclasses import dataclass
from typing import IO

_LOOK_AT_OUTPUT_SECONDS = 0.5
_LOOK_AT_PROCESS_SECONDS = 0.02  # while it has no connection: it is starting, or ending
_LOG_LIMIT = 1_000_000  # bytes of output kept for one invocation; CloudWatch has limits too


class ProcessEndedError(Exception):
    """The process ended, or was killed, while something was awaited from it."""


class OverdueError(Exception):
    """Nothing came in time."""


@dataclass
class Request:
    """One request of the runtime client, and the connection that waits for its reply."""

    method: str
    path: str
    body: bytes
    connection: socket.socket

    def reply(self, status: str, headers: dict[str, str], body: bytes = b"") -> None:
        """Answer in one segment, so that neither side waits for the other's acknowledgement."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        with contextlib.suppress(OSError):  # the process is gone: the next wait reports that
            self.connection.sendall("\r\n".join([*lines, "\r\n"]).encode() + body)


class RuntimeApi:
    """Serves one process on a port of its own at 127.0.0.1."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._received: dict[socket.socket, bytearray] = {}
        self._output: IO[bytes] | None = None
        self._log = bytearray()

    @property
    def address(self) -> str:
        """What AWS_LAMBDA_RUNTIME_API is set to."""
        host, port = self._listener.getsockname()
        return f"{host}:{port}"

    def watch(self, process: "subprocess.Popen[bytes]") -> None:
        """Read this process's output, and notice its end."""
        if process.stdout is None:
            raise ValueError("the process was started without a pipe for its output")
        os.set_blocking(process.stdout.fileno(), False)
        self._output = process.stdout
        self._process = process

    def receive(self, seconds: float) -> Request:
        """The next request.

        Raises:
            OverdueError: none came within `seconds`.
            ProcessEndedError: none will come.
        """
        deadline = time.monotonic() + seconds
        while True:
            for connection, received in self._received.items():
                request = _take_request(connection, received)
                if request is not None:
                    return request
            left = deadline - time.monotonic()
            if left <= 0:
                raise OverdueError
            pause = _LOOK_AT_OUTPUT_SECONDS if self._received else _LOOK_AT_PROCESS_SECONDS
            ready = self._selector.select(min(left, pause))
            for key, _ in ready:
                self._read(key.fileobj)
            if not ready:
                ended = self._process.poll() is not None
                self._read_output()
                if ended:
                    raise ProcessEndedError

    def _read(self, source: object) -> None:
        if source is self._listener:
            connection, _ = self._listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._received[connection] = bytearray()
            self._selector.register(connection, selectors.EVENT_READ)
        elif isinstance(source, socket.socket):
            data = b""
            with contextlib.suppress(OSError):
                data = source.recv(1 << 20)
            if data:
                self._received[source] += data
            else:
                self._selector.unregister(source)
                del self._received[source]
                source.close()

    def _read_output(self) -> None:
        """Move what the process has printed into the log."""
        with contextlib.suppress(BlockingIOError):
            while self._output and (data := os.read(self._output.fileno(), 1 << 16)):
                if len(self._log) < _LOG_LIMIT:
                    self._log += data

    def take_log(self) -> str:
        """What was printed since the last call."""
        self._read_output()
        text = self._log.decode(errors="replace")
        self._log.clear()
        return text

    def close(self) -> None:
        """Close every connection and the port."""
        for connection in self._received:
            connection.close()
        self._received.clear()
        if self._output is not None:
            self._output.close()
            self._output = None
        self._listener.close()
        self._selector.close()


def _take_request(connection: socket.socket, received: bytearray) -> Request | None:
    """Cut one whole request off the front of what was received, if there is one."""
    end = received.find(b"\r\n\r\n")
    if end < 0:
        return None
    start_line, *header_lines = received[:end].decode("latin-1").split("\r\n")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in header_lines)
    }
    if "chunked" in headers.get("transfer-encoding", ""):
        taken = _take_chunks(received, end + 4)
        if taken is None:
            return None
        body, after = taken
    else:
        after = end + 4 + int(headers.get("content-length", "0"))
        if len(received) < after:
            return None
        body = bytes(received[end + 4 : after])
    del received[:after]
    method, path, _ = start_line.split(" ", 2)
    return Request(method, path, body, connection)


def _take_chunks(received: bytearray, at: int) -> tuple[bytes, int] | None:
    body = b""
    while True:
        line_end = received.find(b"\r\n", at)
        if line_end < 0:
            return None
        size = int(received[at:line_end], 16)
        after = line_end + 2 + size + 2
        if len(received) < after:
            return None
        body += received[line_end + 2 : line_end + 2 + size]
        at = after
        if size == 0:
            return body, at
