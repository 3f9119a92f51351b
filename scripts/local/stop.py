"""`make stop`: end every process of the platform; its data stays. Standard library only."""

import sys

from scripts.local.platform import Platform, PlatformError, fail
from scripts.local.ports import PortError, Ports
from scripts.local.services import LOCAL


def main(outlook: str = " `make run` goes on where it was.") -> int:
    """Stop what runs; exit code 0 also where nothing did.

    Args:
        outlook: what is said of the data once all has been stopped in order.
    """
    folder = LOCAL / "platform"
    if not folder.exists():
        print("The platform was never started: nothing to stop.")
        return 0
    platform = Platform(folder, Ports.from_base(0))
    try:
        with platform.lock():
            orderly = platform.stop()
    except (PlatformError, PortError) as error:
        return fail(error)
    print(f"Stopped.{outlook}" if orderly else "Stopped, not orderly.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
