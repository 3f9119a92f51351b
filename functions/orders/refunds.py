"""Refunds of a part of an order: what was asked for, and what became of it.

One item a refund, in its order's partition. What it takes back is counted on the order
(`functions.orders.returns`), its amount is claimed on the ledger, in the transaction that records
it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from boto3.dynamodb.conditions import Attr

from contracts.events.orders import OrderRefunded, RefundRequested
from contracts.events.orders import RefundedLine as EventLine
from functions.orders.domain import Order, Variant
from functions.orders.open_sagas import due_key, open_partition
from functions.orders.store import Reads
from functions.shared.clock import from_millis, to_millis
from functions.shared.errors import Inconsistent
from functions.shared.outbox import outbox
from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent

REFUND_DUE: Final = timedelta(minutes=2)
"""After this long a recorded refund is started by the sweeper if nobody else has."""
_LINE_FIELDS: Final = ("p", "v", "s", "q", "r")


class RefundState(StrEnum):
    """The states of a refund of a part. Only a PENDING one is still to be decided."""

    PENDING = "PENDING"
    """The amount is claimed."""
    REFUNDED = "REFUNDED"
    """The provider has taken it on."""
    REFUSED = "REFUSED"
    """The provider will not do it: the claim is given up, operators are told."""
    FAILED = "FAILED"
    """It was REFUNDED, and the customer's bank sent the money back: as REFUSED."""


TRANSITIONS: Final[Mapping[RefundState, frozenset[RefundState]]] = {
    RefundState.PENDING: frozenset({RefundState.REFUNDED, RefundState.REFUSED}),
    RefundState.REFUNDED: frozenset({RefundState.FAILED}),
    RefundState.REFUSED: frozenset(),
    RefundState.FAILED: frozenset(),
}
"""Every allowed move."""

REQUESTED_VERSION: Final = 1
ENDED_VERSION: Final = 4
"""The aggregate versions of a refund's events: between are PaymentRefunded, InventoryRestocked."""


@dataclass(frozen=True, slots=True)
class RefundedLine:
    """Units of a line that are taken back, and whether they go back on the shelf."""

    product_id: str
    variant_id: str
    sku: str
    quantity: int
    restock: bool

    @property
    def variant(self) -> Variant:
        """The line of the order that it is about."""
        return Variant(self.product_id, self.variant_id)


@dataclass(frozen=True, slots=True)
class OrderRefund:
    """A refund of a part of an order, as it is stored.

    Attributes:
        amount: in minor units of `currency`.
        lines: what is taken back; none for a refund of money alone.
        fingerprint: of the request, to tell a repeated one from another under the same key; empty:
            it was erased with the reason.
        requested_by: the operator's subject in the user pool.
        steps: state of the saga → when it was done, UTC.
        saga_open: whether its saga has not ended.
        code: the provider's, where it refused.
        undone: it was refused while its order was open: the lines count as not returned.
        retries: answers that the provider keeps under the key of the call, and repeats.
        execution: in Step Functions' words, where it ended without ending the saga.
        due: when the sweeper looks at it next, UTC; None where its saga has ended.
    """

    order_id: str
    refund_id: str
    state: RefundState
    amount: int
    currency: str
    lines: tuple[RefundedLine, ...]
    fingerprint: str
    requested_by: str
    created_at: datetime
    saga_open: bool = True
    steps: Mapping[str, datetime] = field(default_factory=dict)
    reason: str | None = None
    code: str | None = None
    undone: bool = False
    retries: int = 0
    execution: str | None = None
    due: datetime | None = None

    def returned(self) -> dict[Variant, int]:
        """Variant → units that it takes back."""
        units: dict[Variant, int] = {}
        for line in self.lines:
            units[line.variant] = units.get(line.variant, 0) + line.quantity
        return units

    def units(self, *, restock: bool) -> dict[str, int]:
        """SKU → units that go back on the shelf, or do not; none of a refund that was undone."""
        units: dict[str, int] = {}
        for line in () if self.undone else self.lines:
            if line.restock is restock:
                units[line.sku] = units.get(line.sku, 0) + line.quantity
        return units


class RefundExists(Exception):
    """The refund had been recorded before. `refund` is what is stored."""

    def __init__(self, refund: OrderRefund) -> None:
        super().__init__(f"refund {refund.refund_id} exists")
        self.refund = refund


class RefundMoved(Exception):
    """The refund is not as this step found it. `refund` is what is stored."""

    def __init__(self, refund: OrderRefund) -> None:
        super().__init__(f"refund {refund.refund_id} is {refund.state}")
        self.refund = refund


def refund_key(order_id: str, refund_id: str) -> Key:
    """The key of a refund's item, in the order's partition."""
    return Key(f"ORDER#{order_id}", f"REFUND#{refund_id}")


def is_refund(key: Key) -> bool:
    """Whether a key of the orders table is a refund's."""
    return key.SK.startswith("REFUND#")


def ids_of(key: Key) -> tuple[str, str]:
    """The order's and the refund's id of a refund's key."""
    return key.PK.removeprefix("ORDER#"), key.SK.removeprefix("REFUND#")


def from_item(item: Item) -> OrderRefund:
    """The stored refund."""
    order_id, refund_id = ids_of(Key(item["PK"], item["SK"]))
    return OrderRefund(
        order_id=order_id,
        refund_id=refund_id,
        state=RefundState(item["state"]),
        amount=item["amount"],
        currency=item["currency"],
        lines=tuple(RefundedLine(*(line[name] for name in _LINE_FIELDS)) for line in item["lines"]),
        fingerprint=item.get("fingerprint", ""),
        requested_by=item["requestedBy"],
        created_at=from_millis(item["createdAt"]),
        saga_open="GSI2PK" in item,
        steps={state: from_millis(at) for state, at in item["steps"].items()},
        reason=item.get("reason"),
        code=item.get("code"),
        undone=item.get("undone", False),
        retries=item.get("retries", 0),
        execution=item.get("execution"),
        due=from_millis(int(item["GSI2SK"])) if "GSI2SK" in item else None,
    )


def to_item(refund: OrderRefund) -> Item:
    """The refund as it is stored."""
    return {
        "state": str(refund.state),
        "amount": refund.amount,
        "currency": refund.currency,
        "lines": [
            dict(
                zip(
                    _LINE_FIELDS,
                    (x.product_id, x.variant_id, x.sku, x.quantity, x.restock),
                    strict=True,
                )
            )
            for x in refund.lines
        ],
        "fingerprint": refund.fingerprint,
        "requestedBy": refund.requested_by,
        "createdAt": to_millis(refund.created_at),
        "steps": {},
        "reason": refund.reason,
        "GSI2PK": open_partition(refund.refund_id),
        "GSI2SK": due_key(refund.created_at + REFUND_DUE),
    }


def read_refunds(database: Reads, table: str, order: Order) -> list[OrderRefund]:
    """The refunds of an order, the oldest first."""
    keys = [refund_key(order.order_id, refund_id) for refund_id in order.refund_ids]
    items = database.read({table: keys})[table] if keys else {}
    return sorted(
        (from_item(item) for item in items.values()), key=lambda r: (r.created_at, r.refund_id)
    )


class RefundWrites:
    """What may be done to a refund's item, as writes. Refused with RefundMoved.

    Args:
        table: the orders table's name.
    """

    def __init__(self, table: str) -> None:
        self.table = table

    def record(self, refund: OrderRefund, order: Order) -> tuple[Write, Write]:
        """Stores a new refund (refused with RefundExists), and its event."""
        put = Write(
            table=self.table,
            key=refund_key(refund.order_id, refund.refund_id),
            kind="put",
            item=to_item(refund),
            condition=absent(),
            refused=_exists,
        )
        requested = RefundRequested(
            order_id=refund.order_id,
            customer_id=order.customer_id,
            refund_id=refund.refund_id,
            amount=refund.amount,
            currency=refund.currency,
        )
        return put, self._event(refund, requested, REQUESTED_VERSION, refund.created_at)

    def pay(self, refund: OrderRefund, at: datetime) -> Write:
        """The provider has taken the refund on."""
        return self._move(refund, RefundState.REFUNDED, {"steps.IssueRefund": to_millis(at)})

    def refuse(self, refund: OrderRefund, code: str, at: datetime, *, undone: bool) -> Write:
        """The provider definitely will not do it.

        Args:
            undone: its lines count as not returned.
        """
        changes = {"code": code, "undone": undone, "steps.IssueRefund": to_millis(at)}
        return self._move(refund, RefundState.REFUSED, changes)

    def fail(self, refund: OrderRefund, code: str) -> Write:
        """The customer's bank has sent the money back."""
        return self._move(refund, RefundState.FAILED, {"code": code})

    def end(self, refund: OrderRefund, order: Order, at: datetime) -> list[Write]:
        """Notes the last state as done: the saga has ended."""
        ended = self._open(
            refund,
            {"steps.RestockInventory": to_millis(at)},
            removals=("GSI2PK", "GSI2SK", "execution"),
        )
        if refund.state is not RefundState.REFUNDED:
            return [ended]
        event = OrderRefunded(
            order_id=order.order_id,
            customer_id=order.customer_id,
            refund_id=refund.refund_id,
            amount=refund.amount,
            currency=refund.currency,
            lines=tuple(_event_line(line) for line in refund.lines),
        )
        return [ended, self._event(refund, event, ENDED_VERSION, at)]

    def postpone(self, refund: OrderRefund, until: datetime, execution: str | None = None) -> Write:
        """Looks at the refund again later.

        Args:
            execution: status of its execution to keep with it, in Step Functions' words.
        """
        changes = {"GSI2SK": due_key(until)}
        if execution:
            changes["execution"] = execution
        return self._open(refund, changes)

    def count_retry(self, refund: OrderRefund) -> Write:
        """The provider keeps a failure under the key of the call, if nobody has counted it."""
        seen = Attr("retries")
        return Write(
            table=self.table,
            key=refund_key(refund.order_id, refund.refund_id),
            kind="update",
            changes={"retries": refund.retries + 1},
            condition=seen.eq(refund.retries) if refund.retries else seen.not_exists(),
            refused=_moved,
        )

    def _open(
        self, refund: OrderRefund, changes: Mapping[str, Any], removals: Sequence[str] = ()
    ) -> Write:
        return Write(
            table=self.table,
            key=refund_key(refund.order_id, refund.refund_id),
            kind="update",
            changes=changes,
            removals=tuple(removals),
            condition=Attr("GSI2PK").exists() & moved_from("state", refund.state),
            refused=_moved,
        )

    def _move(self, refund: OrderRefund, to: RefundState, changes: Mapping[str, Any]) -> Write:
        return Write(
            table=self.table,
            key=refund_key(refund.order_id, refund.refund_id),
            kind="update",
            changes={"state": str(to), **changes},
            condition=moved_from("state", *sources(TRANSITIONS, to)),
            refused=_moved,
        )

    def _event(
        self,
        refund: OrderRefund,
        event: RefundRequested | OrderRefunded,
        version: int,
        at: datetime,
    ) -> Write:
        return outbox(
            self.table,
            f"ORDER#{refund.order_id}",
            event,
            aggregate_id=f"refund-{refund.refund_id}",
            aggregate_version=version,
            correlation_id=refund.order_id,
            occurred_at=at,
            occasion=refund.refund_id,
        )


def _event_line(line: RefundedLine) -> EventLine:
    return EventLine(
        sku=line.sku,
        product_id=line.product_id,
        variant_id=line.variant_id,
        quantity=line.quantity,
        restocked=line.restock,
    )


def _exists(item: Item | None) -> Exception:
    assert item is not None  # noqa: S101 - refused because it exists
    return RefundExists(from_item(item))


def _moved(item: Item | None) -> Exception:
    return RefundMoved(from_item(item)) if item else Inconsistent("there is no such refund")
