"""The audit over worlds in memory: it reads twice, leaves out what runs, and starts remedies."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from functions.checkout.invariants import Account, Charge, Promise, Remedy, order_breaches
from functions.inventory.domain import Portion, Reservation, ReservationState
from functions.notifications.claims import EmailState
from functions.orders.domain import OrderStatus
from functions.payments.ledger import Payment, PaymentState
from scripts.kit.accounts import Accounts, Standing
from scripts.kit.failures import Execution, judge
from scripts.kit.shelves import Count, Tally, add
from scripts.kit.strays import Stray
from scripts.ops.__main__ import main
from scripts.ops.audit import (
    Audit,
    Report,
    Stand,
    remedies,
    run_again,
    show,
    stand,
    summary,
)
from tests.support.shop import new_order

NOW = datetime(2026, 1, 20, tzinfo=UTC)
CONFIRMED = Account(
    order=replace(new_order("o", NOW, ("S", 2)), status=OrderStatus.CONFIRMED, saga_open=False),
    payment=Payment("o", "pi_1", PaymentState.CAPTURED, 2000, "EUR", captured=2000),
    reservation=Reservation("o", ReservationState.COMMITTED, (Portion("S", 0, 2),), NOW),
    charges=(Charge("pi_1", "succeeded", authorised=0, captured=2000, refunded=0),),
    email=EmailState.SENT,
)


def order(account: Account, **changes: Any) -> Account:
    """The account with its order changed."""
    return replace(account, order=replace(account.order, **changes))


REJECTED = order(CONFIRMED, status=OrderStatus.REJECTED)
"""Closed, and yet it keeps money and goods."""


@dataclass
class FakeAccounts:
    """Orders in memory. `later` is what the second reading of an order finds."""

    first: list[Standing]
    later: dict[str, Standing] = field(default_factory=dict)

    def one(self, order_id: str) -> Standing | None:
        kept = {one.account.order.order_id: one for one in self.first}
        return self.later.get(order_id, kept.get(order_id))

    def charged(self, account: Account) -> Account:
        return account


def audited(
    standings: Iterable[Standing], runs: Callable[[str], bool] = lambda _: False, **later: Standing
) -> Report:
    """The report on these orders."""
    fake, report = FakeAccounts(list(standings), later), Report()
    audit = Audit(cast("Accounts", cast("Any", fake)), lambda: NOW, runs)
    audit.look(fake.first, report)
    audit.confirm(report)
    return report


def test_a_sound_order_is_counted_and_nothing_else() -> None:
    report = audited([Standing(CONFIRMED, None)])
    assert (report.orders, report.breaches, report.waiting, report.running) == (1, [], [], 0)
    assert summary(report, Count(1, {}, (), ())) == 0


def test_a_breach_that_a_second_reading_confirms_counts(capsys: pytest.CaptureFixture[str]) -> None:
    report = audited([Standing(REJECTED, None)])
    assert {breach.promise for _, breach in report.breaches} >= {Promise.MONEY, Promise.STOCK}
    assert remedies(report) == [(REJECTED.order, Remedy.CANCEL)]
    show(report, Count(1, {}, (), ()))
    out = capsys.readouterr().out
    assert "order o (REJECTED): its customer is 2000 short" in out
    assert "remedy: start CancelOrder" in out
    assert summary(report, Count(1, {}, (), ())) == 1


def test_a_breach_that_a_second_reading_does_not_find_does_not_count() -> None:
    assert audited([Standing(REJECTED, None)], o=Standing(CONFIRMED, None)).breaches == []
    moved = Standing(order(REJECTED, saga_open=True), NOW)
    assert audited([Standing(REJECTED, None)], o=moved).breaches == []


@pytest.mark.parametrize(
    ("changes", "due", "found"),
    [
        ({"saga_open": False}, None, Stand.ENDED),
        ({"saga_open": True}, NOW + timedelta(minutes=5), Stand.RUNNING),
        ({"saga_open": True}, NOW - timedelta(minutes=5), Stand.RUNNING),
        ({"saga_open": True}, NOW - timedelta(minutes=16), Stand.FORGOTTEN),
        ({"saga_open": True, "execution": "FAILED"}, NOW, Stand.WAITING),
    ],
)
def test_only_what_has_ended_is_judged(
    changes: dict[str, Any], due: datetime | None, found: Stand
) -> None:
    assert stand(Standing(order(REJECTED, **changes), due), NOW) is found


def test_orders_that_run_or_wait_are_counted_and_left_out() -> None:
    running = Standing(order(REJECTED, saga_open=True), NOW)
    waiting = Standing(order(REJECTED, order_id="w", saga_open=True, execution="FAILED"), NOW)
    report = audited([running, waiting])
    assert (report.orders, report.running, report.waiting) == (2, 1, ["w"])
    assert report.breaches == []


def test_of_orders_that_run_the_one_that_stands_longest_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    moved = order(REJECTED, order_id="m", saga_open=True, steps={"RejectOrder": NOW})
    still = order(REJECTED, saga_open=True)
    late = replace(still, order=replace(still.order, created_at=NOW - timedelta(hours=3)))
    show(audited([Standing(moved, NOW), Standing(late, NOW)]), Count(1, {}, (), ()))
    told = "2 orders left out: their sagas have not ended\n"
    told += "  the last step of one was at 2026-01-19 21:00:00 UTC: `scripts/shop order o`\n"
    assert capsys.readouterr().out == told


def test_an_order_whose_execution_was_resumed_does_not_wait_for_a_person() -> None:
    waiting = Standing(order(REJECTED, saga_open=True, execution="FAILED"), NOW)
    report = audited([waiting], runs=lambda order_id: order_id == "o")
    assert (report.running, report.waiting) == (1, [])


@pytest.mark.parametrize(
    ("statuses", "runs"),
    [
        ([], False),
        (["FAILED"], False),
        (["RUNNING"], True),
        (["SUCCEEDED", "RUNNING"], True),
        (["RUNNING", "FAILED"], False),
        (["SUCCEEDED"], False),
    ],
)
def test_all_that_ended_badly_was_resumed(statuses: list[str], runs: bool) -> None:
    waits = replace(REJECTED.order, saga_open=True)
    found = [Execution("a", "CancelOrder", "o", one, None, None, None) for one in statuses]
    failures = SimpleNamespace(
        of_order=lambda _: found, verdict=lambda one, now: judge(one, waits, now)
    )
    assert run_again(cast("Any", failures), "o") is runs


def test_an_order_that_nobody_looks_after_is_a_breach() -> None:
    forgotten = Standing(order(REJECTED, saga_open=True), NOW - timedelta(hours=1))
    ((_, breach),) = audited([forgotten]).breaches
    assert (breach.promise, breach.remedy) == (Promise.NOTHING_LOST, Remedy.SETTLE)


def test_unknown_mails_are_counted_and_named() -> None:
    unknown = replace(CONFIRMED, email=EmailState.UNKNOWN)
    report = audited([Standing(unknown, None)] * 12)
    assert (report.unknown_mails, len(report.unknown_named)) == (12, 10)
    assert report.breaches == []


def test_a_mail_claimed_and_never_marked_because_its_order_was_cancelled_is_unknown() -> None:
    claimed = order(REJECTED, status=OrderStatus.CANCELLED)
    report = audited([Standing(replace(claimed, email=EmailState.CLAIMED), None)])
    assert report.unknown_mails == 1


def test_what_was_charged_and_given_back_is_told_and_is_no_breach() -> None:
    paid_back = replace(
        REJECTED,
        payment=Payment("o", "pi_1", PaymentState.REFUNDED, 2000, "EUR", 2000, 2000),
        reservation=replace(cast("Any", REJECTED.reservation), state=ReservationState.RELEASED),
        charges=(replace(REJECTED.charges[0], refunded=2000),),
    )
    report = audited([Standing(paid_back, None)])
    assert (report.given_back, report.breaches) == (1, [])


def test_a_payment_that_no_order_accounts_for_is_a_breach(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stray, count = Stray("lost", "pi_2", None, 2000, "EUR", NOW), Count(1, {}, (), ())
    report = Report(orders=3, payments=4, strays=[stray])
    show(report, count)
    assert summary(report, count) == 1
    out = capsys.readouterr().out
    assert "order lost does not exist, and no ledger names its payment pi_2 of 20.00 EUR" in out
    assert "remedy: void or refund it" in out
    assert out.endswith("3 orders, 1 SKUs, 4 payments, 1 breaches\n")


def payment(account: Account, state: PaymentState) -> Account:
    """The account with another word of the ledger."""
    assert account.payment is not None
    return replace(account, payment=replace(account.payment, state=state))


@pytest.mark.parametrize(
    ("account", "remedy"),
    [
        (REJECTED, Remedy.CANCEL),
        (replace(REJECTED, charges=()), Remedy.CANCEL),
        (payment(REJECTED, PaymentState.VOIDED), Remedy.PROVIDER),
        (replace(REJECTED, payment=None), Remedy.PROVIDER),
        (order(CONFIRMED, status=OrderStatus.PENDING), Remedy.CLOSE),
        (replace(CONFIRMED, charges=()), Remedy.PERSON),
        (replace(CONFIRMED, charges=(*CONFIRMED.charges, *CONFIRMED.charges)), Remedy.PROVIDER),
        (replace(CONFIRMED, reservation=None), Remedy.PERSON),
        (replace(CONFIRMED, email=EmailState.CLAIMED), Remedy.PERSON),
    ],
)
def test_each_breach_has_its_remedy(account: Account, remedy: Remedy) -> None:
    assert remedy in {breach.remedy for breach in order_breaches(account)}


def given_back(amount: int, **changes: Any) -> Account:
    """The confirmed order, of which the provider gave back what no ledger knows."""
    charge = replace(CONFIRMED.charges[0], refunded=amount)
    return replace(order(CONFIRMED, **changes), charges=(charge,))


@pytest.mark.parametrize(
    ("account", "remedy"),
    [
        (given_back(500), Remedy.NOTE),
        (given_back(2000), Remedy.UNSELL),
        (given_back(2000, shipped_at=NOW), Remedy.NOTE),
        (replace(CONFIRMED, charges=(replace(CONFIRMED.charges[0], captured=500),)), Remedy.PERSON),
        (payment(CONFIRMED, PaymentState.VOIDED), Remedy.PERSON),
    ],
)
def test_what_a_confirmed_order_lacks_is_never_given_back_besides(
    account: Account, remedy: Remedy
) -> None:
    assert {breach.remedy for breach in order_breaches(account)} == {remedy}


def test_what_the_provider_gave_back_is_noted() -> None:
    report = audited([Standing(given_back(500), None)])
    assert remedies(report) == [(CONFIRMED.order, Remedy.NOTE)]


def stock(sku: str, shard: int, available: int, received: int) -> dict[str, Any]:
    """A shard's item."""
    return {
        "PK": f"STOCK#{sku}#{shard}",
        "SK": "METADATA",
        "available": available,
        "received": received,
    }


def reservation(state: str, quantity: int = 2) -> dict[str, Any]:
    """A reservation's item."""
    return {
        "PK": "RESERVATION#o",
        "SK": "METADATA",
        "state": state,
        "portions": [{"sku": "S", "shard": 1, "quantity": quantity}],
        "expiresAt": 0,
    }


@pytest.mark.parametrize(
    ("items", "difference", "broken"),
    [
        ([stock("S", 0, 3, 3), stock("S", 1, 0, 2), reservation("HELD")], 0, False),
        ([stock("S", 0, 5, 5), reservation("RELEASED")], 0, False),
        ([stock("S", 0, 5, 5), reservation("COMMITTED")], 2, True),
        ([stock("S", 0, 2, 5), reservation("COMMITTED")], -1, True),
        ([stock("S", 0, -1, 0), stock("S", 1, 1, 0)], 0, True),
        ([reservation("HELD")], 2, True),
    ],
)
def test_a_skus_stock_is_added_up(
    items: list[dict[str, Any]], difference: int, broken: bool
) -> None:
    tallies: dict[str, Tally] = {}
    for item in items:
        add(tallies, item)
    assert tallies["S"].difference == difference
    assert bool(tallies["S"].breaches("S")) is broken


def test_only_live_reservations_are_asked_for_their_orders() -> None:
    assert add({}, reservation("HELD")) == "o"
    assert add({}, reservation("RELEASED")) is None
    assert add({}, {"PK": "SKU#S", "SK": "METADATA", "shards": 2}) is None


@pytest.mark.parametrize("text", ["", "nonsense", "12"])
def test_what_is_no_order_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--order", text]) == 2
    assert "no order id" in capsys.readouterr().err
