"""What came by the edge, also while its secret is rotated, and while it cannot be read."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from functions.shared.origin import LOOK_AGAIN_SECONDS, OriginCheck
from functions.shared.secrets import MAX_AGE_SECONDS


class Vault:
    """Secrets Manager with the origin's secret, and a clock."""

    def __init__(self) -> None:
        self.versions = {"AWSCURRENT": "one"}
        self.reads: list[str] = []
        self.away = False
        self.now = 0.0
        self.check = OriginCheck("arn", lambda: cast("Any", self), monotonic=lambda: self.now)

    def get_secret_value(self, **asked: str) -> Mapping[str, str]:
        """A version as it is."""
        version = asked["VersionStage"]
        self.reads.append(version)
        if self.away:
            raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")
        if version not in self.versions:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "GetSecretValue")
        return {"SecretString": self.versions[version]}

    def rotate(self, value: str) -> None:
        """As PutSecretValue does."""
        self.versions = {"AWSPREVIOUS": self.versions["AWSCURRENT"], "AWSCURRENT": value}


def test_what_the_edge_sends_is_read_once_and_passes() -> None:
    vault = Vault()
    assert all(vault.check.passes("one") for _ in range(100))
    assert vault.reads == ["AWSCURRENT"]


@pytest.mark.parametrize("given", [None, "", "on", "one ", "ONE", "two", "önë"])
def test_anything_else_does_not(given: str | None) -> None:
    assert not Vault().check.passes(given)


def test_no_header_asks_nobody() -> None:
    vault = Vault()
    assert not vault.check.passes(None)
    assert vault.reads == []


def test_a_flood_of_wrong_headers_asks_no_more_than_one() -> None:
    vault = Vault()
    assert not any(vault.check.passes(f"guess-{n}") for n in range(100))
    assert vault.reads == ["AWSCURRENT", "AWSPREVIOUS"]


@pytest.mark.parametrize("edge_is_first", [True, False])
@pytest.mark.parametrize("known", [True, False])
def test_a_rotation_has_no_gap(*, edge_is_first: bool, known: bool) -> None:
    """Whichever of edge and function learns of it first, also a function that starts meanwhile."""
    vault = Vault()
    assert not known or vault.check.passes("one")
    vault.now += LOOK_AGAIN_SECONDS + 1
    vault.rotate("two")
    sent = ["one", "two"] if not edge_is_first else ["two", "one"]  # edges change one by one
    for value in (*sent, *sent, "two"):
        assert vault.check.passes(value)


def test_what_was_rotated_away_is_refused_in_the_end() -> None:
    vault = Vault()
    assert vault.check.passes("one")
    vault.rotate("two")
    vault.rotate("three")
    vault.now += MAX_AGE_SECONDS + 1
    assert vault.check.passes("two")
    assert not vault.check.passes("one")


def test_a_known_value_stays_good_while_it_cannot_be_read() -> None:
    vault = Vault()
    assert vault.check.passes("one")
    vault.away = True
    vault.now += MAX_AGE_SECONDS + 1
    assert vault.check.passes("one")
    assert vault.reads == ["AWSCURRENT", "AWSCURRENT"]


def test_nothing_passes_before_it_could_be_read() -> None:
    vault = Vault()
    vault.away = True
    with pytest.raises(ClientError):
        vault.check.passes("one")
