"""Who listens to which events: each consumer behind a rule, a queue and its dead letters."""

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from constructs import Construct

from infra.functions import Functions
from infra.messaging import Consumer, Worker, every_event
from infra.stages import Stage
from infra.table.carts import TAKE_ORDERED
from infra.table.catalog import NOTE_PURCHASES, PROJECT_STOCK
from infra.table.events import EVENT_LOG
from infra.table.notifications import INFORM_CUSTOMER
from infra.table.rows import FunctionSpec
from infra.table.settlement import AUDIT

AUDITED_AFTER: Final = cdk.Duration.minutes(15)
"""How long after an order's end it is judged: later than any attempt of a task can still act."""

GATHERED: Final = cdk.Duration.seconds(10)
"""How long events are gathered for a consumer whose work nobody waits for."""

SOON: Final = cdk.Duration.seconds(2)
"""The same for what a customer sees at the next look."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """A consumer, and the events that it gets.

    Attributes:
        source: of the events; None: any of ours.
        detail_types: which of them; none: all.
    """

    consumer: FunctionSpec
    source: str | None = None
    detail_types: tuple[str, ...] = ()
    delay: cdk.Duration | None = None
    gather: cdk.Duration | None = None

    def pattern(self) -> events.EventPattern:
        """The rule's pattern."""
        if not self.detail_types:
            return every_event()
        ours = events.Match.prefix("commerce.")
        return events.EventPattern(
            source=ours if self.source is None else [self.source],
            detail_type=list(self.detail_types),
        )


SUBSCRIPTIONS: Final = (
    Subscription(EVENT_LOG, gather=GATHERED),
    Subscription(
        AUDIT,
        "commerce.orders",
        ("OrderConfirmed", "OrderRejected", "OrderCancelled", "OrderRefunded"),
        delay=AUDITED_AFTER,
        gather=GATHERED,
    ),
    Subscription(
        INFORM_CUSTOMER,
        detail_types=("OrderRejected", "OrderCancelled", "OrderRefunded", "CartAbandoned"),
    ),
    Subscription(TAKE_ORDERED, detail_types=("OrderConfirmed", "CustomerErased"), gather=SOON),
    Subscription(PROJECT_STOCK, "commerce.inventory", ("AvailabilityChanged",)),
    Subscription(
        NOTE_PURCHASES,
        "commerce.orders",
        ("OrderConfirmed", "OrderCancelled"),
        gather=GATHERED,
    ),
)


def connect(
    scope: Construct, *, stage: Stage, bus: events.IEventBus, functions: Functions
) -> dict[str, Worker]:
    """Makes all consumers. Returns them by their names."""
    return {
        each.consumer.name: Consumer(
            scope,
            each.consumer,
            stage=stage,
            bus=bus,
            functions=functions,
            pattern=each.pattern(),
            delay=each.delay,
            gather=each.gather,
        )
        for each in SUBSCRIPTIONS
    }
