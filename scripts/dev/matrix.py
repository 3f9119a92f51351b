"""`make matrix`: the fault matrix of the saga, all of it or the cases that are named."""

import subprocess
import sys

from scripts.dev.commands import ROOT, environment, python

COMMAND = ("-m", "tests.workflows.matrix")


def main() -> int:
    """Run it; its last line is the result. Fails if a promise was broken."""
    command = python(*COMMAND, *sys.argv[1:])
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
