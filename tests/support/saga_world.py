"""A shop whose orders really run: tables, payment provider, mailbox, an interpreter of the saga.

Nothing in here knows which engine the shop stands on. `SagaWorld` places orders, arranges faults
and takes stock of everything afterwards; an `Interpreter` runs the committed state machine.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

from contracts.orders_api import RefundRequest
from functions.checkout.refund_order import RefundOrder
from functions.inventory import items as inventory
from functions.inventory.items import METADATA, sku_key, stock_key
from functions.notifications.claims import EmailState
from functions.orders import refunds
from functions.orders import store as orders
from functions.orders.domain import Order, OrderLine, OrderStatus, total_of
from functions.orders.store import OrderWrites
from functions.payments import ledger
from functions.shared.dynamodb import DynamoDatabase, from_attributes, to_attributes
from functions.shared.writes import Item, Key
from tests.support.fake_executions import FakeExecutions
from tests.support.invariants import Account, Charge, Shelf, breaches
from tests.support.saga_world_faults import Fault, cancel

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_stepfunctions import SFNClient

ASL: Final = Path(__file__).parents[2] / "workflows"
FIRST: Final = "ChargePayment"
PLACE, CANCEL, REFUND = "PlaceOrder", "CancelOrder", "RefundOrder"
DOCUMENTS: Final = {PLACE: "place_order", CANCEL: "cancel_order", REFUND: "refund_order"}
"""State machine → the name of its document."""
UNIT_PRICE: Final = 1250
SENDER: Final = "shop@example.com"


def definition(
    arn_of: Callable[[str], str],
    start_at: str | None = None,
    *,
    machine: str = "place_order",
    attempts: int | None = None,
) -> str:
    """The committed state machine over real functions.

    Args:
        arn_of: a function's ARN by its state.
        start_at: another first state, to go on from where an execution failed.
        machine: its document's name.
        attempts: a shorter budget of every retrier that has one.
    """
    text = (ASL / f"{machine}.asl.json").read_text(encoding="utf-8")
    committed = json.loads(text)
    for state in committed["States"]:
        text = text.replace(f"${{{state}Arn}}", arn_of(state))
    document = json.loads(text)
    if start_at is not None:
        document["StartAt"] = start_at
    for state in document["States"].values():
        for retrier in state.get("Retry", ()) if attempts is not None else ():
            retrier["MaxAttempts"] = min(retrier["MaxAttempts"], attempts)
    return json.dumps(document)


def input_of(order_id: str, refund_id: str | None) -> str:
    """The input of an execution."""
    return json.dumps({"orderId": order_id, **({"refundId": refund_id} if refund_id else {})})


@dataclass(frozen=True)
class Run:
    """How an execution went.

    Attributes:
        states: every state entered, in order; of a redriven one only those after the redrive.
        failures: (state, error) of every attempt that failed.
        inputs: input of each state entered, as JSON.
    """

    execution: str
    order_id: str
    status: str
    states: tuple[str, ...]
    failures: tuple[tuple[str, str], ...]
    inputs: tuple[str, ...]

    @property
    def story(self) -> str:
        """For a failure's message."""
        return f"{self.status}: {' → '.join(self.states)}; failed attempts: {self.failures}"


class Interpreter(Protocol):
    """Runs the state machine to its end."""

    def run(
        self,
        order_id: str,
        start_at: str | None = None,
        *,
        machine: str = PLACE,
        refund_id: str | None = None,
    ) -> Run:
        """Runs a new execution, by default from the machine's own first state."""

    def redrive(self, run: Run) -> Run:
        """Resumes a failed one in the state in which it failed."""


class FaultPlan(Protocol):
    """Where the faults of an order's tasks are looked up."""

    def arrange(self, order_id: str, faults: Sequence[Fault]) -> None:
        """Replaces the faults of an order; attempts are counted anew."""


@dataclass
class SagaWorld:
    """The shop.

    Attributes:
        admin: the payment sandbox's admin path: (method, path, body) → answer.
        mailed: the subjects of all mails sent.
        statuses: order → the statuses it was seen in, where the engine can tell.
        customer: the subject of a customer with an address.
    """

    dynamodb: "DynamoDBClient"
    orders_table: str
    inventory_table: str
    admin: Callable[[str, str, dict[str, Any] | None], Any]
    mailed: Callable[[], Sequence[str]]
    interpreter: Interpreter
    faults: FaultPlan
    customer: str
    statuses: dict[str, list[OrderStatus]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.database = DynamoDatabase(lambda: self.dynamodb)
        self._skus: dict[str, list[str]] = {}

    def place(
        self,
        *,
        card: str = "pm_card_visa",
        stock: Sequence[Sequence[int]] = ((5,),),
        lines: Sequence[int] | None = None,
        quantity: int = 2,
        customer: str | None = None,
    ) -> str:
        """Places an order of as many new SKUs as `stock` has entries, each with its shards.

        Args:
            lines: which of the SKUs each line is of, as a variant of its own; by default one line
                for each.
            quantity: of every line.
        """
        order_id = str(uuid4())
        skus = [f"SKU-{order_id[:8].upper()}-{i}" for i in range(len(stock))]
        for sku, shards in zip(skus, stock, strict=True):
            self._put(self.inventory_table, sku_key(sku), {"shards": len(shards)})
            for i, units in enumerate(shards):
                item = {"available": units, "received": units}
                self._put(self.inventory_table, stock_key(sku, i), item)
        ordered = skus if lines is None else [skus[i] for i in lines]
        of_order = tuple(
            OrderLine(sku.lower(), f"variant-{i}", sku, f"The {sku}", quantity, UNIT_PRICE)
            for i, sku in enumerate(ordered)
        )
        order = Order(
            order_id=order_id,
            customer_id=self.customer if customer is None else customer,
            status=OrderStatus.PENDING,
            lines=of_order,
            address={"name": "Ada Example", "line1": "1 Test Street", "city": "Berlin"},
            payment_method=card,
            total=total_of(of_order),
            currency="EUR",
            fingerprint="f",
            created_at=datetime.now(UTC),
            steps={},
            saga_open=True,
        )
        self.database.transact(OrderWrites(self.orders_table).place(order))
        self._skus[order_id] = skus
        self.placed(order_id)
        return order_id

    def placed(self, order_id: str) -> None:
        """A new order is there: its statuses are worth noting from now on."""

    def provider_fault(self, order_id: str, kind: str, call: str, **more: Any) -> None:
        """Orders a fault of the provider's calls for an order, `call` as in its keys."""
        fault = {"kind": kind, "key": f"{order_id}:{call}*", **more}
        self.admin("POST", "/_sandbox/faults", fault)

    def cancel(self, order_id: str) -> None:
        """Closes an order as its customer may."""
        cancel(order_id, self.dynamodb, self.orders_table)
        if order_id in self.statuses:
            self.statuses[order_id].append(OrderStatus.CANCELLED)

    def refund(self, order_id: str, **body: Any) -> str:
        """Records a refund of a part as an operator may; its machine is not started yet."""
        recorded = RefundOrder(
            self.database, self.orders_table, FakeExecutions(), lambda: datetime.now(UTC)
        )
        request = RefundRequest.model_validate(body)
        return recorded(order_id, str(uuid4()), request, "boss").refund_id

    def line(self, order_id: str, quantity: int) -> dict[str, Any]:
        """Units of the first line of an order, as a refund asks for them."""
        sku = self._skus[order_id][0]
        return {"productId": sku.lower(), "variantId": "variant-0", "quantity": quantity}

    def available(self, order_id: str) -> int:
        """Units left of all SKUs of an order."""
        return sum(sum(self._shelf(sku).available) for sku in self._skus[order_id])

    def struck(self) -> list[bool]:
        """Which of the faults ordered at the provider have happened."""
        return [bool(f["struck"]) for f in self.admin("GET", "/_sandbox/faults", None)["data"]]

    def lift(self, order_id: str) -> None:
        """Ends all faults."""
        self.faults.arrange(order_id, ())
        self.admin("DELETE", "/_sandbox/faults", None)

    def account(self, order_id: str) -> Account:
        """Everything about an order, from the tables, the provider and the mailbox."""
        of_order = self._partition(self.orders_table, f"ORDER#{order_id}")
        of_inventory = self._partition(self.inventory_table, f"RESERVATION#{order_id}")
        items = {item["SK"]: item for item in of_order}
        payment = items.get("PAYMENT")
        mail = next(
            (item["state"] for key, item in items.items() if key.startswith("EMAIL#")), None
        )
        reservation = next((item for item in of_inventory if item["SK"] == METADATA), None)
        events = (item for item in (*of_order, *of_inventory) if item["SK"].startswith("EVENT#"))
        intents = self.admin("GET", f"/_sandbox/intents?order={order_id}", None)["data"]
        return Account(
            order=orders.from_item(items[METADATA]),
            payment=ledger.from_item(payment) if payment else None,
            reservation=inventory.from_item(reservation) if reservation else None,
            charges=tuple(_charge(intent) for intent in intents),
            email=EmailState(mail) if mail else None,
            mails=sum(order_id in subject for subject in self.mailed()),
            events=frozenset(item["type"] for item in events),
            statuses=tuple(self.statuses.get(order_id, ())),
            refunds=tuple(
                refunds.from_item(item) for key, item in items.items() if key.startswith("REFUND#")
            ),
        )

    def require_sound(self, *order_ids: str) -> list[Account]:
        """The accounts of orders, after every invariant was computed of them and their stock."""
        accounts = [self.account(order_id) for order_id in order_ids]
        shelves = [self._shelf(sku) for order_id in order_ids for sku in self._skus[order_id]]
        wrong = breaches(accounts, shelves)
        assert not wrong, "\n".join(wrong)
        return accounts

    def require_ended(self, order_id: str) -> Account:
        """The account of an order whose sagas have ended, with nothing wrong."""
        (account,) = self.require_sound(order_id)
        assert not account.is_open, f"a saga is open: {account.order}, {account.refunds}"
        return account

    def forget(self, order_id: str) -> None:
        """An order whose test is over."""
        self.faults.arrange(order_id, ())
        self.statuses.pop(order_id, None)

    def _put(self, table: str, key: Key, item: Item) -> None:
        attributes = to_attributes({**key._asdict(), **item})
        self.dynamodb.put_item(TableName=table, Item=attributes)

    def _partition(self, table: str, partition: str) -> list[Item]:
        answer = self.dynamodb.query(
            TableName=table,
            KeyConditionExpression="PK = :p",
            ExpressionAttributeValues={":p": {"S": partition}},
            ConsistentRead=True,
        )
        return [from_attributes(item) for item in answer["Items"]]

    def _shelf(self, sku: str) -> Shelf:
        (of_sku,) = self._partition(self.inventory_table, f"SKU#{sku}")
        shards = [
            item
            for i in range(of_sku["shards"])
            for item in self._partition(self.inventory_table, f"STOCK#{sku}#{i}")
        ]
        available = tuple(shard["available"] for shard in shards)
        return Shelf(sku, available, sum(shard["received"] for shard in shards))


def _charge(intent: dict[str, Any]) -> Charge:
    given_back = ("succeeded", "pending", "requires_action")
    return Charge(
        id=intent["id"],
        status=intent["status"],
        authorised=intent["amount_capturable"],
        captured=intent["amount_received"],
        refunded=sum(r["amount"] for r in intent["refunds"] if r["status"] in given_back),
    )


def create_customer(pools: "CognitoIdentityProviderClient") -> tuple[str, str]:
    """A user pool, and the subject of a customer in it whose address is verified."""
    pool = pools.create_user_pool(PoolName="customers", UsernameAttributes=["email"])
    pool_id = pool["UserPool"]["Id"]
    user = pools.admin_create_user(
        UserPoolId=pool_id,
        Username="ada@example.com",
        UserAttributes=[
            {"Name": "email", "Value": "ada@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    attributes = {a["Name"]: a.get("Value", "") for a in user["User"]["Attributes"]}
    return pool_id, attributes["sub"]


def read_run(client: "SFNClient", execution: str, order_id: str, after: int = 0) -> Run:
    """What an execution's history tells, from the event after number `after`."""
    status = client.describe_execution(executionArn=execution)["status"]
    events = (event for event in _events(client, execution) if event["id"] > after)
    return run_of(execution, order_id, status, events)


def run_of(execution: str, order_id: str, status: str, events: Iterable[Any]) -> Run:
    """What these events of an execution's history tell."""
    states: list[str] = []
    inputs: list[str] = []
    failures: list[tuple[str, str]] = []
    for event in events:
        entered = event.get("stateEnteredEventDetails")
        if entered is not None:
            states.append(entered["name"])
            inputs.append(entered["input"])
        failed = event.get("taskFailedEventDetails") or event.get("taskTimedOutEventDetails")
        if failed is not None:
            failures.append((states[-1] if states else "", failed.get("error", "")))
    return Run(execution, order_id, status, tuple(states), tuple(failures), tuple(inputs))


def _events(client: "SFNClient", execution: str) -> Iterator[Any]:
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=execution, PaginationConfig={"PageSize": 1000}
    )
    for page in pages:
        yield from page["events"]
