"""`make check`: everything about the code that can be said without running it. All are run."""

import sys

from scripts.dev.commands import finish, python, step, tool

CHECKS = (
    ("format", tool("ruff", "format", "--check", "--quiet")),
    ("lint", tool("ruff", "check", "--quiet")),
    ("types", tool("mypy")),
    ("imports", tool("lint-imports", "--no-logo")),
    ("generated files", python("-m", "scripts.dev.generate", "--check")),
)


def main() -> int:
    """Run all checks, and fail if one did."""
    failed = [title for title, command in CHECKS if not step(title, command)]
    return finish(failed, "make check")


if __name__ == "__main__":
    sys.exit(main())
