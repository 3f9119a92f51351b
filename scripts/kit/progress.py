"""How far a long command is, on the error stream: rewritten in place on a terminal, else a line
now and then, so that the output proper stays clean."""

import sys
import time
from collections.abc import Callable
from typing import Final, TextIO

ON_TERMINAL: Final = 0.2  # seconds between two updates
IN_LOG: Final = 10.0  # seconds between two lines

Tell = Callable[[str], None]
"""Takes a line that says how far something is."""


class Progress:
    """Shows a line that changes.

    Args:
        stream: where to.
        monotonic: seconds.
    """

    def __init__(
        self,
        stream: TextIO | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream or sys.stderr
        self._monotonic = monotonic
        self._terminal = self._stream.isatty()
        self._last = monotonic()
        self._shown = False

    def show(self, text: str) -> None:
        """Shows the text, unless another was shown just now."""
        now = self._monotonic()
        if now - self._last < (ON_TERMINAL if self._terminal else IN_LOG):
            return
        self._last = now
        self._shown = True
        self._stream.write(f"\r\x1b[K{text}" if self._terminal else f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        """Takes the line away, before something else is printed."""
        if self._terminal and self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
