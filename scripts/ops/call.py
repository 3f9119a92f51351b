"""Send a request to the API as somebody, an operator by default.

scripts/shop call POST /orders/ORDER_ID/cancel
scripts/shop call POST /inventory/SKU/receipts '{"quantity": 5}' --key delivery-4711

Prints the answer's status and body. Exit code 1 if it is an error, 2 for what makes no sense.
"""

import argparse
import json
import sys

from scripts.kit.customer import Customer
from scripts.kit.stacks import load_endpoints

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("method", choices=METHODS, metavar="METHOD")
    parser.add_argument("path", metavar="PATH", help="of the API, e.g. /orders/ORDER_ID/cancel")
    parser.add_argument("body", nargs="?", metavar="JSON")
    parser.add_argument("--as", dest="who", default="operator", help="a user, or a role")
    parser.add_argument("--key", help="the request's Idempotency-Key")


def run(args: argparse.Namespace) -> int:
    """Send it and print what came; returns the exit code."""
    try:
        body = None if args.body is None else json.loads(args.body)
    except ValueError as error:
        print(f"The body is no JSON: {error}.", file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    somebody = Customer(endpoints, endpoints.user(args.who))
    headers = {} if args.key is None else {"Idempotency_Key": args.key}
    answer = somebody.send(args.method, args.path, body, **headers)
    print(answer.status)
    print(json.dumps(answer.body, indent=2))
    return 0 if answer.status < 400 else 1
