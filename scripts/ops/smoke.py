"""Try a deployed stage as its customers reach it: what must work after a deployment.

Public pages, a refused stranger, and, where a customer is named by SMOKE_USER and SMOKE_PASSWORD
(locally there is one anyway), their cart and orders. Nothing is bought. With --order one order is
placed whose card is declined: it goes through gateway, tables, saga and payment provider and ends
REJECTED, no money moves. It needs a stage whose provider takes test cards. Exit code 1 when
anything is not as expected.
"""

import argparse
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from scripts.dev.seed_catalog import HANDFUL_LINE
from scripts.kit.customer import Answer, ApiError, Customer, call
from scripts.kit.endpoints import Endpoints, User
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import paint, table
from scripts.ops.demo import order_of

PATIENCE = 120.0  # seconds, for the saga of one order
DECLINED = "pm_card_chargeDeclined"


@dataclass(frozen=True)
class Check:
    """A request, and what it must answer.

    Attributes:
        shows: what works if it does.
    """

    shows: str
    request: str
    expected: int | str
    ask: Callable[[], int | str]


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--order", action="store_true", help="place an order that is declined")


def run(args: argparse.Namespace) -> int:
    """Try it; 0 if everything is as expected."""
    endpoints = load_endpoints()
    user = endpoints.user("customer") if endpoints.users else _named_customer()
    return smoke(endpoints, user, order=args.order)


def smoke(endpoints: Endpoints, user: User | None, *, order: bool) -> int:
    """Make the requests and print one line for each; returns the exit code."""
    checks = [*public(endpoints)]
    if user is None:
        print("Neither SMOKE_USER nor SMOKE_PASSWORD is set: only what needs no customer is tried.")
    else:
        customer = Customer(endpoints, user)
        checks += [*of_customer(customer), *([declined_order(customer)] if order else [])]
    failed = 0
    for check in checks:
        try:
            got = check.ask()
        except ApiError as error:
            got = str(error)
        well = got == check.expected
        failed += not well
        word = "ok" if well else f"NOT AS EXPECTED: {got}, not {check.expected}"
        (line,) = table([(f"{check.shows:<22}", f"{check.request:<24}", word)])
        print(line if well else paint(line, "red"), flush=True)
    print(f"{len(checks)} tried on {endpoints.api}, {failed} not as expected")
    return 1 if failed else 0


def public(endpoints: Endpoints) -> Iterator[Check]:
    """What anybody may ask."""
    for shows, path, expected in (
        ("the API's description", "/openapi.json", 200),
        ("catalog", "/categories", 200),
        ("search", "/search?q=beans", 200),
        ("strangers are refused", "/orders", 401),
    ):
        yield Check(shows, f"GET {path}", expected, partial(_status, call, endpoints.api + path))


def of_customer(customer: Customer) -> Iterator[Check]:
    """What a customer may ask."""
    for shows, path in (("orders", "/orders"), ("cart", "/cart")):
        yield Check(shows, f"GET {path}", 200, partial(_status, customer.get, path))


def declined_order(customer: Customer) -> Check:
    """An order whose saga ends with a declined card."""

    def place() -> str:
        answer = customer.place(order_of(HANDFUL_LINE, DECLINED), str(uuid.uuid4()))
        if answer.status != 202:
            return f"{answer.status} {answer.body}"
        return _end_of(customer.watch(answer.body["orderId"], PATIENCE))

    return Check("saga and payments", "POST /orders", "REJECTED", place)


def _status(get: Callable[[str], Answer], address: str) -> int:
    return get(address).status


def _end_of(watched: Answer) -> str:
    return str(watched.body["orderStatus"])


def _named_customer() -> User | None:
    name, password = os.environ.get("SMOKE_USER"), os.environ.get("SMOKE_PASSWORD")
    return User(name, password, "customer") if name and password else None
