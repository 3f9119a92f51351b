"""Cursors, secrets, problems, and the clock's codec."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Annotated, Any, cast

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import AfterValidator, BaseModel, StringConstraints, ValidationError

from functions.shared.clock import from_millis, to_millis, utc_now
from functions.shared.cursors import Cursors
from functions.shared.problems import Problem, invalid_body, pointer
from functions.shared.secrets import MAX_AGE_SECONDS, Secret


@given(st.dictionaries(st.text(), st.text(), max_size=4))
def test_cursor_comes_back_as_it_went(key: dict[str, str]) -> None:
    cursors = Cursors(lambda: "secret", "scope")
    assert cursors.decode(cursors.encode(key)) == key


@given(st.text())
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(Problem) as refused:
        Cursors(lambda: "secret", "scope").decode(text)
    assert refused.value.status == HTTPStatus.BAD_REQUEST


def test_cursor_is_good_for_its_list_and_key_only() -> None:
    cursor = Cursors(lambda: "secret", "scope").encode({"PK": "a"})
    for other in (Cursors(lambda: "secret", "other"), Cursors(lambda: "rotated", "scope")):
        with pytest.raises(Problem):
            other.decode(cursor)


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_come_back_exactly(millis: int) -> None:
    assert to_millis(from_millis(millis)) == millis


def test_present_moment_is_stored_without_loss() -> None:
    now = utc_now()
    assert from_millis(to_millis(now)) == now


class Vault:
    """Secrets Manager with one secret."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.reads = 0

    def get_secret_value(self, **_: str) -> dict[str, str]:
        """The secret as it is."""
        self.reads += 1
        return {"SecretString": json.dumps({"apiKey": self.value})}


def test_secret_is_kept_and_fetched_anew_when_old_or_refused() -> None:
    vault, now = Vault("one"), [0.0]
    secret = Secret("arn", "apiKey", lambda: cast("Any", vault), monotonic=lambda: now[0])
    assert (secret(), secret(), vault.reads) == ("one", "one", 1)
    vault.value = "two"
    now[0] += MAX_AGE_SECONDS + 1
    assert secret() == "two"
    vault.value = "three"
    assert secret.instead_of("two") == "three"
    assert (secret(), vault.reads) == ("three", 3)


@pytest.fixture
def secrets() -> Iterator[Any]:
    """Secrets Manager with a secret that has been put once."""
    with mock_aws():
        client = boto3.client("secretsmanager", region_name="us-east-1")
        client.create_secret(Name="arn", SecretString=json.dumps({"apiKey": "old"}))
        yield client


def test_while_a_secret_is_rotated_old_and_new_take_each_others_place(secrets: Any) -> None:
    secret = Secret("arn", "apiKey", lambda: secrets)
    assert secret() == "old"
    secrets.put_secret_value(SecretId="arn", SecretString=json.dumps({"apiKey": "new"}))
    assert secret() == "old", "it is kept while nobody refuses it"
    assert (secret.instead_of("old"), secret()) == ("new", "new")
    assert (secret.instead_of("new"), secret()) == ("old", "old"), "the new one was mistyped"
    assert secret.instead_of("old") == "new", "the next refusal looks at the current one again"


def test_a_secret_that_was_never_rotated_has_no_other_value(secrets: Any) -> None:
    secret = Secret("arn", "apiKey", lambda: secrets)
    assert secret.instead_of(secret()) == "old"


def test_secret_never_shows_its_value() -> None:
    secret = Secret("arn", "apiKey", lambda: cast("Any", Vault("sk_live")))
    secret()
    assert "sk_live" not in repr(secret)


def test_pointer_escapes() -> None:
    assert pointer(["a/b", "c~d", 0]) == "/a~1b/c~0d/0"


def test_problem_names_fields_but_never_values() -> None:
    class Body(BaseModel):
        secret: int

    with pytest.raises(ValidationError) as wrong:
        Body.model_validate_json('{"secret": "hunter2"}')
    problem = invalid_body(wrong.value)
    assert problem.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert problem.errors[0]["pointer"] == "/secret"
    assert "hunter2" not in json.dumps(problem.body())


def test_problem_says_what_is_wrong_and_not_how_it_is_checked() -> None:
    def refuse(_: str) -> str:
        raise ValueError("this is not sold")

    class Body(BaseModel):
        line: Annotated[str, StringConstraints(pattern=r"^\P{C}*$")]
        sku: Annotated[str, AfterValidator(refuse)]
        amount: int

    with pytest.raises(ValidationError) as wrong:
        Body.model_validate_json(r'{"line": "\u0007", "sku": "x"}')
    assert [error["detail"] for error in invalid_body(wrong.value).errors] == [
        "The value is not in the form that is allowed",
        "This is not sold",
        "Field required",
    ]
