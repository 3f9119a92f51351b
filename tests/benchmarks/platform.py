"""A platform of the benchmarks' own: the deployed stack on free ports, gone afterwards."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scripts.kit.endpoints import Endpoints
from scripts.local.bringup import bring_up
from scripts.local.deploy import STACK, clients_of, stack_outputs
from scripts.local.platform import Platform
from scripts.local.ports import Ports
from tests.benchmarks.cost.dynamodb_rules import Index
from tests.benchmarks.packages import FOLDER


@dataclass(frozen=True, slots=True)
class Bench:
    """A running platform, and the outputs of its stack."""

    platform: Platform
    endpoints: Endpoints
    outputs: dict[str, str]

    def indexes(self) -> dict[str, list[Index]]:
        """The indexes of the deployed tables, by the table's short name."""
        return {
            name: [_index(one) for one in self._described(name).get("GlobalSecondaryIndexes", [])]
            for name in self.endpoints.tables
        }

    def template(self) -> dict[str, Any]:
        """The stack as it was synthesised."""
        text = (self.platform.folder / "cdk.out" / f"{STACK}.template.json").read_text()
        template: dict[str, Any] = json.loads(text)
        return template

    def copy_tables(self, suffix: str) -> dict[str, str]:
        """Empty tables with the keys and indexes of the deployed ones, whose streams feed nobody.

        Returns:
            Their names by the short name.
        """
        client = self.endpoints.clients().dynamodb
        names = {}
        for short, deployed in self.endpoints.tables.items():
            names[short] = f"{deployed}-{suffix}"
            described = self._described(short)
            indexes: Any = [
                {key: one[key] for key in ("IndexName", "KeySchema", "Projection")}
                for one in described["GlobalSecondaryIndexes"]
            ]
            request: Any = {key: described[key] for key in ("AttributeDefinitions", "KeySchema")}
            client.create_table(
                TableName=names[short],
                BillingMode="PAY_PER_REQUEST",
                GlobalSecondaryIndexes=indexes,
                **request,
            )
        return names

    def _described(self, name: str) -> dict[str, Any]:
        client = self.endpoints.clients().dynamodb
        table: Any = client.describe_table(TableName=self.endpoints.tables[name])["Table"]
        return dict(table)


@contextmanager
def running(say: Callable[[str], None]) -> Iterator[Bench]:
    """Brings one up, seeded, and takes it down with all that it has written."""
    folder = FOLDER / "platform"
    shutil.rmtree(folder, ignore_errors=True)
    platform = Platform(folder, Ports.from_kernel())
    with platform.lock():
        try:
            endpoints = bring_up(platform, folder, say)
            yield Bench(platform, endpoints, stack_outputs(clients_of(platform)) or {})
        finally:
            platform.stop(say)
    shutil.rmtree(folder, ignore_errors=True)


def _index(described: dict[str, Any]) -> Index:
    keys = {key["KeyType"]: key["AttributeName"] for key in described["KeySchema"]}
    projection = described["Projection"]
    whole = projection["ProjectionType"] == "ALL"
    return Index(
        described["IndexName"],
        keys["HASH"],
        keys["RANGE"],
        None if whole else frozenset(projection.get("NonKeyAttributes", ())),
    )
