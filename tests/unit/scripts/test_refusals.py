"""What a verb cannot do is said in one sentence; and it shows what there is only where that is."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import boto3
import pytest
from moto import mock_aws

from scripts.kit.customer import Answer, ApiError, log_in
from scripts.kit.endpoints import Endpoints, User
from scripts.kit.engine import through
from scripts.kit.records import events_of
from scripts.ops import reindex, search
from scripts.ops.__main__ import main
from tests.unit.scripts.test_endpoints import CONTENT

LOCAL = Endpoints.from_json(CONTENT)
AWS = replace(LOCAL, aws=None, opensearch=None)
ADA = User("ada", "Once-Known-2026!", "customer")


class OutOfReach:
    """An engine that nobody reaches, and the function that should."""

    def invoke(self, **_: Any) -> Any:
        """Its error, as Lambda tells it."""
        return {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorMessage": "timed out"}')}


@pytest.mark.parametrize(
    ("endpoints", "said"),
    [
        (LOCAL, f"no search engine answers on {LOCAL.opensearch}: `scripts/shop status` shows"),
        (AWS, "OperateSearchEngine says timed out: `scripts/shop logs OperateSearchEngine` shows"),
    ],
)
@pytest.mark.parametrize("arguments", [["reindex", "--check"], ["reindex"]])
def test_an_index_is_neither_compared_nor_rebuilt_without_an_engine(
    endpoints: Endpoints,
    said: str,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reindex, "load_endpoints", lambda: endpoints)
    monkeypatch.setattr(reindex, "engine_of", lambda *_: through(OutOfReach(), "function"))
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"Not done: {said}")


def test_who_has_no_token_yet_or_any_more_is_told_why() -> None:
    with mock_aws():
        cognito = boto3.client("cognito-idp", region_name=AWS.region)
        made = cognito.create_user_pool(PoolName="shop")["UserPool"]["Id"]
        client = cognito.create_user_pool_client(
            UserPoolId=made, ClientName="shop", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"]
        )["UserPoolClient"]["ClientId"]
        stage = replace(AWS, user_pool=made, client=client)
        with pytest.raises(ApiError, match=r"^ada cannot log in: there is no such user"):
            log_in(stage, ADA)
        cognito.admin_create_user(UserPoolId=made, Username="ada", TemporaryPassword=ADA.password)
        with pytest.raises(ApiError, match=r"^ada cannot log in before .* NEW_PASSWORD_REQUIRED"):
            log_in(stage, ADA)


@pytest.mark.parametrize(
    ("words", "url", "said"),
    [
        ([], "/search?", "all 45 products"),
        (["red", "mug"], "/search?q=red+mug", "'red mug': 45 products"),
    ],
)
def test_a_search_without_words_is_one_for_all_products(
    words: list[str],
    url: str,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked: list[str] = []

    def found(url: str) -> Answer:
        asked.append(url)
        return Answer(200, {}, page)

    page = {"total": 45, "hits": [], "facets": {"categories": []}}
    monkeypatch.setattr(search, "load_endpoints", lambda: LOCAL)
    monkeypatch.setattr(search, "call", found)
    assert main(["search", *words]) == 0
    assert asked == [f"{LOCAL.api}{url}"]
    assert capsys.readouterr().out.splitlines()[0].split(maxsplit=1)[1] == said


def test_events_are_shown_in_the_order_in_which_they_occurred() -> None:
    def event(kind: str, occurred_at: str) -> dict[str, str]:
        detail = json.dumps({"metadata": {"occurredAt": occurred_at}})
        return {"SK": f"EVENT#{kind}", "detail": detail}

    items = [
        {"SK": "METADATA"},
        event("OrderConfirmed", "2026-01-05T12:00:01Z"),
        event("OrderPlaced", "2026-01-05T12:00:00Z"),
        event("InventoryReserved", "2026-01-05T12:00:00.500000Z"),
    ]
    assert events_of(items) == ("OrderPlaced", "InventoryReserved", "OrderConfirmed")
