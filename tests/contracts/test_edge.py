"""What the edge relies on, over all routes: what is cached is everybody's, the rest is nobody's."""

import json
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import boto3
import pytest

from contracts.api import OPERATIONS
from contracts.api.rows import Operation, Who
from contracts.edge import ORIGIN_HEADER
from functions.shared import clients
from functions.shared.http import _origin_check
from tests.fuzz.cases import ORDER
from tests.fuzz.in_process import made_shop
from tests.support.moto_api import Answer, InProcessApi, in_process_api

TOKENS: tuple[Mapping[str, str] | None, ...] = (
    {},
    {"token_use": "access", "sub": "ada", "cognito:groups": "[customer]"},
    {"token_use": "access", "sub": "bob", "cognito:groups": "[customer]"},
    {"token_use": "access", "sub": "grace", "cognito:groups": "[customers operators]"},
    {"token_use": "id", "sub": "ada"},
)
QUERIES = {"GET /search": "?q=mug", "GET /search/suggest": "?q=mu"}
PUBLIC = [each for each in OPERATIONS if each.who is Who.ANYBODY and each.method == "GET"]
OTHERS = [each for each in OPERATIONS if each not in PUBLIC]


@pytest.fixture
def api() -> Iterator[InProcessApi]:
    with in_process_api() as api:
        yield api


@pytest.fixture
def known(api: InProcessApi) -> Mapping[str, str]:
    """Path parameters of what there is."""
    return made_shop(api)


Call = Callable[..., Answer]


@pytest.fixture
def call(api: InProcessApi, known: Mapping[str, str]) -> Call:
    """Calls an operation, by default on what there is."""

    def call(
        operation: Operation,
        claims: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        body: Any = None,
        stage: str = "$default",
        given: Mapping[str, str] = known,
        query: str = "",
    ) -> Answer:
        path = {name: value for name, value in given.items() if f"{{{name}}}" in operation.path}
        url = operation.path.format(**path) + (query or QUERIES.get(operation.route, ""))
        sent = json.dumps(body).encode() if body is not None else b""
        return api.call(operation.route, url, path, headers or {}, sent, claims=claims, stage=stage)

    return call


def _of(route: str) -> Operation:
    return next(each for each in OPERATIONS if each.route == route)


def _header(answer: Answer, name: str) -> str:
    return {key.lower(): value for key, value in answer.headers.items()}[name]


def test_what_is_publicly_cached_is_the_same_for_every_token(call: Call) -> None:
    for operation in PUBLIC:
        answers = [
            call(operation, claims, {"Authorization": f"Bearer {n}", "Cookie": f"session={n}"})
            for n, claims in enumerate(TOKENS)
        ]
        assert answers[0].status == HTTPStatus.OK, operation.route
        assert _header(answers[0], "cache-control").startswith("public, max-age=")
        assert answers == [answers[0]] * len(TOKENS), operation.route
        assert "vary" not in map(str.lower, answers[0].headers)


def test_no_problem_is_cached(call: Call, known: Mapping[str, str]) -> None:
    for route, given, query, status in (
        ("GET /products/{productId}", {"productId": "gone"}, "", 404),
        ("GET /products/{productId}/reviews", {"productId": "gone"}, "", 404),
        ("GET /products/{productId}/reviews", None, "?cursor=forged", 400),
        ("GET /categories/{category}/products", None, "?sort=price", 400),
        ("GET /search", None, "?page=0", 400),
        ("GET /search/suggest", None, "?q=%20", 400),
    ):
        answer = call(_of(route), given=given or known, query=query)
        assert (answer.status, _header(answer, "cache-control")) == (status, "no-store")


def test_nothing_of_any_other_route_is_cached(call: Call) -> None:
    """Whatever it answers, to whomever."""
    headers = {"Idempotency-Key": "edge", "If-Match": "*"}
    for operation in OTHERS:
        for claims in (None, *TOKENS):
            said = _header(call(operation, claims, headers), "cache-control")
            assert set(said.split(", ")) & {"no-store", "private"}, operation.route


@pytest.fixture
def guarded(api: InProcessApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mapping[str, str]]:
    """The routes of a stage with an edge. Returns the header that the edge adds."""
    secret = boto3.client("secretsmanager").create_secret(Name="origin", SecretString="from-edge")
    monkeypatch.setenv("ORIGIN_SECRET_ARN", secret["ARN"])
    _origin_check.cache_clear()
    yield {ORIGIN_HEADER: "from-edge"}
    _origin_check.cache_clear()
    boto3.client("secretsmanager").delete_secret(SecretId="origin", ForceDeleteWithoutRecovery=True)


def test_every_route_refuses_what_did_not_come_by_the_edge(
    call: Call, guarded: Mapping[str, str]
) -> None:
    for operation in OPERATIONS:
        for headers in ({}, {ORIGIN_HEADER: "guessed"}):
            refused = call(operation, None, headers)
            assert refused.status == HTTPStatus.FORBIDDEN, operation.route
            assert _header(refused, "cache-control") == "no-store"
            assert b"address of the shop" in refused.body
    for operation in PUBLIC:
        assert call(operation, None, guarded).status == HTTPStatus.OK


def test_the_check_adds_no_call_to_a_warm_order(
    call: Call, guarded: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    for client in (clients.dynamodb(), clients.step_functions(), clients.secrets_manager()):
        client.meta.events.register("before-call", lambda model, **_: made.append(model.name))
    order = ["BatchGetItem", "TransactWriteItems", "StartExecution"]

    def place(key: str) -> None:
        made.clear()
        headers = {**guarded, "Idempotency-Key": key}
        assert call(_of("POST /orders"), None, headers, body=ORDER).status == HTTPStatus.ACCEPTED

    place("cold")
    assert made == ["GetSecretValue", *order]
    for key in ("warm", "warmer"):
        place(key)
        assert made == order


def test_a_location_is_below_the_path_that_the_api_is_served_at(call: Call) -> None:
    """On AWS the gateway's stage is named like the path that the edge serves it at."""
    headers = {"Idempotency-Key": "located"}
    for stage, below in (("$default", ""), ("api", "/api")):
        placed = call(_of("POST /orders"), None, headers, body=ORDER, stage=stage)
        assert placed.status == HTTPStatus.ACCEPTED
        order_id = json.loads(placed.body)["orderId"]
        assert _header(placed, "location") == f"{below}/orders/{order_id}"
