"""The functions and routes of the platform as data: what each runs, reads, and may do."""

from dataclasses import replace
from typing import Final

from infra.table import (
    carts,
    catalog,
    docs,
    edge,
    events,
    inventory,
    notifications,
    orders,
    payments,
    saga,
    search,
    settlement,
)
from infra.table.rows import reads_secret

APIS: Final = tuple(
    replace(
        spec,
        environment=(*spec.environment, "ORIGIN_SECRET_ARN"),
        grants=(*spec.grants, reads_secret("origin_secret")),
    )
    for spec in (
        *carts.APIS,
        *orders.APIS,
        *catalog.APIS,
        *inventory.APIS,
        *payments.APIS,
        *search.APIS,
        *docs.APIS,
    )
)
"""What stands behind a route: it knows what comes by the edge, where the stage has one."""

BEHIND_AN_EDGE: Final = (edge.PURGE_PAGES,)
"""What only a stage with an edge has, in a stack of its own."""

FUNCTIONS: Final = (
    *saga.TASKS,
    *APIS,
    settlement.RECONCILE,
    *settlement.SCHEDULED,
    payments.PAYMENT_EVENTS,
    settlement.AUDIT,
    inventory.WATCH_STOCK,
    catalog.PROJECT_STOCK,
    catalog.NOTE_PURCHASES,
    notifications.INFORM_CUSTOMER,
    notifications.NOTE_RETURNED,
    carts.TAKE_ORDERED,
    carts.REPORT_ABANDONED,
    events.RELAY,
    events.REDRIVE,
    events.EVENT_LOG,
    *BEHIND_AN_EDGE,
    search.INDEX_PRODUCTS,
    search.OPERATE_ENGINE,
)

ROUTES: Final = (
    *carts.ROUTES,
    *orders.ROUTES,
    *catalog.ROUTES,
    *inventory.ROUTES,
    *payments.ROUTES,
    *search.ROUTES,
    *docs.ROUTES,
)
