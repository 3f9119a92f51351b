"""The embedded cloud: MiniStack in an environment of its own, started by `launch.py`."""

from pathlib import Path


def handler_process_path() -> Path:
    """The script that a function's process runs."""
    return Path(__file__).with_name("handler_process.py")
