"""`make bench`: the benchmarks, ratios side by side, in one table."""

import sys

from scripts.dev.commands import finish, python, step


def main() -> int:
    """Run the benchmarks; fails where a counted goal is missed."""
    return finish(
        [] if step("benchmarks", python("-m", "tests.benchmarks")) else ["benchmarks"], "make bench"
    )


if __name__ == "__main__":
    sys.exit(main())
