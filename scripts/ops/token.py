"""Print an access token of somebody, for curl.

curl -H "Authorization: Bearer $(scripts/shop token ada)" ...

Of a stage in AWS the password is asked for.
"""

import argparse
import getpass

from scripts.kit.customer import log_in
from scripts.kit.endpoints import User
from scripts.kit.stacks import load_endpoints


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "name", nargs="?", default="customer", help="a user, or a role (default: a customer)"
    )


def run(args: argparse.Namespace) -> int:
    """Log in and print the token alone."""
    endpoints = load_endpoints()
    if endpoints.users:
        user = endpoints.user(args.name)
    else:
        user = User(args.name, getpass.getpass(f"Password of {args.name}: "), "")
    print(log_in(endpoints, user))
    return 0
