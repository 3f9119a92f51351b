"""Everything about every order, page by page: what the audit judges.

It scans the tables, as what rebuilds the index, rewrites items or publishes them again does: an
audit means to see all that there is, also what no index shows. It holds one page at a time. Each
order is put together from strongly consistent reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from functions.checkout.audit_order import AccountReader
from functions.checkout.invariants import Account
from functions.orders.store import from_item as order_from
from functions.orders.store import order_key
from functions.shared.clock import from_millis
from functions.shared.dynamodb import DynamoDatabase, from_attributes
from functions.shared.writes import Item
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.provider import Provider

TOGETHER: Final = 33
"""Orders of one BatchGetItem: three keys each, of the hundred that it takes."""
METADATA: Final = "METADATA"


@dataclass(frozen=True)
class Standing:
    """An order's account, without the provider's word, and when the sweeper looks at it next."""

    account: Account
    due: datetime | None


class Accounts:
    """Reads the orders of a stage.

    Args:
        provider: asked about an order's money.
    """

    def __init__(self, endpoints: Endpoints, clients: Clients, provider: Provider) -> None:
        self._orders = endpoints.tables["orders"]
        self._client = clients.dynamodb
        self._database = DynamoDatabase(lambda: self._client)
        self._reader = AccountReader(self._database, self._orders, endpoints.tables["inventory"])
        self._provider = provider

    def all(self) -> Iterator[Standing]:
        """Every order, in no particular order."""
        page: list[Item] = []
        for item in scan(self._client, self._orders):
            page.append(item)
            if len(page) == TOGETHER:
                yield from self._standings(page)
                page = []
        if page:
            yield from self._standings(page)

    def one(self, order_id: str) -> Standing | None:
        """An order as it is now; None if there is none."""
        key = order_key(order_id)
        item = self._database.read({self._orders: [key]})[self._orders].get(key)
        return next(self._standings([item])) if item else None

    def charged(self, account: Account) -> Account:
        """The account with the provider's word on its money."""
        intent_id = account.payment.intent_id if account.payment else None
        charges = self._provider.charges(account.order.order_id, intent_id)
        return replace(account, charges=charges)

    def _standings(self, items: Sequence[Item]) -> Iterator[Standing]:
        accounts = self._reader.accounts([order_from(item) for item in items])
        for account, item in zip(accounts, items, strict=True):
            due = item.get("GSI2SK")
            yield Standing(account, from_millis(int(due)) if due else None)


def scan(client: Any, table: str) -> Iterator[Item]:
    """Every main item of a table as it is now; one page is held at a time."""
    pages = client.get_paginator("scan").paginate(
        TableName=table,
        FilterExpression="SK = :main",
        ExpressionAttributeValues={":main": {"S": METADATA}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from (from_attributes(item) for item in page["Items"])
