"""The client of production: encrypted, with a token of the function's own role."""

from typing import Any
from urllib.parse import parse_qs

import pytest

from functions.carts import client as module
from functions.carts.signing import IamCredentials


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the client is made with, instead of connecting."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(module, "RedisCluster", lambda **options: given.update(options))
    monkeypatch.setenv("CART_REDIS", "cache.example:6379")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    module.redis.cache_clear()
    return given


def test_on_aws_the_connection_is_encrypted(
    made: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CART_REDIS_USER", "carts")
    monkeypatch.setenv("CART_REDIS_CACHE", "the-cache")
    module.redis()
    assert (made["host"], made["port"]) == ("cache.example", 6379)
    assert made["ssl"] is True
    assert isinstance(made["credential_provider"], IamCredentials)


def test_on_one_machine_it_is_not(made: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CART_REDIS_USER", raising=False)
    module.redis()
    assert made["ssl"] is False
    assert made["credential_provider"] is None


def test_a_token_is_a_signed_request_to_connect() -> None:
    user, token = IamCredentials("carts", "the-cache", "eu-central-1").get_credentials()
    assert user == "carts"
    address, _, query = token.partition("?")
    assert address == "the-cache/"
    signed = parse_qs(query)
    assert signed["Action"] == ["connect"]
    assert signed["User"] == ["carts"]
    assert signed["ResourceType"] == ["ServerlessCache"]
    assert signed["X-Amz-Expires"] == ["900"]
    assert "/eu-central-1/elasticache/aws4_request" in signed["X-Amz-Credential"][0]
    assert signed["X-Amz-Signature"]
