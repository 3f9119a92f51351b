"""The platform's promises over a whole world: what the audit computes, and the way of each status.

`breaches` says in words what is wrong, also for an order whose saga is still open.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from functions.checkout.invariants import (
    Account,
    Charge,
    Shelf,
    order_breaches,
    outside_breaches,
    shelf_breaches,
)
from functions.orders.domain import TRANSITIONS, OrderStatus

__all__ = ["Account", "Charge", "Shelf", "breaches"]


def breaches(accounts: Sequence[Account], shelves: Iterable[Shelf]) -> list[str]:
    """What is wrong, in words; empty if nothing is."""
    found: list[str] = []
    for account in accounts:
        order = account.order
        judged = [*order_breaches(account), *outside_breaches(account)]
        wrong = [*(breach.words for breach in judged), *_statuses(account)]
        found += [f"order {order.order_id} ({order.status}): {words}" for words in wrong]
    for shelf in shelves:
        found += [breach.words for breach in shelf_breaches(shelf, _taken(shelf.sku, accounts))]
    return found


def _taken(sku: str, accounts: Iterable[Account]) -> int:
    return sum(
        account.reservation.taken_by_sku().get(sku, 0)
        for account in accounts
        if account.reservation
    )


def _statuses(account: Account) -> Iterable[str]:
    seen = account.statuses
    for before, after in pairwise(seen):
        if before is not after and after not in TRANSITIONS[before]:
            yield f"it went from {before} to {after}"
    if seen and seen[-1] is not account.order.status:
        yield f"it was last seen {seen[-1]}"
    declined = account.payment and account.payment.code
    rejected = account.order.status is OrderStatus.REJECTED
    if rejected and OrderStatus.CONFIRMING in seen and not declined:
        yield "it went back from CONFIRMING, though no capture was declined"
