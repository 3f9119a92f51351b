"""Payments at the provider that no order accounts for, and giving them back.

Tables can be set back in time, by a restore or by a disk that is lost; the provider cannot. So its
payments are walked, and each that holds or has money is looked for in the orders table. One without
an order id was made by somebody else on the same account.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from contracts.ids import is_order_id
from contracts.money import written
from functions.checkout.invariants import Breach, Promise, Remedy
from functions.checkout.refunding import idempotency_key, is_kept
from functions.orders.domain import CLOSED, OrderStatus
from functions.orders.store import from_item as order_from
from functions.orders.store import order_key
from functions.payments.gateway import (
    GatewayError,
    IntentStatus,
    PaymentGateway,
    PaymentIntent,
    Refund,
)
from functions.payments.ledger import from_item as payment_from
from functions.payments.ledger import ledger_key
from functions.shared.clock import Clock, utc_now
from functions.shared.dynamodb import Database
from scripts.kit.provider import patiently
from scripts.kit.repairs import NotRepaired

SETTLED_AFTER: Final = timedelta(minutes=15)
"""Of a younger payment, a killed attempt's call may still be on its way."""
TOGETHER: Final = 50
"""Payments of one BatchGetItem: two keys each, of the hundred that it takes."""
KEYS: Final = 3
"""Idempotency keys under which one repair tries to give a payment back."""
_PAID: Final = (IntentStatus.REQUIRES_CAPTURE, IntentStatus.SUCCEEDED)

Runs = Callable[[str], bool]
"""Whether an execution of this order's is under way."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A payment that holds or has its customer's money, and that no ledger names.

    Attributes:
        status: of the order that it was made for; None if there is no such order.
        amount: held, or captured and not refunded; in minor units.
    """

    order_id: str
    intent_id: str
    status: OrderStatus | None
    amount: int
    currency: str
    created_at: datetime

    @property
    def returnable(self) -> bool:
        """Whether its order is to cost nothing, so that nobody has to decide."""
        return self.status is None or self.status in CLOSED

    @property
    def breach(self) -> Breach:
        """What is wrong, in words, and what puts it right."""
        told = "does not exist" if self.status is None else f"is {self.status}"
        words = f"order {self.order_id} {told}, and no ledger names its payment"
        words += f" {self.intent_id} of {written(self.amount, self.currency)}"
        remedy = Remedy.RETURN if self.returnable else Remedy.PROVIDER
        return Breach(Promise.MONEY, words, remedy)


class Strays:
    """Looks for them on a stage.

    Args:
        orders: the orders table's name.
    """

    def __init__(
        self,
        gateway: PaymentGateway,
        database: Database,
        orders: str,
        runs: Runs,
        now: Clock = utc_now,
    ) -> None:
        self.looked_at = 0
        """Payments that the walk has come by."""
        self._gateway = gateway
        self._database = database
        self._orders = orders
        self._runs = runs
        self._now = now

    def walk(
        self, since: datetime, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Stray]:
        """Every payment since then that seems to be one.

        Args:
            progress: told how many payments were looked at.
        """
        last: str | None = None
        while page := self._page(since, last):
            self.looked_at += len(page)
            progress(self.looked_at)
            for start in range(0, len(page), TOGETHER):
                yield from self._among(page[start : start + TOGETHER])
            last = page[-1].id

    def again(self, stray: Stray) -> Stray | None:
        """The payment and its order as they are now; None if nothing is wrong any more."""
        intent = patiently(lambda: self._gateway.retrieve_intent(stray.intent_id))
        return next(self._among([intent]), None)

    def give_back(self, stray: Stray) -> str:
        """Voids or refunds it; says what was done.

        Raises:
            NotRepaired: a person must decide, it is too early, or the provider did not do it.
        """
        found = self.again(stray)
        if found is None:
            return f"nothing: payment {stray.intent_id} is accounted for, or was given back"
        if not found.returnable:
            raise NotRepaired(f"payment {found.intent_id}: {found.breach.remedy}")
        if self._now() - found.created_at < SETTLED_AFTER:
            minutes = SETTLED_AFTER // timedelta(minutes=1)
            raise NotRepaired(f"payment {found.intent_id} is younger than {minutes} minutes")
        if self._runs(found.order_id):
            raise NotRepaired(f"payment {found.intent_id}: an execution of its order runs")
        return self._give_back(found)

    def _page(self, since: datetime, last: str | None) -> list[PaymentIntent]:
        return patiently(lambda: self._gateway.list_intents(since, after=last))

    def _among(self, intents: Sequence[PaymentIntent]) -> Iterator[Stray]:
        """Those of at most fifty. An order is stored before its payment is made, and its ledger
        before that can hold money: read after the provider was asked, both are there."""
        paid = {one: one.order_id for one in intents if one.status in _PAID and one.order_id}
        ids = {order_id for order_id in paid.values() if is_order_id(order_id)}
        keys = [key for one in ids for key in (order_key(one), ledger_key(one))]
        items = self._database.read({self._orders: keys})[self._orders] if keys else {}
        for intent, order_id in paid.items():
            ledger, item = items.get(ledger_key(order_id)), items.get(order_key(order_id))
            order = order_from(item) if item else None
            named = ledger is not None and payment_from(ledger).intent_id == intent.id
            if order_id not in ids or named or (order is not None and order.saga_open):
                continue
            amount = intent.amount_capturable + self._kept(intent, self._refunds(intent))
            if amount > 0:
                status = order.status if order else None
                yield Stray(order_id, intent.id, status, amount, intent.currency, intent.created_at)

    def _refunds(self, intent: PaymentIntent) -> list[Refund]:
        if intent.status is not IntentStatus.SUCCEEDED:
            return []
        return patiently(lambda: self._gateway.list_refunds(intent.id))

    @staticmethod
    def _kept(intent: PaymentIntent, refunds: Sequence[Refund]) -> int:
        return intent.amount_received - sum(one.amount for one in refunds if one.status.living)

    def _give_back(self, stray: Stray) -> str:
        """As RefundPayment does it: look first, one key for all attempts, and the next only when
        the provider keeps a failure under it. An answer that is lost ends the attempt."""
        kept: GatewayError | None = None
        for failures in range(KEYS):
            try:
                return self._attempt(stray, failures)
            except GatewayError as error:
                if not is_kept(error):
                    told = f"payment {stray.intent_id}: {error}; repair again to see what became"
                    raise NotRepaired(told) from error
                kept = error
        raise NotRepaired(f"payment {stray.intent_id}: the provider says {kept}") from kept

    def _attempt(self, stray: Stray, failures: int) -> str:
        intent = self._gateway.retrieve_intent(stray.intent_id)
        refunds, name = self._refunds(intent), f"payment {intent.id}"
        if intent.status is IntentStatus.REQUIRES_CAPTURE:
            key = f"{intent.id}:cancel:{failures + 1}"
            self._gateway.cancel_intent(intent.id, idempotency_key=key)
            return f"{name} voided"
        rest = self._kept(intent, refunds)
        if rest <= 0:
            return f"{name} was given back"
        self._gateway.refund_intent(
            intent.id,
            rest,
            idempotency_key=idempotency_key(
                f"{intent.id}:refund", refunds, stray.order_id, failures
            ),
            reference=stray.order_id,
        )
        return f"{name} refunded: {written(rest, intent.currency)}"
