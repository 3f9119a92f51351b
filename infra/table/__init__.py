"""The functions and routes of the platform as data: what each runs, reads, and may do."""

from typing import Final

from infra.table import (
    carts,
    catalog,
    docs,
    events,
    inventory,
    notifications,
    orders,
    payments,
    saga,
    search,
    settlement,
)

APIS: Final = (
    *carts.APIS,
    *orders.APIS,
    *catalog.APIS,
    *inventory.APIS,
    *payments.APIS,
    *search.APIS,
    *docs.APIS,
)
"""What stands behind a route."""

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
