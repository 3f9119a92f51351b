"""Print an access token of somebody, for curl.

curl -H "Authorization: Bearer $(scripts/shop token ada)" ...
"""

import argparse

from scripts.kit.customer import log_in
from scripts.kit.endpoints import Endpoints


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "name", nargs="?", default="customer", help="a user, or a role (default: a customer)"
    )


def run(args: argparse.Namespace) -> int:
    """Log in and print the token alone."""
    endpoints = Endpoints.load()
    print(log_in(endpoints, endpoints.user(args.name)))
    return 0
