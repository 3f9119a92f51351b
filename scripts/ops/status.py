"""Say what runs, where, and whether it answers.

Exit code 0 when everything does, 1 otherwise.
"""

import argparse
from collections.abc import Callable

from botocore.exceptions import BotoCoreError, ClientError

from scripts.kit.customer import ApiError, call
from scripts.kit.endpoints import Endpoints
from scripts.kit.executions import Executions
from scripts.kit.failures import ENDED_BADLY
from scripts.kit.stacks import load_endpoints
from scripts.kit.terminal import paint, table
from scripts.local.engines import valkey


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: this verb has no options."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - it has no options
    """Ask every part and print one line for each."""
    endpoints = load_endpoints()
    asked: list[tuple[str, str, Callable[[], str]]] = [
        ("API", endpoints.api, lambda: _http(f"{endpoints.api}/orders", expected=401)),
        ("AWS", endpoints.aws or endpoints.region, lambda: _stack(endpoints)),
    ]
    if endpoints.payments is not None and endpoints.opensearch is not None:
        health = f"{endpoints.payments}/_sandbox/health"
        asked.append(("payments", endpoints.payments, lambda: _http(health, expected=200)))
        engine = f"{endpoints.opensearch}/_cluster/health"
        asked.append(("search", endpoints.opensearch, lambda: _http(engine, expected=200)))
    if endpoints.redis is not None:
        asked.append(("carts", endpoints.redis, lambda: _redis(endpoints.redis or "")))
    rows, down = [], set()
    for name, address, ask in asked:
        try:
            said, good = ask(), True
        except (ApiError, BotoCoreError, ClientError) as error:
            said, good = str(error), False
            down.add(name)
        rows.append((name, "up" if good else "DOWN", address, said))
    for line in table(rows, indent=0):
        print(line if "DOWN" not in line else paint(line, "red"))
    if "AWS" not in down:
        show_stuck(endpoints)
    return 1 if down else 0


def show_stuck(endpoints: Endpoints) -> None:
    """Print how many executions of all machines run, and how many wait for a person."""
    executions = Executions(endpoints, endpoints.clients())

    def count(*statuses: str) -> int:
        return sum(
            len(executions.latest(100, status, machine))
            for machine in executions.machines
            for status in statuses
        )

    running, stuck = count("RUNNING"), count(*ENDED_BADLY)
    print(f"executions: {running} running, {stuck} waiting for a person")


def _http(url: str, expected: int) -> str:
    answer = call(url)
    if answer.status != expected:
        raise ApiError(f"GET {url} answers {answer.status}")
    return "answers"


def _redis(address: str) -> str:
    if not valkey.is_ready(int(address.rpartition(":")[2])):
        raise ApiError(f"{address} does not answer")
    return "answers"


def _stack(endpoints: Endpoints) -> str:
    clients = endpoints.clients()
    described = clients.states.describe_state_machine(
        stateMachineArn=endpoints.state_machines["PlaceOrder"]
    )
    table_size = clients.dynamodb.describe_table(TableName=endpoints.tables["orders"])["Table"]
    return (
        f"{described['name']} is {described['status']}, {table_size['ItemCount']} items of orders"
    )
