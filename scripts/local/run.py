"""`make run`: the platform up to date with the working tree, then the main job, then the addresses.

Exit code 0 only when every order of the main job ended as it should.
"""

import errno
import sys

from botocore.exceptions import BotoCoreError, ClientError

from scripts.kit.customer import ApiError
from scripts.kit.endpoints import DEFAULT_FILE, Endpoints, EndpointsError
from scripts.kit.terminal import heading, table
from scripts.local.bringup import bring_up
from scripts.local.deploy import DeployError
from scripts.local.platform import Platform, PlatformError, fail
from scripts.local.ports import PortError
from scripts.local.services import LOCAL
from scripts.ops import demo


def main() -> int:
    """Bring the platform up and play the main job."""
    try:
        platform = Platform.default()
        with platform.lock():
            endpoints = bring_up(platform, LOCAL, say)
            try:
                result = demo.play(endpoints)
            finally:
                platform.save()
    except (PlatformError, PortError, DeployError, ApiError, EndpointsError) as error:
        return fail(error)
    except (BotoCoreError, ClientError) as error:
        print(f"The embedded cloud refused a call: {error}", file=sys.stderr)
        print(f"Its log is {platform.log_file('cloud')}.", file=sys.stderr)
        return 1
    except BrokenPipeError:  # somebody reads only the beginning, as `make run | head` does
        sys.stdout = None  # nothing is left to be written at the end
        return 1
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("The disk is full: free some space and run again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. `make run` goes on, `make stop` ends what runs.", file=sys.stderr)
        return 130
    show_addresses(endpoints)
    return result


def say(text: str) -> None:
    """Print progress at once, also into a pipe."""
    print(text, flush=True)


def show_addresses(endpoints: Endpoints) -> None:
    """Print where everything answers."""
    heading("The platform runs in the background")
    rows = [
        ("API", endpoints.api),
        ("AWS", f"{endpoints.aws} (every AWS API, region {endpoints.region})"),
        ("payments", f"{endpoints.payments}"),
        ("mail", f"{endpoints.mail}"),
        ("search", f"{endpoints.opensearch}"),
        ("carts", f"{endpoints.redis} (Redis, cluster mode)"),
        ("endpoints", f"{DEFAULT_FILE.relative_to(DEFAULT_FILE.parents[1])} (log-ins, too)"),
        ("people", "scripts/shop --help"),
        ("end", "make stop"),
    ]
    for line in table(rows):
        print(line)


if __name__ == "__main__":
    sys.exit(main())
