"""Projects into each product whether it is in stock, as the inventory tells it by SKU."""

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from contracts.events.inventory import AvailabilityChanged
from functions.catalog.attempts import Pause, decided, pause
from functions.catalog.store import CatalogReads, ProductWrites, Sku
from functions.shared import clients
from functions.shared.clock import Clock, utc_now
from functions.shared.deliveries import delivery, handle_each
from functions.shared.dynamodb import DynamoDatabase
from functions.shared.settings import setting
from functions.shared.writes import Write


@dataclass(frozen=True, slots=True)
class ProjectStock:
    """Notes what the inventory tells, and brings the product to its next version if it matters."""

    reads: CatalogReads
    writes: ProductWrites
    now: Clock
    pause: Pause = pause

    def __call__(self, sku: str, in_stock: bool, version: int) -> None:
        """Takes what the inventory told of a SKU, unless it has told something newer.

        Args:
            version: grows with everything that the inventory tells of the SKU.
        """
        decided(lambda: self._project(sku, in_stock, version), self.pause)

    def _project(self, sku: str, in_stock: bool, version: int) -> None:
        known = self.reads.skus([sku])[sku]
        if known.told >= version:
            return
        told = self.writes.tell_stock(known, in_stock, version)
        self.reads.database.transact([told, *self._product(known, in_stock)])

    def _product(self, known: Sku, in_stock: bool) -> list[Write]:
        """What follows for the product; nothing while the SKU is no variant's, or is as it was."""
        product = self.reads.product(known.variant[0]) if known.variant else None
        variant = product.variant(known.variant[1]) if product and known.variant else None
        if product is None or variant is None or variant.in_stock == in_stock or not product.sold:
            return []
        after = product.with_variant(replace(variant, in_stock=in_stock)).summed_up()
        return self.writes.change_variants(product, after, {}, self.now())


@cache
def _project_stock() -> ProjectStock:
    table = setting("CATALOG_TABLE")
    reads = CatalogReads(DynamoDatabase(clients.dynamodb), table)
    return ProjectStock(reads, ProductWrites(table), utc_now)


def _project(body: str) -> None:
    told = delivery(body, AvailabilityChanged).detail
    _project_stock()(told.data.sku, told.data.in_stock, told.metadata.aggregate_version)


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """A batch of AvailabilityChanged."""
    return handle_each(event, _project, "stock not projected")
