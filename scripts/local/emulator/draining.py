"""The way out: functions that run come to their end, no other begins.

A process that is stopped in the middle of a task leaves its provider calls and mails unknown. That
is for crashes; an orderly stop lets what runs end first. What is to run next waits at the gate and
is saved as not begun.
"""

import contextlib
import threading
from collections.abc import Iterator
from typing import Final

PATIENCE_SECONDS: Final = 5.0
"""How long a stop waits for functions that run."""

_changed: Final = threading.Condition()
_under_way = 0
_closed = False


@contextlib.contextmanager
def invocation() -> Iterator[None]:
    """One invocation of a function. Once the gate is closed it never begins."""
    global _under_way
    with _changed:
        while _closed:
            _changed.wait()
        _under_way += 1
    try:
        yield
    finally:
        with _changed:
            _under_way -= 1
            _changed.notify_all()


def drain() -> None:
    """Closes the gate, and waits until nothing runs or patience ends."""
    global _closed
    with _changed:
        _closed = True
        _changed.wait_for(lambda: _under_way == 0, PATIENCE_SECONDS)
