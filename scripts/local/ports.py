"""Where the platform listens: a block of ports on 127.0.0.1, moved by one variable."""

import os
import socket
import time
from contextlib import ExitStack
from dataclasses import dataclass, fields

HOST = "127.0.0.1"
DEFAULT_BASE = 4600
VARIABLE = "SHOP_PORT_BASE"
PATIENCE = 2.0  # seconds


class PortError(Exception):
    """A port cannot be had; the message says what to do."""


@dataclass(frozen=True)
class Ports:
    """The ports of one platform: the embedded cloud (every AWS API) and what stands beside it."""

    cloud: int
    payments: int
    search: int
    carts: int
    carts_bus: int

    @classmethod
    def from_base(cls, base: int) -> "Ports":
        """The block that begins at a base."""
        return cls(*range(base, base + len(fields(cls))))

    @classmethod
    def from_environment(cls) -> "Ports":
        """The block that SHOP_PORT_BASE names, or the default one.

        Raises PortError when the variable is no usable port.
        """
        text = os.environ.get(VARIABLE, str(DEFAULT_BASE))
        if not text.isdecimal() or not 1024 <= int(text) <= 65000:
            raise PortError(f"{VARIABLE} must be a number from 1024 to 65000, not {text!r}.")
        return cls.from_base(int(text))

    @classmethod
    def from_kernel(cls) -> "Ports":
        """Free ports of the system's choice, for tests beside a running platform."""
        with ExitStack() as stack:
            sockets = [stack.enter_context(socket.socket()) for _ in fields(cls)]
            for one in sockets:
                one.bind((HOST, 0))
            return cls(*(one.getsockname()[1] for one in sockets))


def require_free(port: int, what: str) -> None:
    """Raise PortError unless a server can listen on the port, at once or within moments.

    A process that was killed holds its port until the last of its threads is gone.
    """
    deadline = time.monotonic() + PATIENCE
    while (error := _refusal(port)) is not None:
        if time.monotonic() > deadline:
            raise PortError(
                f"Port {port} of {HOST}, wanted for {what}, cannot be used "
                f"({error.strerror}): choose another block, "
                f"for example `{VARIABLE}={_elsewhere(port)} make run`."
            ) from error
        time.sleep(0.05)


def _refusal(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
    return None


def _elsewhere(port: int) -> int:
    return port // 100 * 100 + 100 if port < 64000 else DEFAULT_BASE
