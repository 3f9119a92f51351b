"""A release while sagas run: each ends on the definition that it began with, by the new code."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final

import pytest

from functions.shared.clock import utc_now
from scripts.dev.seed_catalog import EXAMPLE_ORDER, HANDFUL_LINE
from scripts.kit.customer import Customer, call
from scripts.kit.logs import function_groups, read
from scripts.local.deploy import FILES, SOURCES, apply_change_set, synthesise, upload_assets
from scripts.local.services import LOCAL, ROOT
from scripts.ops.audit import audit
from scripts.ops.demo import order_of
from tests.e2e.conftest import Shop
from tests.e2e.orders import PATIENCE, place, watch

UNDERWAY: Final = 5
DECLINED: Final = order_of(HANDFUL_LINE, "pm_card_chargeDeclined")
NEW_STATE: Final = "Welcome"

Deploy = Callable[[Path], None]


@pytest.fixture
def deploy(shop: Shop) -> Iterator[Deploy]:
    """Deploys another working tree; at last this one again, for the tests that follow."""

    def apply(assembly: Path) -> None:
        template = upload_assets(shop.clients, assembly)
        apply_change_set(shop.clients, f"{shop.platform.cloud_url}/{template}")

    def deploy_tree(root: Path) -> None:
        synthesise(shop.platform, root / "cdk.out", root)
        apply(root / "cdk.out")

    yield deploy_tree
    apply(shop.platform.folder / "cdk.out")


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """This working tree, where the tasks say that they are new, and the saga begins anew."""
    for folder in SOURCES:
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=unwanted)
    for file in FILES:
        shutil.copy(ROOT / file, tmp_path / file)
    (tmp_path / ".local").symlink_to(LOCAL)
    task = tmp_path / "functions/checkout/task.py"
    said, new = 'logger.info("done")', 'logger.info("done", release="next")'
    assert said in task.read_text()
    task.write_text(task.read_text().replace(said, new))
    asl = tmp_path / "workflows/place_order.asl.json"
    definition = json.loads(asl.read_text())
    definition["States"][NEW_STATE] = {"Type": "Pass", "Next": definition["StartAt"]}
    definition["StartAt"] = NEW_STATE
    asl.write_text(json.dumps(definition))
    return tmp_path


@pytest.fixture
def unreachable_provider(shop: Shop) -> Iterator[Callable[[], None]]:
    """No card can be charged, so that no saga ends, until the yielded function is called."""
    faults = f"{shop.endpoints.payments}/_sandbox/faults"
    confirm = {"method": "POST", "path": "/v1/payment_intents/*/confirm", "kind": "drop-before"}
    call(faults, "POST", {**confirm, "times": None})

    def heal() -> None:
        call(faults, "DELETE")

    yield heal
    heal()


def states(shop: Shop, order_id: str) -> list[str]:
    """The states that an order's execution has entered."""
    return [step.state for step in shop.executions.steps(order_id)]


def mailed_by_new_code(shop: Shop, since: datetime) -> set[str]:
    """The orders whose last task was the new code's."""
    group = function_groups(shop.clients, shop.endpoints)["SendConfirmation"]
    lines = [line.fields or {} for line in read(shop.clients, group, since)]
    return {line["correlation_id"] for line in lines if line.get("release") == "next"}


def test_an_upgrade_loses_no_saga_under_way(
    shop: Shop,
    ada: Customer,
    unreachable_provider: Callable[[], None],
    next_release: Path,
    deploy: Deploy,
) -> None:
    began = utc_now()
    before = [*(place(ada, EXAMPLE_ORDER) for _ in range(UNDERWAY)), place(ada, DECLINED)]
    deadline = time.monotonic() + PATIENCE
    while not all("ChargePayment" in states(shop, order_id) for order_id in before):
        assert time.monotonic() < deadline, [shop.story(order_id) for order_id in before]
    deploy(next_release)
    after = place(ada, EXAMPLE_ORDER)
    unreachable_provider()

    deadline = time.monotonic() + PATIENCE
    ends = {order_id: watch(ada, order_id).body["orderStatus"] for order_id in (*before, after)}
    assert list(ends.values()) == [*["CONFIRMED"] * UNDERWAY, "REJECTED", "CONFIRMED"], ends
    assert [NEW_STATE in states(shop, order_id) for order_id in (*before, after)] == [
        *[False] * len(before),
        True,
    ]
    confirmed = {order_id for order_id, end in ends.items() if end == "CONFIRMED"}
    while not confirmed <= mailed_by_new_code(shop, began):
        assert time.monotonic() < deadline, mailed_by_new_code(shop, began)
    for order_id in ends:
        assert audit(shop.endpoints, order_id) == 0, shop.story(order_id)
