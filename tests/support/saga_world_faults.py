"""Faults of a saga's tasks: what goes wrong with which attempts of which task of which order.

`perform` runs one attempt of a task with its fault. It stands between an interpreter and the real
handler, in this process or inside a Lambda package (`handler`): so both interpreters meet the very
same faults, and production code has no switch for them. Needs nothing but the functions' package.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


class Act(StrEnum):
    """What happens to an attempt."""

    NOTHING = "goes well"
    RAISES = "raises a technical error before it does anything"
    LOST = "does its work, but its answer is lost"
    KILLED = "is killed before it does anything"
    KILLED_AFTER = "is killed when its work is done"
    TWICE = "is delivered twice"
    THROTTLED = "is throttled: the function does not run"
    HOLD_EXPIRES = "comes when the reservation has just been released"
    CANCELLED = "comes when the customer has just cancelled"
    MAIL_CLAIMED = "comes after an attempt that claimed the mail and was killed"


FAILING = (Act.RAISES, Act.LOST, Act.KILLED, Act.KILLED_AFTER, Act.THROTTLED)
WORLD_CHANGES = (Act.HOLD_EXPIRES, Act.CANCELLED, Act.MAIL_CLAIMED)


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault of the next `times` attempts of a task; None: of all, until it is lifted."""

    task: str
    act: Act
    times: int | None = 1


class Broken(Exception):
    """A technical error of a task."""


class AnswerLost(Exception):
    """The work was done, and nobody hears of it."""


class Killed(BaseException):
    """The process ends here and now: no handler of an exception runs, but `finally` does."""


def next_fault(faults: Sequence[Fault], task: str, attempt: int) -> Act | None:
    """The fault of a task's attempt, counted from 1: the task's faults strike one after another."""
    for fault in faults:
        if fault.task != task:
            continue
        if fault.times is None or attempt <= fault.times:
            return fault.act
        attempt -= fault.times
    return None


def perform(
    act: Act | None,
    real: Handler,
    event: dict[str, Any],
    context: Any,
    *,
    kill: Callable[[], None],
    change_world: Callable[[Act, str], None],
) -> dict[str, Any]:
    """Runs one attempt.

    Args:
        kill: ends the process, or what stands for it.
        change_world: does what customers and time do, to an order.
    """
    if act is Act.RAISES:
        raise Broken("injected")
    if act is Act.KILLED:
        kill()
    if act in WORLD_CHANGES:
        change_world(act, event["orderId"])
    answer = real(event, context)
    if act is Act.TWICE:
        answer = real(event, context)
    if act is Act.LOST:
        raise AnswerLost("injected")
    if act is Act.KILLED_AFTER:
        kill()
    return answer


def to_json(faults: Sequence[Fault]) -> str:
    """Faults as they are stored for a deployed function."""
    return json.dumps([asdict(fault) for fault in faults])


def from_json(text: str) -> list[Fault]:
    """The reverse of `to_json`."""
    return [Fault(f["task"], Act(f["act"]), f["times"]) for f in json.loads(text)]


def expire_hold(order_id: str, client: Any, inventory_table: str) -> None:
    """Releases an order's reservation, as its expiry does."""
    from functions.inventory.items import from_item, reservation_key
    from functions.inventory.store import InventoryWrites
    from functions.shared.clock import utc_now
    from functions.shared.dynamodb import DynamoDatabase

    database = DynamoDatabase(lambda: client)
    key = reservation_key(order_id)
    item = database.read({inventory_table: [key]})[inventory_table].get(key)
    if item is not None:
        release = InventoryWrites(inventory_table).release(from_item(item), utc_now())
        database.transact(release)


def cancel(order_id: str, client: Any, orders_table: str) -> None:
    """Closes an order as its customer may: PENDING or CONFIRMED, and its saga is open again."""
    client.update_item(
        TableName=orders_table,
        Key={"PK": {"S": f"ORDER#{order_id}"}, "SK": {"S": "METADATA"}},
        UpdateExpression="SET #s = :cancelled, GSI2PK = :open, GSI2SK = :due",
        ConditionExpression="#s IN (:pending, :confirmed)",
        ExpressionAttributeNames={"#s": "status"},
        ExpressionAttributeValues={
            ":cancelled": {"S": "CANCELLED"},
            ":pending": {"S": "PENDING"},
            ":confirmed": {"S": "CONFIRMED"},
            ":open": {"S": "OPEN#00"},
            ":due": {"S": f"{0:014d}"},
        },
    )


def claim_mail(order_id: str, client: Any, orders_table: str) -> None:
    """Claims an order's confirmation, as an attempt does before it sends."""
    from functions.notifications.claims import EmailWrites
    from functions.notifications.confirmation import TEMPLATE
    from functions.shared.dynamodb import DynamoDatabase

    DynamoDatabase(lambda: client).write(EmailWrites(orders_table, TEMPLATE).claim(order_id))


def change_world(act: Act, order_id: str, client: Any, tables: Mapping[str, str]) -> None:
    """What customers and time do to an order; `tables` by the functions' names for them."""
    if act is Act.HOLD_EXPIRES:
        expire_hold(order_id, client, tables["INVENTORY_TABLE"])
    if act is Act.CANCELLED:
        cancel(order_id, client, tables["ORDERS_TABLE"])
    if act is Act.MAIL_CLAIMED:
        claim_mail(order_id, client, tables["ORDERS_TABLE"])


def kill_process() -> None:
    """Ends a deployed function's process."""
    os._exit(1)
