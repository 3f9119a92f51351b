"""The shop that is tormented: its platform, its addresses, and how one looks behind its API."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from functions.checkout.audit_order import AccountReader
from functions.checkout.invariants import Account
from functions.orders.domain import Order
from functions.orders.store import from_item, order_key
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Item
from scripts.kit.accounts import Accounts
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.provider import provider_of
from scripts.local.platform import Platform

TOGETHER = 33
"""Orders that are read in one call."""


@dataclass(frozen=True)
class Stage:
    """A running shop."""

    platform: Platform
    endpoints: Endpoints
    clients: Clients

    @cached_property
    def database(self) -> DynamoDatabase:
        """Its tables."""
        return DynamoDatabase(lambda: self.clients.dynamodb)

    @cached_property
    def accounts(self) -> Accounts:
        """Its orders, as the audit reads them."""
        return Accounts(self.endpoints, self.clients, provider_of(self.endpoints, self.clients))

    @cached_property
    def prefix(self) -> str:
        """What the names of its functions begin with."""
        return (
            self.endpoints.state_machines["PlaceOrder"]
            .rpartition(":")[2]
            .removesuffix("PlaceOrder")
        )

    def orders(self, ids: Sequence[str]) -> list[Order]:
        """Those of the orders that exist, as they are now."""
        table = self.endpoints.tables["orders"]
        found: list[Item] = []
        for start in range(0, len(ids), 100):
            keys = [order_key(one) for one in ids[start : start + 100]]
            found += self.database.read({table: keys})[table].values()
        return [from_item(item) for item in found]

    def open_accounts(self, ids: Sequence[str]) -> list[Account]:
        """Everything about those of the orders whose sagas have not ended."""
        tables = self.endpoints.tables
        reader = AccountReader(self.database, tables["orders"], tables["inventory"])
        open_ = [order for order in self.orders(ids) if order.saga_open]
        return [
            self.accounts.charged(account)
            for start in range(0, len(open_), TOGETHER)
            for account in reader.accounts(open_[start : start + TOGETHER])
        ]
