"""Put the example catalog and its stock into a stage: products to try a new deployment with.

scripts/shop --stage dev seed

Only what is missing is written. A shop's own products come by the API, as operators
(docs/deploy.md); these are not for prod.
"""

import argparse

from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import seed
from scripts.kit.progress import Progress
from scripts.kit.stacks import load_endpoints


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add nothing: this verb has no options."""


def run(args: argparse.Namespace) -> int:  # noqa: ARG001 - it has no options
    """Write what is missing."""
    endpoints = load_endpoints()
    client = endpoints.clients().dynamodb
    progress = Progress()
    seed(
        DynamoDatabase(lambda: client),
        catalog_table=endpoints.tables["catalog"],
        inventory_table=endpoints.tables["inventory"],
        progress=lambda done, total: progress.show(f"catalog and stock: {done} of {total}"),
    )
    progress.clear()
    print("The example catalog is there.")
    return 0
