"""What a package is built for: processor and Python version."""

import platform as machine
import sys
from dataclasses import dataclass
from typing import Literal, Self

Architecture = Literal["arm64", "x86_64"]

_WHEELS: dict[Architecture, str] = {
    "arm64": "aarch64-manylinux2014",
    "x86_64": "x86_64-manylinux2014",
}


@dataclass(frozen=True, slots=True)
class Platform:
    """Processor and Python (major.minor) of a function. `native` runs on this very machine."""

    architecture: Architecture
    python: str
    native: bool = False

    @classmethod
    def of_this_machine(cls) -> Self:
        """This machine and the interpreter that runs now: the embedded cloud uses both."""
        arm = machine.machine().lower() in {"aarch64", "arm64"}
        return cls(
            architecture="arm64" if arm else "x86_64",
            python=f"{sys.version_info.major}.{sys.version_info.minor}",
            native=True,
        )

    @property
    def name(self) -> str:
        """A folder's name."""
        return f"{'native' if self.native else self.architecture}-py{self.python}"

    def uv_arguments(self) -> list[str]:
        """How `uv pip install` is told to fetch wheels for this platform."""
        if self.native:
            return ["--python", sys.executable]
        wheels = _WHEELS[self.architecture]
        return ["--python-platform", wheels, "--python-version", self.python]
