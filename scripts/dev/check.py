"""`make check`: everything about the code that can be said without running it. All are run."""

import sys

from scripts.dev.commands import ROOT, finish, python, step, tool

WORKFLOWS = tuple(str(file) for file in sorted((ROOT / ".github/workflows").glob("*.yml")))
SCHEMA = ("check-jsonschema", "--quiet", "--builtin-schema")

CHECKS = (
    ("format", tool("ruff", "format", "--check", "--quiet")),
    ("lint", tool("ruff", "check", "--quiet")),
    ("types", tool("mypy")),
    ("imports", tool("lint-imports", "--no-logo")),
    ("workflows", tool(*SCHEMA, "vendor.github-workflows", *WORKFLOWS)),
    ("updates", tool(*SCHEMA, "vendor.dependabot", ".github/dependabot.yml")),
    ("workflows' security", tool("zizmor", "--offline", "--quiet", ".github")),
    ("generated files", python("-m", "scripts.dev.generate", "--check")),
)


def main() -> int:
    """Run all checks, and fail if one did."""
    failed = [title for title, command in CHECKS if not step(title, command)]
    return finish(failed, "make check")


if __name__ == "__main__":
    sys.exit(main())
