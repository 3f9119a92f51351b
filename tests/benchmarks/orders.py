"""Runs whole orders through the functions' code against tables of their own, counted."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from itertools import cycle, islice, pairwise
from typing import Any, Final

from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER, products, seed
from scripts.local.platform import ACCESS_KEY, REGION, SECRET_KEY
from tests.benchmarks.packages import FOLDER, ROOT
from tests.benchmarks.platform import Bench
from workflows.timing import HOLD_SECONDS

DECLINED_CARD: Final = "pm_card_chargeDeclined"
"""Stripe's test payment method that every bank declines."""
NOTHING: Final = {"StartAt": "Nothing", "States": {"Nothing": {"Type": "Succeed"}}}
"""The machine that POST /orders starts here: its tasks are called by the run itself."""


def prepare(bench: Bench, suffix: str) -> dict[str, str]:
    """Tables of the deployed form, with the catalog and its stock.

    Returns:
        Their names by the short name.
    """
    tables = bench.copy_tables(suffix)
    client = bench.endpoints.clients().dynamodb
    seed(
        DynamoDatabase(lambda: client),
        catalog_table=tables["catalog"],
        inventory_table=tables["inventory"],
        progress=lambda _done, _total: None,
    )
    return tables


def subject_of(bench: Bench) -> str:
    """The first customer, as the user pool names them."""
    user = bench.endpoints.clients().cognito.admin_get_user(
        UserPoolId=bench.endpoints.user_pool, Username=bench.endpoints.users[0].username
    )
    return next(a["Value"] for a in user["UserAttributes"] if a["Name"] == "sub")


class Outcome(StrEnum):
    """How the orders of a run end."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    OUT_OF_STOCK = "out of stock"


def run(
    bench: Bench,
    tables: Mapping[str, str],
    name: str,
    orders: int,
    outcome: Outcome = Outcome.CONFIRMED,
) -> dict[str, Any]:
    """Counts of one order, over so many orders of two lines that end so.

    Args:
        name: of this run; its orders' idempotency keys begin with it.
    """
    clients = bench.endpoints.clients()
    machine = clients.states.create_state_machine(
        name=f"bench-{name}", definition=json.dumps(NOTHING), roleArn="arn:aws:iam::0:role/none"
    )
    bus = clients.events.create_event_bus(Name=f"bench-{name}")["EventBusArn"].rpartition("/")[2]
    given = {
        "run": name,
        "customer": subject_of(bench),
        "orders": list(islice(_bodies(outcome), orders + 1)),
        "rejected": outcome is not Outcome.CONFIRMED,
        "indexes": {
            tables[short]: [
                (i.name, i.partition, i.sort, None if i.projected is None else sorted(i.projected))
                for i in indexes
            ]
            for short, indexes in bench.indexes().items()
        },
        "log": str(FOLDER / f"{name}.log"),
    }
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "AWS_ENDPOINT_URL": bench.platform.cloud_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "STAGE": "bench",
        "POWERTOOLS_SERVICE_NAME": "commerce",
        "POWERTOOLS_METRICS_NAMESPACE": "Commerce",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "ORDERS_TABLE": tables["orders"],
        "CATALOG_TABLE": tables["catalog"],
        "INVENTORY_TABLE": tables["inventory"],
        "PLACE_ORDER_ARN": machine["stateMachineArn"],
        "EVENT_BUS_NAME": bus,
        "PAYMENT_SECRET_ARN": bench.outputs["PaymentSecretArn"],
        "PAYMENT_API_BASE": bench.platform.payments_url,
        "USER_POOL_ID": bench.endpoints.user_pool,
        "SENDER_ADDRESS": "orders@shop.example",
        "HOLD_SECONDS": str(HOLD_SECONDS),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.metered_run"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    if done.returncode:
        log = (FOLDER / f"{name}.log").read_text()[-2000:]
        raise RuntimeError(f"The orders could not be run: {done.stderr[-2000:]}\n{log}")
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


def _bodies(outcome: Outcome) -> Iterator[dict[str, Any]]:
    """Orders of two variants, each other ones: no function remembers them."""
    stocked = list(_lines(lambda units: units > 20))
    gone = cycle(_lines(lambda units: units == 0))
    card = {"paymentMethodId": DECLINED_CARD} if outcome is Outcome.DECLINED else {}
    for first, second in islice(pairwise(cycle(stocked)), 0, None, 2):
        other = next(gone) if outcome is Outcome.OUT_OF_STOCK else second
        yield {**EXAMPLE_ORDER, **card, "items": [first, other]}


def _lines(chosen: Callable[[int], bool]) -> Iterator[dict[str, Any]]:
    return (
        {"productId": v.item.product_id, "variantId": v.item.variant_id, "quantity": 1}
        for product in products()
        for v in product.variants
        if chosen(v.units)
    )
