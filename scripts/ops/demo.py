"""Play the main job: a customer searches, fills a cart and orders, and what becomes of it.

The cart's order is confirmed; two more have a card that is declined, and want what is out of stock.
Each is placed and polled over HTTP with a real token; then its timeline, its money, its stock and
its mail are shown and compared with what should have happened. Exit code 1 when anything is not as
expected. The customer's cart is emptied first. At last its events are replayed, and what is
kept of them is compared with its source.
"""

import argparse
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from contracts.money import written
from functions.orders.domain import Order, OrderStatus
from functions.shared.clock import utc_now
from scripts.dev.seed_catalog import EXAMPLE_ORDER, HANDFUL_LINE, OUT_OF_STOCK_LINE
from scripts.kit.customer import Answer, ApiError, Customer
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import Executions
from scripts.kit.mail import mails
from scripts.kit.payments import Intent, intents
from scripts.kit.records import OrderRecord, Records, StockLevel
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import clock, fact, heading, paint, table
from scripts.kit.timeline import DONE
from scripts.ops import search
from scripts.ops.replay import replay

REPLAYED = ("NotePurchases", "ProjectStock")
MISTYPED = "espreso beans"
PATIENCE = 120.0  # seconds, for one saga and for what its events bring about


def order_of(line: tuple[str, str], payment_method: str) -> dict[str, Any]:
    """A valid body of POST /orders: one unit of a product's variant."""
    product, variant = line
    return {
        **EXAMPLE_ORDER,
        "items": [{"productId": product, "variantId": variant, "quantity": 1}],
        "paymentMethodId": payment_method,
    }


@dataclass(frozen=True)
class Scenario:
    """An order and what should become of it.

    Attributes:
        reason: the business error that rejects it; None where it is confirmed.
    """

    title: str
    body: Mapping[str, Any]
    status: OrderStatus
    reason: str | None = None


SCENARIOS = (
    Scenario(
        "A good card, goods in stock",
        EXAMPLE_ORDER,
        OrderStatus.CONFIRMED,
    ),
    Scenario(
        "A card that is declined",
        order_of(HANDFUL_LINE, "pm_card_chargeDeclined"),
        OrderStatus.REJECTED,
        "PaymentDeclined",
    ),
    Scenario(
        "Goods that are out of stock",
        order_of(OUT_OF_STOCK_LINE, "pm_card_visa"),
        OrderStatus.REJECTED,
        "OutOfStock",
    ),
)


@dataclass(frozen=True)
class Outcome:
    """What became of an order: as the customer sees it, as stored, and at the provider."""

    execution: Mapping[str, Any]
    record: OrderRecord
    provider: Sequence[Intent] | None

    def surprises(self, expected: Scenario) -> list[str]:
        """Everything that is not as it should be, in words; empty when all is well."""
        order = self.record.order
        return [
            *_unless(self.execution["status"] == "SUCCEEDED", "the execution did not succeed"),
            *_unless(order.status == expected.status, f"the order is {order.status}"),
            *_unless(_reason(order) == expected.reason, f"the reason is {_reason(order)}"),
            *self._money_surprises(expected.status),
            *self._stock_surprises(expected.status),
        ]

    def _money_surprises(self, expected: OrderStatus) -> list[str]:
        due = self.record.order.total if expected == OrderStatus.CONFIRMED else 0
        payment, provider = self.record.payment, self.provider
        kept = payment.captured - payment.refunded if payment else 0
        found = _unless(kept == due, f"the ledger has {kept} minor units instead of {due}")
        if provider is None:
            return found
        received = sum(one.captured - one.refunded for one in provider)
        held = sum(one.held for one in provider)
        return [
            *found,
            *_unless(received == due, f"the provider has {received} minor units, not {due}"),
            *_unless(held == 0, f"{held} minor units are still held on the card"),
        ]

    def _stock_surprises(self, expected: OrderStatus) -> list[str]:
        reservation = self.record.reservation
        if expected != OrderStatus.CONFIRMED:
            free = reservation is None or reservation.state == "RELEASED"
            return _unless(free, "the rejected order still holds stock")
        ordered = {line.sku: line.quantity for line in self.record.order.lines}
        sold = reservation is not None and reservation.state == "COMMITTED"
        taken = reservation.by_sku() if reservation else {}
        return _unless(sold and taken == ordered, f"sold {taken} instead of {ordered}")


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("--user", default="customer", help="who orders (default: a customer)")


def run(args: argparse.Namespace) -> int:
    """Play it on the running platform."""
    return play(load_endpoints(), args.user)


def play(endpoints: Endpoints, user: str = "customer") -> int:
    """Search, fill a cart, place the three orders, show and judge them; returns the exit code."""
    began, clients = utc_now(), endpoints.clients()
    records, executions = Records(endpoints, clients), Executions(endpoints, clients)
    customer = Customer(endpoints, endpoints.user(user))
    print(f"\nShopping as {customer.user.username} on {endpoints.api}", flush=True)
    heading("What a shopper finds who types with a slip")
    search.show(endpoints, MISTYPED)
    heading("What the shopper puts into the cart")
    confirmed, *others = SCENARIOS
    scenarios = [replace(confirmed, body=order_of_cart(filled_cart(customer))), *others]
    skus = {sku for scenario in scenarios for sku in skus_of(customer, scenario.body)}
    before = records.stock(skus)
    placed = [place(customer, scenario) for scenario in scenarios]
    failures = 0
    for number, (scenario, answer) in enumerate(zip(scenarios, placed, strict=True), start=1):
        order_id = answer.body["orderId"]
        ended = customer.watch(order_id, PATIENCE)
        record = records.order(order_id)
        if record is None:
            raise ApiError(f"Order {order_id} was accepted and is not stored.")
        outcome = Outcome(ended.body, record, intents(endpoints, order_id))
        heading(f"{number}. {scenario.title}")
        show_timeline(record.order, executions)
        show_money(outcome)
        show_stock(outcome, before, records.stock(skus))
        missed = show_mail(endpoints, order_id)
        if scenario.status == OrderStatus.CONFIRMED:
            missed += show_emptied_cart(customer)
        failures += show_verdict(outcome, [*outcome.surprises(scenario), *missed])
    heading("All of these events once more, for two who listen: nothing changes")
    failures += replay(endpoints, began, utc_now(), REPLAYED)
    return 1 if failures else 0


def filled_cart(customer: Customer) -> Mapping[str, Any]:
    """Put the example order's goods into an empty cart, and show it; returns the cart."""
    at_cart(customer, "DELETE", "/cart")
    for item in EXAMPLE_ORDER["items"]:
        at_cart(customer, "POST", "/cart/items", item)
    cart: Mapping[str, Any] = at_cart(customer, "GET", "/cart").body
    for line in cart["items"]:
        fact("cart", f"{line['quantity']} x {line['name']}: {_amount(line['lineTotal'])}")
    fact("total", _amount(cart["total"]))
    return cart


def at_cart(customer: Customer, method: str, path: str, body: object = None) -> Answer:
    """One request to the cart; raises ApiError when it is refused."""
    answer = customer.send(method, path, body)
    if answer.status not in (200, 204):
        raise refused(f"{method} {path}", answer, "CartsApi")
    return answer


def order_of_cart(cart: Mapping[str, Any]) -> dict[str, Any]:
    """The body of POST /orders for what is in a cart, at no other price than the cart showed."""
    bought = ("productId", "variantId", "quantity")
    return {
        **EXAMPLE_ORDER,
        "items": [{name: line[name] for name in bought} for line in cart["items"]],
        "expectedTotal": cart["total"]["amount"],
    }


def skus_of(customer: Customer, body: Mapping[str, Any]) -> set[str]:
    """The SKUs of an order's lines, as the product pages tell them."""
    skus = set()
    for line in body["items"]:
        answer = customer.get(f"/products/{line['productId']}")
        if answer.status != 200:
            raise refused(f"GET /products/{line['productId']}", answer, "CatalogApi")
        skus |= {
            variant["sku"]
            for variant in answer.body["variants"]
            if variant["variantId"] == line["variantId"]
        }
    return skus


def place(customer: Customer, scenario: Scenario) -> Answer:
    """Place one order; raises ApiError unless it is accepted."""
    answer = customer.place(scenario.body, str(uuid.uuid4()))
    if answer.status != 202:
        raise refused("POST /orders", answer, "PlaceOrderApi")
    return answer


def refused(request: str, answer: Answer, function: str) -> ApiError:
    """What to say of an answer that should not have come, and where its cause stands."""
    return ApiError(
        f"{request} answers {answer.status}: {answer.body}\n"
        f"`scripts/shop logs {function}` shows what the function has written."
    )


def show_timeline(order: Order, executions: Executions) -> None:
    """Print each state of the saga: when it began, how it ended, how long it took."""
    fact("order", f"{order.order_id}, {written(order.total, order.currency)}")
    rows = [(clock(order.created_at), "POST /orders", "accepted", "")]
    rows += [
        (clock(step.began), step.state, step.outcome, step.took)
        for step in executions.steps(order.order_id)
    ]
    for line, row in zip(table(rows, indent=12), rows, strict=True):
        good = row[2] in (DONE, "accepted")
        print(line if good else paint(line, "yellow"), flush=True)


def show_money(outcome: Outcome) -> None:
    """Print what the provider authorised, captured and gave back, and the ledger's word on it."""
    for one in outcome.provider or ():
        told = (
            f"captured {written(one.captured, one.currency)}, "
            f"refunded {written(one.refunded, one.currency)}, "
            f"held {written(one.held, one.currency)} (intent {one.status})"
        )
        fact("money", told)
    payment = outcome.record.payment
    fact("ledger", str(payment.state) if payment else "no payment was begun")


def show_stock(
    outcome: Outcome, before: Mapping[str, StockLevel], after: Mapping[str, StockLevel]
) -> None:
    """Print the stock of each ordered SKU before and after, and what the order holds of it."""
    reservation = outcome.record.reservation
    state = f"reservation {reservation.state}" if reservation else "nothing was reserved"
    for line in outcome.record.order.lines:
        levels = f"{before[line.sku].available} → {after[line.sku].available}"
        fact("stock", f"{line.sku}: {levels} ({line.quantity} ordered, {state})")


def show_mail(endpoints: Endpoints, order_id: str) -> list[str]:
    """Print the mails about an order, once there are any; returns what is missing, in words."""
    if endpoints.mail is None:
        return []
    came = _becomes_true(lambda: mails(endpoints, order_id) != [])
    for mail in mails(endpoints, order_id):
        fact("mail", f"{mail['Subject']!r} to {', '.join(mail['To'])}")
    return _unless(came, "no mail tells of it")


def show_emptied_cart(customer: Customer) -> list[str]:
    """Print that what was ordered has left the cart; returns what has not, in words."""
    emptied = _becomes_true(lambda: not at_cart(customer, "GET", "/cart").body["items"])
    fact("cart", "empty" if emptied else "still full")
    return _unless(emptied, "what was ordered is still in the cart")


def show_verdict(outcome: Outcome, surprises: Sequence[str]) -> int:
    """Print the outcome and what is not as expected; returns 1 where something is not."""
    order = outcome.record.order
    reason = f" ({_reason(order)})" if order.rejection else ""
    fact("outcome", paint(f"{order.status}{reason}", "bold"))
    for surprise in surprises:
        print(paint(f"  NOT AS EXPECTED: {surprise}", "red"), flush=True)
    return 1 if surprises else 0


def _becomes_true(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _amount(found: Mapping[str, Any]) -> str:
    return written(found["amount"], found["currency"])


def _reason(order: Order) -> str | None:
    return order.rejection.reason if order.rejection else None


def _unless(condition: bool, surprise: str) -> list[str]:
    return [] if condition else [surprise]
