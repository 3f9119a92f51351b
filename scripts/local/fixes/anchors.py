"""How a fix edits MiniStack: a named piece of text in a named function, or nothing at all.

A fix that only wraps or registers a function needs none of this. One that must change the middle
of a function says which text it replaces or adds to. The text has to be there exactly once: a
release that changed the function fails at start, by name, and never runs half fixed.
"""

import inspect
import linecache
import textwrap
from types import ModuleType
from typing import Any

_edited: dict[tuple[str, str], str] = {}


class AnchorMissingError(RuntimeError):
    """MiniStack no longer contains what a fix builds on."""


def edit(module: ModuleType, function: str, *replacements: tuple[str, str]) -> None:
    """Recompile `module.function` with each (old, new) text replaced.

    Several fixes may edit one function: each sees the text that the one before it left.

    Raises:
        AnchorMissingError: an old text is not in the function exactly once.
    """
    key = (module.__name__, function)
    source = _edited.get(key) or textwrap.dedent(inspect.getsource(getattr(module, function)))
    for old, new in replacements:
        if source.count(old) != 1:
            raise AnchorMissingError(f"{module.__name__}.{function}: expected once: {old!r}")
        source = source.replace(old, new)
    filename = f"<{module.__name__}.{function}, edited>"
    exec(compile(source, filename, "exec"), vars(module))  # noqa: S102 - text of the pinned release
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    _edited[key] = source


def after(anchor: str, *lines: str) -> tuple[str, str]:
    """A replacement that adds lines behind the anchor, which ends with a line end."""
    return anchor, anchor + "".join(f"{line}\n" for line in lines)


def before(anchor: str, *lines: str) -> tuple[str, str]:
    """A replacement that adds lines before the anchor, which begins with its indentation."""
    return anchor, "".join(f"{line}\n" for line in lines) + anchor


def require(module: ModuleType, *names: str) -> None:
    """Check that the functions a fix wraps or calls exist.

    Raises:
        AnchorMissingError: naming the first that does not.
    """
    for name in names:
        if not hasattr(module, name):
            raise AnchorMissingError(f"{module.__name__} has no {name}")


def wrap(module: ModuleType, name: str, replacement: Any) -> None:
    """Put `replacement` in the place of `module.name`, which must exist."""
    require(module, name)
    setattr(module, name, replacement)
