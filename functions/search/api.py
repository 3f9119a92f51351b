"""GET /search and GET /search/suggest: for everybody, cached by the CDN."""

import json
import time
from collections.abc import Callable, Sequence
from functools import cache
from http import HTTPStatus
from typing import Any, Final

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from functions.search.answer import Answer, last_sort_values, search_page, suggestions
from functions.search.engine import (
    Engine,
    OpenSearchEngine,
    SearchUnavailable,
    connect,
)
from functions.search.query import search_body, suggest_body
from functions.search.request import PARAMETERS, SearchRequest, search_request, words
from functions.shared.cursors import Cursors
from functions.shared.http import HttpHandler, http_handler, parameters, respond_if_changed
from functions.shared.logs import measure
from functions.shared.problems import Problem
from functions.shared.secrets import Secret
from functions.shared.settings import setting

CACHED: Final = {"Cache-Control": "public, max-age=30"}
SUGGESTIONS_CACHED: Final = {"Cache-Control": "public, max-age=300"}
TIMEOUT: Final = 2.0
"""Seconds that the engine is waited for."""
RETRY_AFTER: Final = "5"


def build(engine: Callable[[], Engine], cursor_secret: Callable[[], str]) -> HttpHandler:
    """The handler on an engine, which is made when the first request comes."""
    app = APIGatewayHttpResolver()

    @app.get("/search")
    def get_search() -> Response[Any]:
        """Products that are found, 20 a page, with what there is to choose from."""
        request = search_request(parameters(app, *PARAMETERS))
        cursors = Cursors(cursor_secret, request.scope)
        body = search_body(request, _after(request, cursors))
        answer = _timed(lambda: engine().search(body, request.scope), "search")
        end = last_sort_values(answer)
        following = cursors.encode({"after": json.dumps(end)}) if end else None
        return respond_if_changed(app, search_page(answer, following), CACHED)

    @app.get("/search/suggest")
    def get_suggestions() -> Response[Any]:
        """Names that begin like what was typed."""
        typed = words(parameters(app, "q").get("q", ""))
        if not typed:
            errors = [{"detail": "q is what was typed so far.", "parameter": "q"}]
            raise Problem(HTTPStatus.BAD_REQUEST, "There is nothing to go on.", errors=errors)
        answer = _timed(lambda: engine().search(suggest_body(typed), "suggest"), "suggest")
        return respond_if_changed(app, suggestions(answer), SUGGESTIONS_CACHED)

    return http_handler(app, {SearchUnavailable: _unavailable})


def _after(request: SearchRequest, cursors: Cursors) -> Sequence[Any] | None:
    if request.cursor is None:
        return None
    after: list[Any] = json.loads(cursors.decode(request.cursor)["after"])
    return after


def _timed(search: Callable[[], Answer], kind: str) -> Answer:
    """What a search takes, as the customer waits for it; one that fails is measured as well."""
    began = time.perf_counter()
    try:
        return search()
    finally:
        measure("SearchLatency", (time.perf_counter() - began) * 1000, kind=kind)


def _unavailable(_: SearchUnavailable) -> Problem:
    detail = "Search is not available at the moment; the rest of the shop is."
    headers = {"Retry-After": RETRY_AFTER}
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)


@cache
def _engine() -> Engine:
    client = cache(lambda: connect(setting("SEARCH_ENDPOINT"), TIMEOUT))
    return OpenSearchEngine(client)


@cache
def _cursor_secret() -> Secret:
    return Secret(setting("CURSOR_SECRET_ARN"), "key")


handler = build(_engine, lambda: _cursor_secret()())
