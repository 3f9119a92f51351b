"""The shop that is tormented: its platform, its addresses, and how one looks behind its API."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from functions.checkout.audit_order import AccountReader
from functions.checkout.invariants import Account, Charge
from functions.orders.domain import Order
from functions.orders.store import from_item, order_key
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.writes import Item, Key
from scripts.kit.accounts import Accounts
from scripts.kit.clients import Clients
from scripts.kit.endpoints import Endpoints
from scripts.kit.provider import Sandbox
from scripts.local.platform import Platform

AT_ONCE: Final = 100
"""Items that one call reads."""
TOGETHER: Final = 33
"""Orders that one call reads with all that belongs to them."""


class _EveryIntent(Sandbox):
    """One that a ledger does not name, too: at a storm's provider nobody walks the payments."""

    def charges(self, order_id: str, intent_id: str | None) -> tuple[Charge, ...]:
        return self.all_of(order_id)


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
        """Its orders, as the audit reads them, with every intent that was made for them."""
        return Accounts(self.endpoints, self.clients, _EveryIntent(str(self.endpoints.payments)))

    def orders(self, ids: Sequence[str]) -> list[Order]:
        """Those of the orders that exist, as they are now."""
        return [from_item(item) for item in self.items([order_key(one) for one in ids]).values()]

    def items(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """Those of the items of the orders table that exist."""
        table = self.endpoints.tables["orders"]
        found: dict[Key, Item] = {}
        for start in range(0, len(keys), AT_ONCE):
            found |= self.database.read({table: keys[start : start + AT_ONCE]})[table]
        return found

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
