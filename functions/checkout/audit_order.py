"""AuditOrder: judges each order a while after it came to an end. `scripts/shop audit` judges all.

The events by which an order ends come here late (see the queue's delay): by then its saga has done
its last step, and whatever a killed attempt may still have done has landed. An order that breaks a
promise stays in the queue, is judged again, and at last is parked, which raises the alarm. One
whose saga is still open is left to the sweeper.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from functions.checkout.invariants import Account, Breach, Charge, Remedy, order_breaches
from functions.checkout.task import database
from functions.checkout.wiring import payment_gateway
from functions.inventory import items as inventory
from functions.notifications.claims import EmailState, email_key
from functions.notifications.confirmation import TEMPLATE
from functions.orders import store as orders
from functions.orders.domain import Order
from functions.orders.refunds import OrderRefund, read_refunds
from functions.payments import ledger
from functions.payments.gateway import GatewayRefused, IntentStatus, PaymentGateway
from functions.shared.deliveries import handle_each
from functions.shared.dynamodb import Database
from functions.shared.errors import Inconsistent
from functions.shared.logs import about, count, logger
from functions.shared.settings import setting

Charges = Callable[[str], tuple[Charge, ...]]
"""What the provider has of an intent."""


@dataclass(frozen=True, slots=True)
class AccountReader:
    """Puts the accounts of orders together from consistent reads, without the provider's word."""

    database: Database
    orders_table: str
    inventory_table: str

    def accounts(self, found: Sequence[Order]) -> list[Account]:
        """The accounts of orders that have just been read; at most 33, in one call."""
        ids = [order.order_id for order in found]
        kept = [key for one in ids for key in (ledger.ledger_key(one), email_key(one, TEMPLATE))]
        held = [inventory.reservation_key(one) for one in ids]
        items = self.database.read({self.orders_table: kept, self.inventory_table: held})
        refunds = self._refunds(found)
        accounts = []
        for order in found:
            payment = items[self.orders_table].get(ledger.ledger_key(order.order_id))
            mail = items[self.orders_table].get(email_key(order.order_id, TEMPLATE))
            reservation = items[self.inventory_table].get(inventory.reservation_key(order.order_id))
            accounts.append(
                Account(
                    order=order,
                    payment=ledger.from_item(payment) if payment else None,
                    reservation=inventory.from_item(reservation) if reservation else None,
                    email=EmailState(mail["state"]) if mail else None,
                    refunds=refunds[order.order_id],
                )
            )
        return accounts

    def _refunds(self, found: Sequence[Order]) -> dict[str, tuple[OrderRefund, ...]]:
        """The refunds of parts, of the few orders that have some: a call an order."""
        return {
            order.order_id: tuple(read_refunds(self.database, self.orders_table, order))
            for order in found
        }

    def account(self, order_id: str) -> Account:
        """The account of an order as it is now. Raises Inconsistent if there is none."""
        key = orders.order_key(order_id)
        item = self.database.read({self.orders_table: [key]})[self.orders_table].get(key)
        if item is None:
            raise Inconsistent(f"there is no order {order_id}")
        (account,) = self.accounts([orders.from_item(item)])
        return account


@dataclass(frozen=True, slots=True)
class ProviderCharges:
    """What the provider has of an intent, asked for by its id.

    A search would find stray intents as well, but it is not read-after-write and limited to 20 a
    second; a stray intent was never confirmed, for that happens only by an id that is stored.
    """

    gateway: PaymentGateway

    def __call__(self, intent_id: str) -> tuple[Charge, ...]:
        """The intent with its refunds; nothing if the provider does not know it."""
        try:
            intent = self.gateway.retrieve_intent(intent_id)
        except GatewayRefused as refusal:
            if refusal.code == "resource_missing":
                return ()
            raise
        captured = intent.status is IntentStatus.SUCCEEDED
        refunds = self.gateway.list_refunds(intent_id) if captured else []
        charge = Charge(
            id=intent.id,
            status=intent.status,
            authorised=intent.amount_capturable,
            captured=intent.amount_received,
            refunded=sum(refund.amount for refund in refunds if refund.status.living),
        )
        return (charge,)


@dataclass(frozen=True, slots=True)
class AuditOrder:
    """Judges one order."""

    reader: AccountReader
    charges: Charges

    def __call__(self, order_id: str) -> list[Breach]:
        """What is wrong with an order whose saga has ended, and is wrong when read again."""
        promises = {breach.promise for breach in self._judge(order_id)}
        if not promises:
            return []
        return [breach for breach in self._judge(order_id) if breach.promise in promises]

    def _judge(self, order_id: str) -> list[Breach]:
        account = self.reader.account(order_id)
        if account.is_open:
            return []
        charges = self.charges(account.payment.intent_id) if account.payment else ()
        charged = replace(account, charges=charges)
        return [one for one in order_breaches(charged) if one.remedy is not Remedy.NONE]


@cache
def _audit_order() -> AuditOrder:
    reader = AccountReader(database(), setting("ORDERS_TABLE"), setting("INVENTORY_TABLE"))
    return AuditOrder(reader, ProviderCharges(payment_gateway()))


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of the queue. An order with a breach comes again, and at last is parked."""
    return handle_each(event, _audited, "not found in order")


def _audited(body: str) -> None:
    order_id = json.loads(body)["detail"]["data"]["orderId"]
    about(order_id)
    breaches = _audit_order()(order_id)
    for breach in breaches:
        logger.error(
            "breach",
            promise=breach.promise,
            words=breach.words,
            remedy=breach.remedy,
        )
    if breaches:
        count("OrdersInBreach")
        raise Inconsistent(f"order {order_id} breaks a promise")
