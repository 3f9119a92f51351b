"""The platform's background processes: how each is started, and how it shows that it serves.

Standard library only.
"""

import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.local.engines import valkey
from scripts.local.ports import HOST, Ports

ROOT: Final = Path(__file__).resolve().parents[2]
LOCAL: Final = ROOT / ".local"


@dataclass(frozen=True)
class Service:
    """One background process of the platform.

    Attributes:
        ready: whether it serves, asked at its port.
        proof: a file that its set-up leaves. Where there is one, the platform also works without
            this service: what keeps it from starting is said, and is no error.
    """

    name: str
    title: str
    command: tuple[str, ...]
    port: int
    ready: Callable[[int], bool]
    proof: Path | None = None


def services_of(folder: Path, ports: Ports, calls: Path | None = None) -> tuple[Service, ...]:
    """What runs, in the order of starting.

    Args:
        folder: everything that they write.
        calls: a file that the embedded cloud writes down in what functions ask of it.
    """
    state = folder / "state"
    return (
        Service(
            "payments",
            "payment sandbox",
            (
                *(str(ROOT / ".venv/bin/python"), "-X", "faulthandler"),
                *("-m", "scripts.local.payment_sandbox"),
                *("--port", str(ports.payments), "--state", str(state / "payments")),
            ),
            ports.payments,
            answers("/_sandbox/health"),
        ),
        Service(
            "carts",
            "cart store",
            (
                *(str(ROOT / ".venv/bin/python"), "-m", "scripts.local.engines.valkey"),
                *("--port", str(ports.carts), "--bus-port", str(ports.carts_bus)),
                *("--state", str(state / "carts")),
            ),
            ports.carts,
            valkey.is_ready,
        ),
        Service(
            "search",
            "search engine",
            (
                str(LOCAL / "search/bin/python"),
                str(ROOT / "scripts/local/engines/opensearch/launch.py"),
                *("--port", str(ports.search), "--state", str(state / "search")),
            ),
            ports.search,
            answers("/_cluster/health?wait_for_status=yellow&timeout=1s"),
            proof=LOCAL / "search/engine.json",
        ),
        Service(
            "cloud",
            "embedded cloud",
            (
                *(str(LOCAL / "emulator/bin/python"), "-X", "faulthandler"),
                str(ROOT / "scripts/local/emulator/launch.py"),
                *("--port", str(ports.cloud), "--state", str(state / "cloud")),
                *(("--calls", str(calls)) if calls else ()),
            ),
            ports.cloud,
            answers("/_ministack/ready"),
        ),
    )


def answers(path: str) -> Callable[[int], bool]:
    """Whether a server on a port answers 200 for a path."""

    def ask(port: int) -> bool:
        url = f"http://{HOST}:{port}{path}"
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return ask
