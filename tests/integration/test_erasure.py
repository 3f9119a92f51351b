"""`scripts/shop erase` and `retain`: what is found of a customer, what goes, and what stays."""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import uuid4

import pytest

from contracts.events.carts import CartAbandoned
from functions.catalog.reviews import Review, review_writes
from functions.orders.domain import OrderStatus
from functions.orders.refunds import OrderRefund, RefundState, refund_key
from functions.orders.refunds import to_item as refund_item
from functions.orders.store import REFUND, OrderWrites, order_key
from functions.shared.clock import to_millis, utc_now
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.outbox import outbox
from functions.shared.writes import Item, Key, Write
from scripts.kit import erasure
from scripts.kit.endpoints import Endpoints
from scripts.kit.migrations import MIGRATIONS
from scripts.ops.erase import erase
from scripts.ops.migrate import migrate
from scripts.ops.retain import retain
from tests.support.emulator import Emulator
from tests.support.shop import ADDRESS, new_order
from tests.support.stages import bare_stage
from tests.support.tables import create_table

Output = pytest.CaptureFixture[str]
MAIL = "secret.person@example.com"
TEXT = "I, Ada Example, like it."
WORDS = "Ada rang us twice"
MARKS = (*(value for value in ADDRESS.values() if len(value) > 2), TEXT, WORDS, MAIL)
FAST = 100_000


class Stage:
    """A stage with a user pool and tables of its own."""

    def __init__(self, emulator: Emulator) -> None:
        name = f"erasure-{uuid4().hex[:8]}"
        self.tables = emulator.client("dynamodb")
        self.users = emulator.client("cognito-idp")
        self.orders, self.catalog = f"{name}-orders", f"{name}-catalog"
        create_table(self.tables, self.orders, "GSI1", "GSI2")
        create_table(self.tables, self.catalog, "GSI1", projection="ALL")
        self.pool = self.users.create_user_pool(PoolName=name)["UserPool"]["Id"]
        self.database = DynamoDatabase(lambda: self.tables)
        bare = bare_stage(emulator.url, name, {"orders": self.orders, "catalog": self.catalog})
        self.endpoints = Endpoints(**{**vars_of(bare), "user_pool": self.pool})
        self._numbers = count(1)

    def customer(self, name: str) -> str:
        """Make one; returns the subject."""
        made = self.users.admin_create_user(
            UserPoolId=self.pool,
            Username=name,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": "email", "Value": MAIL}],
        )
        return str({a["Name"]: a["Value"] for a in made["User"]["Attributes"]}["sub"])

    def order(self, customer: str, status: OrderStatus, **more: Any) -> str:
        """An order whose saga has ended; returns its id."""
        order_id = str(uuid4())
        new = new_order(order_id, utc_now() - timedelta(days=next(self._numbers)), ("MUG", 1))
        for write in OrderWrites(self.orders).place(new):
            self.database.write(write)
        changes = {
            "status": str(status),
            "customerId": customer,
            "GSI1PK": f"USER#{customer}",
            **more,
        }
        self.change(order_id, changes, "GSI2PK", "GSI2SK")
        return order_id

    def change(self, order_id: str, changes: dict[str, Any], *removals: str) -> None:
        """Change an order's item."""
        key = order_key(order_id)
        self.database.write(
            Write(self.orders, key, "update", changes=changes, removals=tuple(removals))
        )

    def refund(self, order_id: str, *, ended: bool = True) -> None:
        """A refund of it, with an operator's words."""
        refund_id = str(uuid4())
        refund = OrderRefund(
            order_id=order_id,
            refund_id=refund_id,
            state=RefundState.REFUNDED,
            amount=1,
            currency="EUR",
            lines=(),
            fingerprint="f",
            requested_by="boss",
            created_at=utc_now(),
            reason=WORDS,
        )
        item = {k: v for k, v in refund_item(refund).items() if not (ended and k[:4] == "GSI2")}
        self.database.write(Write(self.orders, refund_key(order_id, refund_id), "put", item=item))
        self.change(order_id, {f"{REFUND}{refund_id}": True})

    def review(self, customer: str, product: str) -> None:
        """A review, with its text."""
        review = Review(f"{product}-{customer}", 5, TEXT, verified=False, created_at=utc_now())
        for write in review_writes(self.catalog, product, customer, review):
            self.database.write(write)

    def leave_cart(self, customer: str) -> None:
        """An event that tells of the customer's cart."""
        event = CartAbandoned(customer_id=customer, lines=())
        at = utc_now()
        self.database.write(
            outbox(
                self.orders,
                f"CART#{customer}",
                event,
                aggregate_id=customer,
                aggregate_version=to_millis(at),
                correlation_id=customer,
                occurred_at=at,
                occasion="1",
            )
        )

    def everything(self) -> dict[Key, Item]:
        """All items of both tables, whatever they are."""
        found: dict[Key, Item] = {}
        for table in (self.orders, self.catalog):
            for item in self.tables.scan(TableName=table)["Items"]:
                found[Key(item["PK"]["S"], item["SK"]["S"])] = item
        return found

    def marks(self, customer: str, orders: list[str]) -> list[str]:
        """Which of the marked data still stand in something of the customer's."""
        partitions = {order_key(order).PK for order in orders}
        mine = {
            key: item
            for key, item in self.everything().items()
            if key.PK in partitions or customer in str(item)
        }
        assert partitions <= {key.PK for key in mine}
        return [mark for mark in MARKS if mark in str(mine)]

    def told(self, customer: str) -> int:
        """How often others were told to forget the customer."""
        return sum(f"CUSTOMER#{customer}" == key.PK for key in self.everything())


def vars_of(endpoints: Endpoints) -> dict[str, Any]:
    """The fields of it."""
    return {name: getattr(endpoints, name) for name in Endpoints.__dataclass_fields__}


@pytest.fixture(scope="module")
def bare(emulator: Emulator) -> Stage:
    return Stage(emulator)


@pytest.fixture
def stage(bare: Stage, capsys: Output) -> Stage:
    """One whose reviews can all be found."""
    assert migrate(bare.endpoints, MIGRATIONS["reviewers"], FAST) == 0
    capsys.readouterr()
    return bare


def with_everything(stage: Stage, name: str) -> tuple[str, list[str]]:
    """A customer of whom something is kept everywhere; the subject and the orders."""
    customer = stage.customer(name)
    shipped = stage.order(customer, OrderStatus.CONFIRMED, shippedAt=to_millis(utc_now()))
    orders = [shipped, stage.order(customer, OrderStatus.REJECTED)]
    orders.append(stage.order(customer, OrderStatus.CANCELLED))
    stage.refund(shipped)
    for product in ("mug", "jug"):
        stage.review(customer, product)
    stage.leave_cart(customer)
    return customer, orders


def test_everything_of_a_customer_goes_and_nothing_else(stage: Stage, capsys: Output) -> None:
    other = stage.customer(f"other-{uuid4().hex[:6]}")
    kept = stage.order(other, OrderStatus.REJECTED)
    stage.review(other, "mug")
    untouched = {
        key: item
        for key, item in stage.everything().items()
        if other in str(item) or kept in key.PK
    }
    name = f"ada-{uuid4().hex[:6]}"
    customer, orders = with_everything(stage, name)
    items = set(stage.everything())
    assert set(stage.marks(customer, orders)) == {*MARKS} - {MAIL}

    assert erase(stage.endpoints, name, dry_run=True) == 0
    said = capsys.readouterr().out
    assert "3 addresses; 0 were erased before" in said
    assert "2 texts, of 2 reviews" in said
    assert MAIL not in said
    assert (set(stage.everything()), stage.told(customer)) == (items, 0)

    assert erase(stage.endpoints, name, yes=True) == 0
    assert f"scripts/shop erase {customer}" in capsys.readouterr().out
    now = stage.everything()
    assert {key: now[key] for key in untouched} == untouched
    assert stage.marks(customer, orders) == []
    assert stage.told(customer) == 1
    with pytest.raises(stage.users.exceptions.UserNotFoundException):
        stage.users.admin_get_user(UserPoolId=stage.pool, Username=name)

    assert erase(stage.endpoints, name, yes=True) == 1, "nobody has that name now"
    assert erase(stage.endpoints, customer, yes=True) == 0
    assert "0 addresses; 3 were erased before" in capsys.readouterr().out


@pytest.mark.parametrize("step", [0, 4, 6], ids=["first", "a review", "last"])
def test_a_run_that_is_killed_is_run_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    name = f"killed-{uuid4().hex[:6]}"
    customer, orders = with_everything(stage, name)
    transact, done = DynamoDatabase.transact, count()

    def killed(self: DynamoDatabase, writes: list[Write]) -> None:
        if next(done) == step:
            raise KeyboardInterrupt
        transact(self, writes)

    with monkeypatch.context() as patched:
        patched.setattr(DynamoDatabase, "transact", killed)
        with pytest.raises(KeyboardInterrupt):
            erase(stage.endpoints, name, yes=True)
    assert erase(stage.endpoints, name, yes=True) == 0
    assert stage.marks(customer, orders) == []
    assert stage.told(customer) >= 1


def test_nothing_goes_while_an_order_is_under_way(stage: Stage, capsys: Output) -> None:
    name = f"waits-{uuid4().hex[:6]}"
    customer, (shipped, *_) = with_everything(stage, name)
    unshipped = stage.order(customer, OrderStatus.CONFIRMED)
    refunded = stage.order(customer, OrderStatus.CONFIRMED, shippedAt=1)
    stage.refund(refunded, ended=False)
    stage.change(shipped, {"GSI2PK": "OPEN#00", "GSI2SK": "00000000000001"})
    before = stage.everything()
    assert erase(stage.endpoints, name, yes=True) == 1
    said = capsys.readouterr()
    assert f"{unshipped}: it has not been shipped" in said.out
    assert f"{refunded}: a refund of it has not ended" in said.out
    assert f"{shipped}: it is CONFIRMED, and its saga has not ended" in said.out
    assert "Nothing is erased" in said.err
    assert stage.everything() == before
    assert stage.users.admin_get_user(UserPoolId=stage.pool, Username=name)["Enabled"]


def test_an_order_that_is_opened_again_meanwhile_stops_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    name = f"races-{uuid4().hex[:6]}"
    customer = stage.customer(name)
    order = stage.order(customer, OrderStatus.CANCELLED)
    shut_out = erasure.Erasure.shut_out

    def opened(self: erasure.Erasure, person: erasure.Person) -> None:
        shut_out(self, person)
        stage.change(order, {"GSI2PK": "OPEN#00", "GSI2SK": "00000000000001"})

    monkeypatch.setattr(erasure.Erasure, "shut_out", opened)
    assert erase(stage.endpoints, name, yes=True) == 1
    assert "is needed again" in capsys.readouterr().err
    assert ADDRESS["line1"] in str(stage.everything()[order_key(order)])
    assert not stage.users.admin_get_user(UserPoolId=stage.pool, Username=name)["Enabled"]


def test_books_may_need_an_address(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    monkeypatch.setattr(erasure, "BOOKS_NEED_ADDRESSES", timedelta(days=3650))
    name = f"books-{uuid4().hex[:6]}"
    _, (shipped, rejected, cancelled) = with_everything(stage, name)
    assert erase(stage.endpoints, name, yes=True) == 0
    assert f"of {shipped} until" in capsys.readouterr().out
    now = stage.everything()
    left = [each for each in (shipped, rejected, cancelled) if "address" in now[order_key(each)]]
    assert left == [shipped, cancelled]


def test_an_order_of_an_age_loses_its_address(stage: Stage, capsys: Output) -> None:
    customer = stage.customer(f"old-{uuid4().hex[:6]}")
    old, unshipped, young = (
        stage.order(customer, OrderStatus.REJECTED, createdAt=1),
        stage.order(customer, OrderStatus.CONFIRMED, createdAt=1),
        stage.order(customer, OrderStatus.REJECTED),
    )
    assert retain(stage.endpoints, utc_now() - timedelta(days=730), FAST) == 0
    assert "1 addresses removed" in capsys.readouterr().out
    now = stage.everything()
    left = [each for each in (old, unshipped, young) if "address" in now[order_key(each)]]
    assert left == [unshipped, young]
    assert retain(stage.endpoints, utc_now() - timedelta(days=730), FAST) == 0
    assert "0 addresses removed" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["nobody", str(uuid4())])
def test_who_never_was_is_not_erased(stage: Stage, capsys: Output, name: str) -> None:
    assert erase(stage.endpoints, name, yes=True) == 1
    assert f"There is no customer '{name}'" in capsys.readouterr().err
    assert stage.told(name) == 0


def test_without_an_answer_nothing_goes(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    name = f"asked-{uuid4().hex[:6]}"
    customer = stage.customer(name)
    assert erase(stage.endpoints, name) == 1
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert erase(stage.endpoints, name) == 1
    assert "Nothing is erased" in capsys.readouterr().err
    monkeypatch.setattr("builtins.input", lambda _: name)
    assert erase(stage.endpoints, name) == 0
    assert stage.told(customer) == 1


def test_old_reviews_must_be_found_first(emulator: Emulator, capsys: Output) -> None:
    fresh = Stage(emulator)
    fresh.customer("ada")
    assert erase(fresh.endpoints, "ada", yes=True) == 1
    assert "`scripts/shop migrate reviewers`" in capsys.readouterr().err
