"""GET /openapi.json and GET /docs: what the API takes and answers. Both lie in the package."""

from functools import cache
from pathlib import Path
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from contracts.published import DOCUMENT, PAGE
from functions.shared.http import JSON, http_handler, respond_text_if_changed

HTML: Final = "text/html; charset=utf-8"
_CACHED: Final = {"Cache-Control": "public, max-age=300"}
_PAGE_HEADERS: Final = {
    **_CACHED,
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
}

app = APIGatewayHttpResolver()


@app.get("/openapi.json")
def get_document() -> Response[Any]:
    """The OpenAPI document."""
    return respond_text_if_changed(app, _text(DOCUMENT), JSON, _CACHED)


@app.get("/docs")
def get_page() -> Response[Any]:
    """The same as a page, which runs nothing and loads nothing."""
    return respond_text_if_changed(app, _text(PAGE), HTML, _PAGE_HEADERS)


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


handler = http_handler(app)
