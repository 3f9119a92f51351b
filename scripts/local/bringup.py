"""From nothing to a platform that takes orders: start, deploy, seed, tell where everything is.

`make run` and the tests both use it, each with its own folder and ports.
"""

from collections.abc import Callable
from pathlib import Path

from opensearchpy.exceptions import ConnectionError as NoConnection

from functions.search.engine import SearchUnavailable
from functions.shared.dynamodb import DynamoDatabase
from scripts.dev.seed_catalog import EXAMPLE_ORDER, seed
from scripts.kit.backfill import Backfill, read_position
from scripts.kit.endpoints import Endpoints, write_json
from scripts.kit.engine import engine_of
from scripts.kit.migrations import MIGRATIONS
from scripts.kit.products import CatalogProducts
from scripts.kit.reindexing import rebuild
from scripts.kit.search_index import Lease, SearchIndexes
from scripts.local.deploy import clients_of, deploy
from scripts.local.people import USERS, seed_payment_key, seed_people
from scripts.local.platform import ACCESS_KEY, REGION, SECRET_KEY, Platform
from scripts.local.webhooks import connect_webhooks

RATE = 10_000  # items a second: nobody else is on this machine
INDEX_PATIENCE = 30.0  # seconds, for one answer of the search engine

Say = Callable[[str], None]


def bring_up(platform: Platform, folder: Path, say: Say = print) -> Endpoints:
    """Start what does not run, deploy what has changed, seed what is missing.

    Args:
        folder: where `endpoints.json` and `example-order.json` are written.
    """
    say("Starting the platform")
    platform.start(say)
    say("Deploying")
    outputs = deploy(platform, say)
    say("Seeding")
    endpoints = describe(platform, outputs)
    seed_stage(platform, endpoints, outputs, say)
    endpoints.write(folder / "endpoints.json")
    write_json(folder / "example-order.json", EXAMPLE_ORDER)
    return endpoints


def describe(platform: Platform, outputs: dict[str, str]) -> Endpoints:
    """The addresses of a deployed stack in the embedded cloud."""
    return Endpoints.from_outputs(
        outputs,
        api=f"{platform.cloud_url}/_aws/execute-api/{outputs['ApiId']}",
        region=REGION,
        aws=platform.cloud_url,
        access_key=ACCESS_KEY,
        secret_key=SECRET_KEY,
        payments=platform.payments_url,
        mail=f"{platform.cloud_url}/_ministack/ses/messages",
        opensearch=platform.search_url,
        redis=platform.redis,
        users=USERS,
    )


def seed_stage(platform: Platform, endpoints: Endpoints, outputs: dict[str, str], say: Say) -> None:
    """Catalog, stock, people, the provider's key and its events; what is there stays as it is."""
    clients = clients_of(platform)
    seed_payment_key(clients, outputs["PaymentSecretArn"])
    connect_webhooks(clients, outputs["WebhookSecretArn"], platform.payments_url, endpoints.api)
    seed_people(clients, endpoints.user_pool, say)

    def progress(done: int, total: int) -> None:
        if done == total or done % 20 == 0:
            say(f"  catalog and stock: {done} of {total}")

    missing = seed(
        DynamoDatabase(lambda: clients.dynamodb),
        catalog_table=endpoints.tables["catalog"],
        inventory_table=endpoints.tables["inventory"],
        progress=progress,
    )
    if not missing:
        say("  catalog and stock are there: kept as they are")
    bring_up_to_format(endpoints, say)
    index_catalog(endpoints, say)


def bring_up_to_format(endpoints: Endpoints, say: Say) -> None:
    """Do the migrations that were never done, as a release does."""
    client = endpoints.clients().dynamodb
    database = DynamoDatabase(lambda: client)
    for one in MIGRATIONS.values():
        if read_position(database, endpoints.tables[one.table], one.name).done is None:
            Backfill(client, one.work(endpoints), rate=RATE, show=_nobody).run()
            say(f"  items of {one.name}: in their current format")


def index_catalog(endpoints: Endpoints, say: Say) -> None:
    """Build the search index where there is none; without a search engine there is none."""
    client = engine_of(endpoints, INDEX_PATIENCE)
    indexes = SearchIndexes(client)
    catalog = CatalogProducts(endpoints.clients().dynamodb, endpoints.tables["catalog"])
    try:
        if indexes.live() is None:
            done = rebuild(indexes, catalog, Lease(client), say=_nobody, progress=_nobody)
            say(f"  search index: {done.products} products")
    except (NoConnection, SearchUnavailable):
        say("  search index: none, the search engine does not answer")
    finally:
        client.close()


def _nobody(_: str) -> None:
    """Tells nobody."""
