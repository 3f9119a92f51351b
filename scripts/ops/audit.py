"""Recompute every promise over all orders: money, stock, status, e-mails. Exit code 1 for a breach.

Each order is compared with its ledger, the payment provider, its reservation and its e-mail's
claim, each SKU with all reservations, and each payment at the provider with the orders: one whose
order was lost is seen from there alone. A breach counts only if a second reading confirms it;
orders whose saga has not ended are left out and counted. It reads everything: memory stays flat,
time does not.

--order ID    one order alone (stock and lost payments need them all)
--repair      start the remedy of each breach that has one, and of each order that waits for a
              person: redrive, CancelOrder, the sweeper; never an edit of money or stock. A payment
              is voided or refunded at the provider where its order does not exist or is closed
--payments-since SPAN    how far back payments are looked at; default: 7d
"""

import argparse
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import cache, partial
from typing import Final

from contracts.ids import is_order_id
from functions.checkout.invariants import Account, Breach, Promise, Remedy, order_breaches
from functions.notifications.claims import EmailState
from functions.orders.domain import Order
from functions.shared.clock import utc_now
from functions.shared.dynamodb import DynamoDatabase
from scripts.kit.accounts import Accounts, Standing
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.failures import UNDERWAY, Failures, Verdict
from scripts.kit.progress import Progress
from scripts.kit.provider import gateway_of, provider_of
from scripts.kit.repairs import NotRepaired, Repairs
from scripts.kit.shelves import Count, Shelves, existing
from scripts.kit.stacks import load_endpoints
from scripts.kit.strays import Stray, Strays
from scripts.kit.terminal import paint
from scripts.ops.logs import since
from scripts.ops.redrive import WAIT, Redriver

FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""The sweeper looks every minute at what is due: later than this, it does not."""
PAYMENTS_OF: Final = timedelta(days=7)
"""By default: as long as most cards hold an authorisation."""
NAMED: Final = 10
"""Orders whose e-mail is unknown that are named one by one."""


class Stand(Enum):
    """Where an order stands, before it is judged."""

    ENDED = "ended"
    RUNNING = "running"
    WAITING = "waiting for a person"
    FORGOTTEN = "forgotten"


def stand(standing: Standing, now: datetime) -> Stand:
    """Whether an order can be judged, and if not, whether somebody looks after it."""
    account = standing.account
    if not account.is_open:
        return Stand.ENDED
    refunds = [refund for refund in account.refunds if refund.saga_open]
    executions = [account.order.execution, *(refund.execution for refund in refunds)]
    if any(executions):
        return Stand.WAITING
    dues = [standing.due, *(refund.due for refund in refunds)]
    late = any(due is not None and now - due > FORGOTTEN_AFTER for due in dues)
    return Stand.FORGOTTEN if late else Stand.RUNNING


def moved_at(account: Account) -> datetime:
    """When an open order, or refund of it, has come on last; of several the one that stands."""
    order = account.order
    open_ones = [refund for refund in account.refunds if refund.saga_open]
    moved = [max((one.created_at, *one.steps.values())) for one in open_ones]
    if order.saga_open:
        moved.append(max((order.created_at, *order.steps.values())))
    return min(moved)


def mail_is_unknown(account: Account) -> bool:
    """Whether nobody knows if the confirmation went out: also where the order was cancelled before
    another attempt could note it."""
    left = account.email is EmailState.CLAIMED and not account.order.saga_open
    return left or account.email is EmailState.UNKNOWN


@dataclass
class Report:
    """What an audit has found. It grows with what is wrong, not with the orders."""

    orders: int = 0
    running: int = 0
    stillest: tuple[datetime, str] | None = None
    """Of those that run, when the one came on last that stands longest, and its id."""
    waiting: list[str] = field(default_factory=list)
    given_back: int = 0
    unknown_mails: int = 0
    unknown_named: list[str] = field(default_factory=list)
    suspects: dict[str, set[Promise]] = field(default_factory=dict)
    breaches: list[tuple[Order, Breach]] = field(default_factory=list)
    payments: int = 0
    strays: list[Stray] = field(default_factory=list)


@dataclass(frozen=True)
class Audit:
    """Judges orders."""

    accounts: Accounts
    now: Callable[[], datetime] = utc_now
    runs: Callable[[str], bool] = lambda _: False
    """Whether executions that ended badly have been resumed since the tables heard of them."""

    def look(self, standings: Iterable[Standing], report: Report) -> None:
        """The first reading of orders: what seems wrong becomes a suspect."""
        progress = Progress()
        for standing in standings:
            self._count(standing, report)
            found = self.judge(standing)
            lasting = [breach for breach in found if breach.remedy is not Remedy.NONE]
            report.given_back += len(lasting) < len(found)
            if lasting:
                order_id = standing.account.order.order_id
                report.suspects[order_id] = {breach.promise for breach in lasting}
            progress.show(f"{report.orders} orders read, {len(report.suspects)} to be read again")
        progress.clear()

    def confirm(self, report: Report) -> None:
        """The second reading: what is wrong again, is wrong."""
        for order_id, promises in report.suspects.items():
            standing = self.accounts.one(order_id)
            if standing is None:
                continue
            order = standing.account.order
            report.breaches += [
                (order, breach)
                for breach in self.judge(standing)
                if breach.promise in promises and breach.remedy is not Remedy.NONE
            ]

    def judge(self, standing: Standing) -> list[Breach]:
        """What is wrong with an order as it stands."""
        match stand(standing, self.now()):
            case Stand.ENDED:
                return order_breaches(self.accounts.charged(standing.account))
            case Stand.FORGOTTEN:
                words = "its saga, or a refund's, has not ended, and nobody looks after it"
                return [Breach(Promise.NOTHING_LOST, words, Remedy.SETTLE)]
        return []

    def _count(self, standing: Standing, report: Report) -> None:
        report.orders += 1
        order_id = standing.account.order.order_id
        where = stand(standing, self.now())
        if where is Stand.RUNNING or (where is Stand.WAITING and self.runs(order_id)):
            moved = (moved_at(standing.account), order_id)
            report.running += 1
            report.stillest = min(report.stillest or moved, moved)
        elif where is Stand.WAITING:
            report.waiting.append(order_id)
        if mail_is_unknown(standing.account):
            report.unknown_mails += 1
            if len(report.unknown_named) < NAMED:
                report.unknown_named.append(order_id)


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--order", metavar="ID", help="only this order")
    parser.add_argument("--repair", action="store_true", help="start the remedies")
    parser.add_argument(
        "--payments-since",
        type=since,
        default=PAYMENTS_OF,
        metavar="SPAN",
        help="payments to look at; default: 7d",
    )


def run(args: argparse.Namespace) -> int:
    """Audit the running platform."""
    if args.order is not None and not is_order_id(args.order):
        print(f"{args.order!r} is no order id.", file=sys.stderr)
        return 2
    return audit(
        load_endpoints(), args.order, repair=args.repair, payments_since=args.payments_since
    )


def audit(
    endpoints: Endpoints,
    order_id: str | None = None,
    *,
    repair: bool = False,
    payments_since: timedelta = PAYMENTS_OF,
) -> int:
    """Audit a stage, or one order of it; returns the exit code."""
    clients = endpoints.clients()
    accounts = Accounts(endpoints, clients, provider_of(endpoints, clients))
    failures = Failures(endpoints, clients)
    strays = cache(partial(strays_of, endpoints, clients, failures))
    auditor, report = Audit(accounts, runs=partial(run_again, failures)), Report()
    count = Count(0, {}, (), ())
    if order_id is None:
        auditor.look(accounts.all(), report)
        progress = Progress()
        count = Shelves(
            endpoints,
            clients,
            existing(endpoints, clients),
            lambda number: progress.show(f"{number} items of the inventory read"),
        ).count()
        progress.clear()
        look_for(strays(), utc_now() - payments_since, report)
    else:
        standing = accounts.one(order_id)
        if standing is None:
            print(f"There is no order {order_id}.", file=sys.stderr)
            return 1
        auditor.look([standing], report)
    auditor.confirm(report)
    show(report, count)
    well = True
    if repair:
        repairs = Repairs(endpoints, clients, failures)
        well = put_right(repairs, failures, accounts, report)
        returned = [give_back(strays(), stray) for stray in report.strays if stray.returnable]
        well = well and all(returned)
    code = summary(report, count)
    return code if well else 1


def run_again(failures: Failures, order_id: str) -> bool:
    """Whether what ended badly for an order, or a refund of it, has been resumed, all of it."""
    verdicts = [failures.verdict(one, utc_now()) for one in failures.of_order(order_id)]
    return Verdict.RUNNING in verdicts and all(verdict.good for verdict in verdicts)


def strays_of(endpoints: Endpoints, clients: Clients, failures: Failures) -> Strays:
    """What looks for strays on a stage."""

    def runs(order_id: str) -> bool:
        found = failures.own(order_id)
        return found is not None and found.status in UNDERWAY

    database = DynamoDatabase(lambda: clients.dynamodb)
    gateway = gateway_of(endpoints, clients)
    return Strays(gateway, database, endpoints.tables["orders"], runs)


def look_for(strays: Strays, began: datetime, report: Report) -> None:
    """Looks for payments that no order accounts for, twice."""
    progress = Progress()
    suspects = list(strays.walk(began, lambda read: progress.show(f"{read} payments read")))
    progress.clear()
    report.payments = strays.looked_at
    report.strays += [stray for stray in map(strays.again, suspects) if stray]


def show(report: Report, count: Count) -> None:
    """Print each breach with its remedy, and what was not judged."""
    for words, breach in all_breaches(report, count):
        print(paint(f"BREACH ({breach.promise}) {words}", "red"))
        print(f"       remedy: {breach.remedy}", flush=True)
    if count.moving:
        names = " ".join(count.moving)
        print(f"not judged, because they moved all the time: {names}")
    if report.running:
        print(f"{report.running} orders left out: their sagas have not ended")
    if report.stillest:
        moved, order_id = report.stillest
        told = f"the last step of one was at {moved:%Y-%m-%d %H:%M:%S} UTC"
        print(f"  {told}: `scripts/shop order {order_id}`")
    if report.waiting:
        print(f"{len(report.waiting)} orders wait for a person: `scripts/shop redrive --list`")
    if report.given_back:
        print(f"{report.given_back} rejected orders had been charged; all of it was given back")
    if report.unknown_mails:
        named = " ".join(report.unknown_named)
        print(f"{report.unknown_mails} confirmations may or may not have been sent: {named}")


def all_breaches(report: Report, count: Count) -> Iterator[tuple[str, Breach]]:
    """Every breach, and the words that name what it is about."""
    for order, breach in report.breaches:
        yield f"order {order.order_id} ({order.status}): {breach.words}", breach
    for stray in report.strays:
        yield stray.breach.words, stray.breach
    for breaches in count.breaches.values():
        yield from ((breach.words, breach) for breach in breaches)
    for orphan in count.orphans:
        words = f"order {orphan} does not exist, yet a reservation holds stock for it"
        yield words, Breach(Promise.STOCK, words, Remedy.PERSON)


def put_right(repairs: Repairs, failures: Failures, accounts: Accounts, report: Report) -> bool:
    """Start the remedies, each order's once, wait for them; returns whether all went well."""
    well = [
        _attempt(order.order_id, partial(start, repairs, order, remedy))
        for order, remedy in remedies(report)
    ]
    for order_id in report.waiting:
        standing = accounts.one(order_id)
        if standing is None:
            continue
        if standing.account.order.saga_open:
            well.append(_attempt(order_id, partial(repairs.settle, standing.account.order)))
        well += [
            _attempt(order_id, partial(repairs.settle_refund, refund))
            for refund in standing.account.refunds
            if refund.saga_open
        ]
    redriver = Redriver(failures, WAIT)
    if repairs.started:
        redriver.watch(dict(repairs.started))
        print("Audit again to see what is left.")
    return all(well) and not set(redriver.counts) - {"succeeded"}


def remedies(report: Report) -> list[tuple[Order, Remedy]]:
    """What can be started, once for each order."""
    startable = (Remedy.CLOSE, Remedy.CANCEL, Remedy.SETTLE, Remedy.NOTE)
    found: dict[str, tuple[Order, Remedy]] = {}
    for order, breach in report.breaches:
        if breach.remedy in startable:
            found.setdefault(order.order_id, (order, breach.remedy))
    return list(found.values())


def start(repairs: Repairs, order: Order, remedy: Remedy) -> str:
    """Start one remedy; says what was done."""
    if remedy is Remedy.CLOSE:
        return repairs.close(order)
    if remedy is Remedy.NOTE:
        return repairs.note(order)
    return repairs.cancel(order) if remedy is Remedy.CANCEL else repairs.sweep()


def give_back(strays: Strays, stray: Stray) -> bool:
    """Voids or refunds a payment that no order accounts for; returns whether it went well."""
    return _attempt(stray.order_id, partial(strays.give_back, stray))


def _attempt(order_id: str, repair: Callable[[], str]) -> bool:
    try:
        print(f"{order_id}: {repair()}", flush=True)
    except NotRepaired as error:
        print(f"{order_id}: {error}", file=sys.stderr)
        return False
    return True


def summary(report: Report, count: Count) -> int:
    """Print the last line; returns the exit code."""
    breaches = sum(1 for _ in all_breaches(report, count))
    looked_at = f"{report.orders} orders, {count.skus} SKUs, {report.payments} payments"
    print(f"{looked_at}, {breaches} breaches")
    return 1 if breaches else 0
