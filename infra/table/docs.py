"""The description of the API: one function, which reads nothing but its own package."""

from typing import Final

from contracts.capacity import DESCRIBING
from infra.table.rows import API_TIMEOUT, FunctionSpec, Route

APIS: Final = (
    FunctionSpec("DocsApi", "functions.docs.api.handler", (), (), timeout=API_TIMEOUT, memory=512),
)

ROUTES: Final = (
    Route("GET", "/openapi.json", "DocsApi", public=True, throttle=DESCRIBING),
    Route("GET", "/docs", "DocsApi", public=True, throttle=DESCRIBING),
)
