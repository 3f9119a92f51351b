"""Erase a customer's data: addresses, reviews' texts, the cart, the user pool's entry.

scripts/shop erase ada --dry-run     says what would be erased, and what is kept and why
scripts/shop erase ada               asks, and erases

CUSTOMER is a user name, an e-mail address or the subject, which alone is left to ask by afterwards.
Orders stay for the books, without the address. While one is under way nothing is erased. It may be
killed and run again at any time. docs/personal-data.md lists all that is kept of a person.
Exit code 1 if it could not be done.
"""

import argparse
import sys

from contracts.retention import ACCESS_TOKENS
from functions.orders.erasure import StillNeeded
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.backfill import read_position
from scripts.kit.endpoints import Endpoints
from scripts.kit.erasure import Belongings, Erasure, NoSuchCustomer, Person
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import fact, heading

NAMED = 10
REVIEWERS = "reviewers"
"""The migration by which old reviews are found."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("customer", metavar="CUSTOMER", help="user name, e-mail address or subject")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(args: argparse.Namespace) -> int:
    """Erase on the running platform; returns the exit code."""
    return erase(load_endpoints(), args.customer, dry_run=args.dry_run, yes=args.yes)


def erase(endpoints: Endpoints, name: str, *, dry_run: bool = False, yes: bool = False) -> int:
    """Erase a customer of a stage; returns the exit code."""
    clients, progress = endpoints.clients(), Progress()
    database = DynamoDatabase(lambda: clients.dynamodb)
    if read_position(database, endpoints.tables["catalog"], REVIEWERS).done is None:
        print(
            "Not yet: reviews that were written long ago cannot be found by their author before"
            f" `scripts/shop migrate {REVIEWERS}` is done.",
            file=sys.stderr,
        )
        return 1
    erasure = Erasure(endpoints, clients, progress.show)
    try:
        person = erasure.find(name)
        found = erasure.look(person)
    except NoSuchCustomer:
        print(
            f"There is no customer {name!r}; one whose entry is gone is known by the subject.",
            file=sys.stderr,
        )
        return 1
    finally:
        progress.clear()
    show(person, found)
    if found.needed:
        print("\nNothing is erased: these orders have to come to an end first.", file=sys.stderr)
        return 1
    if dry_run:
        print("\nA dry run: nothing was erased.")
        return 0
    if not (yes or _agreed(person)):
        print("Nothing is erased.", file=sys.stderr)
        return 1
    return _erase(erasure, person, found, progress)


def _erase(erasure: Erasure, person: Person, found: Belongings, progress: Progress) -> int:
    erasure.shut_out(person)
    try:
        erasure.erase(person, found)
    except StillNeeded as error:
        words = "The customer is signed out; run it again when that has ended."
        print(f"Stopped: order {error} is needed again. {words}", file=sys.stderr)
        return 1
    finally:
        progress.clear()
    until = utc_now() + ACCESS_TOKENS
    print(f"\nErased. An access token from before may be used until {until:%H:%M} UTC: run")
    print(f"`scripts/shop erase {person.subject}` after that, for what it may have left.")
    return 0


def _agreed(person: Person) -> bool:
    if not sys.stdin.isatty():
        print("Nobody is there to be asked: give --yes.", file=sys.stderr)
        return False
    wanted = person.username or person.subject
    return input(f"\nThis cannot be undone. Type {wanted} to erase: ") == wanted


def show(person: Person, found: Belongings) -> None:
    """Print what is erased, what is kept and why."""
    heading(f"Customer {person.subject}")
    entry = f"the entry of {person.username}" if person.username else "no entry (any more)"
    fact("user pool", entry)
    erased = sum(kept.erased for kept in found.orders)
    fact("orders", f"{len(found.orders_to_erase)} addresses; {erased} were erased before")
    refunds = sum(len(kept.worded) for kept in found.orders_to_erase)
    fact("refunds", f"{refunds} with words of an operator")
    fact("reviews", f"{len(found.reviews_to_erase)} texts, of {len(found.reviews)} reviews")
    fact("cart", f"all that is in it, and {len(found.cart_events)} events about it")
    heading("Kept")
    fact("orders", f"{len(found.orders)}: what was bought and paid, under the subject, for books")
    fact("", "and audit; purchases, ledgers, reservations and claims of mails with them")
    fact("reviews", "the stars, which are part of the product's rating")
    fact("provider", "payments at the payment provider: have them redacted there")
    fact("elsewhere", "archive, logs and backups until their time: docs/personal-data.md")
    for kept in found.on_the_books[:NAMED]:
        until = f"{kept.on_the_books:%Y-%m-%d}"
        fact("address", f"of {kept.order.order_id} until {until}: the books need it")
    for kept in found.needed[:NAMED]:
        fact("needed", f"order {kept.order.order_id}: {kept.needed_for}")
    more = max(0, len(found.needed) - NAMED) + max(0, len(found.on_the_books) - NAMED)
    if more:
        fact("", f"and {more} more")
