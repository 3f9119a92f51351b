"""Everything about one order on one page: an operator's first question.

Its executions with their timelines, the newest last, in AWS with links to the console; the
payment's ledger, its refunds, what it holds of the stock, its e-mails and events.
"""

import argparse
import sys
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from contracts.money import written
from scripts.kit.customer import ApiError
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import Executions, console_link
from scripts.kit.payments import intents
from scripts.kit.records import OrderRecord, Records
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import clock, fact, heading, table
from scripts.kit.timeline import Step


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("id", help="the order's id, as POST /orders answered it")


def run(args: argparse.Namespace) -> int:
    """Print the page; exit code 1 if the order or a part of the page is missing, 2 for no id."""
    try:
        order_id = str(uuid.UUID(args.id))
    except ValueError:
        print(f"{args.id!r} is no order id: those look like {uuid.UUID(int=0)}.", file=sys.stderr)
        return 2
    endpoints = load_endpoints()
    clients = endpoints.clients()
    record = Records(endpoints, clients).order(order_id)
    if record is None:
        print(f"There is no order {order_id}.", file=sys.stderr)
        return 1
    return 0 if show_page(endpoints, record, Executions(endpoints, clients)) else 1


def show_page(endpoints: Endpoints, record: OrderRecord, executions: Executions) -> bool:
    """Print the page; whether that is the whole one: the payment provider may not answer."""
    show_order(record)
    found = executions.of_order(record.order)
    for machine, described in found:
        steps = executions.steps(described["name"], machine)
        show_execution(endpoints, machine, described, steps)
    if not found:
        heading("Execution")
        fact("", "none was ever started")
    whole = show_money(endpoints, record)
    show_refunds(record)
    show_stock(record)
    show_mail_and_events(record)
    print()
    return whole


def show_order(record: OrderRecord) -> None:
    """Print what was ordered, where the order stands, and the steps that it has noted."""
    order = record.order
    heading(f"Order {order.order_id}")
    why = ""
    if order.rejection:
        detail = f": {order.rejection.detail}" if order.rejection.detail else ""
        why = f" ({order.rejection.reason}{detail})"
    fact("status", f"{order.status}{why}")
    fact("placed", f"{order.created_at:%Y-%m-%d} {clock(order.created_at)} UTC")
    fact("customer", order.customer_id)
    for line in order.lines:
        price = written(line.unit_price, order.currency)
        fact("line", f"{line.quantity} x {line.name} ({line.sku}) at {price}")
    fact("total", written(order.total, order.currency))
    noted = ", ".join(f"{state} {clock(at)}" for state, at in order.steps.items())
    fact("noted", noted or "nothing yet")


def show_execution(
    endpoints: Endpoints, machine: str, described: Mapping[str, Any], steps: Sequence[Step]
) -> None:
    """Print how an execution stands, where the console shows it, and each state it was in."""
    heading(f"Execution of {machine}")
    arn = described["executionArn"]
    fact("status", described["status"])
    if described.get("error"):
        fact("error", str(described["error"]))
    fact("arn", arn)
    if endpoints.aws is None:
        fact("console", console_link(endpoints.region, arn))
    for line in table(
        (clock(step.began), step.state, step.outcome, step.took, _tries(step.tries))
        for step in steps
    ):
        print(line)


def show_money(endpoints: Endpoints, record: OrderRecord) -> bool:
    """Print the ledger, and what the local payment sandbox says of the same order, if it does."""
    heading("Money")
    payment = record.payment
    if payment is None:
        fact("ledger", "no payment was begun")
    else:
        code = f", code {payment.code}" if payment.code else ""
        fact("ledger", f"{payment.state}{code}, intent {payment.intent_id}")
        for name, amount in (("captured", payment.captured), ("refunded", payment.refunded)):
            fact(name, written(amount, payment.currency))
        if payment.claimed:
            pending = written(payment.pending, payment.currency)
            fact("claimed", f"{written(payment.claimed, payment.currency)}, {pending} of it unpaid")
    try:
        provided = intents(endpoints, record.order.order_id) or ()
    except ApiError:
        fact("provider", "the payment provider does not answer")
        return False
    for one in provided:
        kept = written(one.captured - one.refunded, one.currency)
        held = written(one.held, one.currency)
        fact("provider", f"{one.id} {one.status}: {kept} kept, {held} held")
    return True


def show_refunds(record: OrderRecord) -> None:
    """Print the refunds of parts, if there are any."""
    if not record.refunds:
        return
    heading("Refunds")
    for refund in record.refunds:
        code = f", code {refund.code}" if refund.code else ""
        stuck = f", RefundOrder {refund.execution}" if refund.execution else ""
        still = ", its saga is open" if refund.saga_open else ""
        amount = written(refund.amount, refund.currency)
        fact("refund", f"{refund.refund_id} {refund.state}: {amount}{code}{still}{stuck}")
        for line in refund.lines:
            shelf = "back on the shelf" if line.restock else "not restocked"
            fact("", f"{line.quantity} x {line.sku}, {shelf}")


def show_stock(record: OrderRecord) -> None:
    """Print the reservation."""
    heading("Stock")
    reservation = record.reservation
    if reservation is None:
        fact("", "nothing was reserved")
        return
    expiry = reservation.expires_at
    fact("state", f"{reservation.state} (a hold until {expiry:%Y-%m-%d} {clock(expiry)} UTC)")
    for portion in reservation.portions:
        fact("units", f"{portion.quantity} x {portion.sku} from shard {portion.shard}")
    for portion in reservation.kept:
        fact("kept", f"{portion.quantity} x {portion.sku} for refunds, from shard {portion.shard}")


def show_mail_and_events(record: OrderRecord) -> None:
    """Print the claims of e-mails, and the events in the outbox, the oldest first."""
    heading("Mail")
    for template, item in record.mails.items():
        back = f", {item['returned']} {item['returnedAt']}" if "returned" in item else ""
        fact("", f"{template}: {item['state']}{back}")
    if not record.mails:
        fact("", "none")
    heading("Events")
    fact("", ", ".join(record.events) or "none")


def _tries(count: int) -> str:
    return "" if count <= 1 else f"{count} tries"
