"""`make chaos`: a thousand orders on a platform of its own. Exit code 1 for any breach.

make chaos ORDERS=200 SEED=4711
"""

import argparse
import sys

from scripts.local.bringup import bring_up
from scripts.local.deploy import DeployError
from scripts.local.platform import Platform, PlatformError, fail
from scripts.local.ports import PortError, Ports
from tests.chaos.run import Outcome, Settings, new_seed, torment
from tests.chaos.stage import Stage
from tests.support.folders import own_folder


def main() -> int:
    """Brings a platform up, torments it, takes it down."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--orders", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    if options.orders < 1:
        parser.error(f"--orders is a number above 0, not {options.orders}")
    seed = new_seed() if options.seed is None else options.seed
    try:
        outcome = on_a_platform_of_its_own(Settings.long(seed, options.orders))
    except (PlatformError, PortError, DeployError) as error:
        return fail(error)
    except KeyboardInterrupt:
        say("Interrupted: nothing is proved.")
        return 130
    return 1 if outcome.verdict.findings else 0


def on_a_platform_of_its_own(settings: Settings) -> Outcome:
    """The test on a platform that is gone afterwards."""
    with own_folder("chaos") as folder:
        platform = Platform(folder, Ports.from_kernel(), {"SCHEDULES": "off"})
        try:
            endpoints = bring_up(platform, folder, say)
            return torment(Stage(platform, endpoints, endpoints.clients()), settings, say)
        finally:
            platform.stop(lambda _: None)


def say(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
