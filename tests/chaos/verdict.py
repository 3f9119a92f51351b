"""What is judged when every order has come to an end: promises, audit, mails, events.

The rules are those of `scripts/shop audit`; here mailbox and event log are read as well, and what
customers were told is held against what became of their orders.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from functions.checkout.invariants import Account, Breach, outside_breaches
from functions.inventory import items as inventory
from functions.orders import store as orders
from functions.orders.domain import Order, OrderStatus
from scripts.kit.accounts import Standing
from scripts.kit.customer import call
from scripts.kit.logs import function_groups, read
from scripts.kit.shelves import Shelves, existing
from scripts.ops.audit import Audit, mail_is_unknown
from tests.chaos.calm import Calm, OpenSaga
from tests.chaos.crowd import Placed
from tests.chaos.stage import Stage

CONFIRMATION: Final = re.compile(r"Your order ([0-9a-f-]{36}) is confirmed")
LOOK_EVERY: Final = 1.0  # seconds


class Finding(NamedTuple):
    """A promise that was broken, and the order if it is one's."""

    order_id: str | None
    words: str


@dataclass
class Verdict:
    """What became of the orders, and what is wrong."""

    findings: list[Finding] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    mails: Counter[str] = field(default_factory=Counter)
    events: int = 0
    arrived: int = 0
    deliveries: int = 0


class Judge:
    """Judges the orders of one storm.

    Args:
        since: when the first was placed.
        progress: told what is going on.
    """

    def __init__(
        self, stage: Stage, calm: Calm, since: datetime, progress: Callable[[str], None]
    ) -> None:
        self._stage, self._calm = stage, calm
        self._since, self._progress = since, progress
        self._verdict = Verdict()

    def judge(self, placed: Sequence[Placed], left: Sequence[OpenSaga]) -> Verdict:
        """Everything about these orders; `left` are sagas that have not come to an end."""
        for saga in left:
            words = f"the saga of {saga.execution} has not come to an end"
            self._find(saga.key.PK.removeprefix("ORDER#"), words)
        ids = [one.order_id for one in placed]
        found = {order.order_id: order for order in self._stage.orders(ids)}
        for one in placed:
            self._judge_promises(one, found.get(one.order_id))
        outboxes = {order_id: self._outbox(order_id) for order_id in found}
        self._audit(found, outboxes, {one.order_id for one in placed if one.refunded})
        self._judge_shelves(found)
        self._judge_bus(outboxes)
        return self._verdict

    def _judge_promises(self, placed: Placed, order: Order | None) -> None:
        for words in placed.wrong:
            self._find(placed.order_id, words)
        if order is None:
            if placed.accepted:
                self._find(placed.order_id, "answered with 202, and there is no such order")
            return
        if placed.cancelled and order.status is not OrderStatus.CANCELLED:
            self._find(
                placed.order_id, f"its cancel was answered with 202, and it is {order.status}"
            )
        why = f" ({order.rejection.reason})" if order.rejection else ""
        self._verdict.outcomes[f"{order.status}{why}"] += 1

    def _audit(
        self, found: Mapping[str, Order], outboxes: Mapping[str, "Outbox"], refunded: Set[str]
    ) -> None:
        auditor, mails = Audit(self._stage.accounts), self._mails()
        for number, order_id in enumerate(found):
            self._progress(f"auditing order {number} of {len(found)}")
            standing = self._stage.accounts.one(order_id)
            if standing is None:
                self._find(order_id, "it has gone")
                continue
            breaches = self._breaches(auditor, standing, mails[order_id], outboxes[order_id])
            for breach in breaches:
                self._find(order_id, f"({breach.promise}) {breach.words}")
            if order_id in refunded and not standing.account.refunds:
                self._find(order_id, "a refund was answered with 202, and there is none")
            self._count_mail(standing.account, mails[order_id])

    def _breaches(
        self, auditor: Audit, standing: Standing, mails: int, outbox: "Outbox"
    ) -> Iterator[Breach]:
        yield from auditor.judge(standing)
        account = replace(standing.account, mails=mails, events=frozenset(outbox.types))
        yield from outside_breaches(account)

    def _count_mail(self, account: Account, mails: int) -> None:
        if mail_is_unknown(account):
            self._verdict.mails["unknown, mailed" if mails else "unknown, not mailed"] += 1
        elif account.email is not None:
            self._verdict.mails[account.email.lower()] += 1

    def _mails(self) -> Counter[str]:
        """How many confirmations each order's customer got."""
        accounts = call(str(self._stage.endpoints.mail)).body["messages"].values()
        subjects = (mail["Subject"] for account in accounts for mail in account)
        return Counter(named[1] for named in map(CONFIRMATION.fullmatch, subjects) if named)

    def _judge_shelves(self, found: Mapping[str, Order]) -> None:
        self._progress("counting the stock")
        endpoints, clients = self._stage.endpoints, self._stage.clients
        count = Shelves(endpoints, clients, existing(endpoints, clients)).count()
        ordered = {line.sku for order in found.values() for line in order.lines}
        for sku, breaches in count.breaches.items():
            if sku in ordered:
                for breach in breaches:
                    self._find(None, f"({breach.promise}) {breach.words}")
        for sku in ordered.intersection(count.moving):
            self._find(None, f"the stock of {sku} still moves")
        for order_id in count.orphans:
            self._find(order_id, "it does not exist, yet a reservation holds stock for it")

    def _judge_bus(self, outboxes: Mapping[str, "Outbox"]) -> None:
        """Every event that was written has reached the bus, and through it the event log."""
        written = {
            event: (order_id, kind)
            for order_id, outbox in outboxes.items()
            for event, kind in outbox.events.items()
        }
        group = function_groups(self._stage.clients, self._stage.endpoints)["EventLog"]
        deadline = time.monotonic() + self._calm.patience
        while True:
            seen = Counter(
                fields["event_id"]
                for line in read(self._stage.clients, group, self._since)
                if (fields := line.fields or {}).get("event_id") in written
            )
            missing = written.keys() - seen.keys()
            if not missing or time.monotonic() > deadline:
                break
            self._progress(f"{len(missing)} of {len(written)} events are under way")
            self._calm.empty_parked()
            time.sleep(LOOK_EVERY)
        for event in sorted(missing):
            order_id, kind = written[event]
            self._find(order_id, f"its {kind} never came to the event log")
        self._verdict.events, self._verdict.arrived = len(written), len(seen)
        self._verdict.deliveries = seen.total()

    def _outbox(self, order_id: str) -> "Outbox":
        tables, events = self._stage.endpoints.tables, {}
        for table, partition in (
            (tables["orders"], orders.partition(order_id)),
            (tables["inventory"], inventory.partition(order_id)),
        ):
            pages = self._stage.clients.dynamodb.get_paginator("query").paginate(
                TableName=table,
                KeyConditionExpression="PK = :partition AND begins_with(SK, :event)",
                ExpressionAttributeValues={
                    ":partition": {"S": partition},
                    ":event": {"S": "EVENT#"},
                },
                ConsistentRead=True,
            )
            for item in (item for page in pages for item in page["Items"]):
                detail: Any = json.loads(item["detail"]["S"])
                events[detail["metadata"]["eventId"]] = item["type"]["S"]
        return Outbox(events)

    def _find(self, order_id: str | None, words: str) -> None:
        self._verdict.findings.append(Finding(order_id, words))


@dataclass(frozen=True)
class Outbox:
    """An order's events: id → type."""

    events: Mapping[str, str]

    @property
    def types(self) -> set[str]:
        """Their types."""
        return set(self.events.values())
