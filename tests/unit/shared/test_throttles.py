"""A database that is throttled or contended: waited for within a bound, then told apart."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from functions.shared.dynamodb import ATTEMPTS, DynamoDatabase
from functions.shared.errors import Contended, RetryableError, Throttled
from functions.shared.writes import Item, Key, Write

KEY = Key("LAMP#1", "METADATA")
ITEM = {"PK": {"S": KEY.PK}, "SK": {"S": KEY.SK}}
CONTENTION = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"]
LONGEST_WAIT = 2.5
"""Seconds that one attempt of a task may spend on waiting: its function's time-out is far above."""


class Refused(Exception):
    """The condition does not hold."""


def refused(_: Item | None) -> Exception:
    return Refused()


CHECK = Write("lamps", KEY, "check", condition=Attr("PK").exists(), refused=refused)


@pytest.fixture
def dynamodb() -> Iterator[Stubber]:
    client = boto3.client(
        "dynamodb", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="x"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def database(dynamodb: Stubber, waits: list[float]) -> DynamoDatabase:
    client: Any = dynamodb.client
    return DynamoDatabase(lambda: client, waits.append)


def cancelled(dynamodb: Stubber, *codes: str) -> None:
    """The next transaction is cancelled for these reasons, one of each write."""
    dynamodb.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


@pytest.mark.parametrize("code", CONTENTION)
def test_a_transaction_is_tried_again(
    database: DynamoDatabase, dynamodb: Stubber, waits: list[float], code: str
) -> None:
    cancelled(dynamodb, "None", code)
    cancelled(dynamodb, code, "TransactionConflict")
    dynamodb.add_response("transact_write_items", {})
    database.transact([CHECK, CHECK])
    assert len(waits) == 2


@pytest.mark.parametrize("code", CONTENTION)
def test_a_transaction_is_given_up_as_having_had_no_effect(
    database: DynamoDatabase, dynamodb: Stubber, waits: list[float], code: str
) -> None:
    for _ in range(ATTEMPTS):
        cancelled(dynamodb, code)
    with pytest.raises(Contended):
        database.transact([CHECK])
    assert issubclass(Contended, RetryableError)
    assert sum(waits) <= LONGEST_WAIT


def test_a_refused_condition_counts_more_than_contention(
    database: DynamoDatabase, dynamodb: Stubber
) -> None:
    cancelled(dynamodb, "TransactionConflict", "ConditionalCheckFailed")
    with pytest.raises(Refused):
        database.transact([CHECK, CHECK])


def test_what_is_wrong_with_the_request_is_not_tried_again(
    database: DynamoDatabase, dynamodb: Stubber, waits: list[float]
) -> None:
    cancelled(dynamodb, "TransactionConflict", "ValidationError")
    with pytest.raises(ClientError, match="TransactionCanceled"):
        database.transact([CHECK, CHECK])
    assert waits == []


def unread(*keys: Any) -> dict[str, Any]:
    """The answer of a batch that leaves keys unread."""
    pending = {"lamps": {"Keys": list(keys), "ConsistentRead": True}} if keys else {}
    return {"Responses": {} if keys else {"lamps": [ITEM]}, "UnprocessedKeys": pending}


def test_what_a_batch_left_unread_is_asked_for_again(
    database: DynamoDatabase, dynamodb: Stubber, waits: list[float]
) -> None:
    dynamodb.add_response("batch_get_item", unread(ITEM))
    dynamodb.add_response("batch_get_item", unread())
    assert database.read({"lamps": [KEY]}) == {"lamps": {KEY: KEY._asdict()}}
    assert len(waits) == 1


def test_a_batch_that_is_never_read_is_given_up(
    database: DynamoDatabase, dynamodb: Stubber, waits: list[float]
) -> None:
    for _ in range(ATTEMPTS):
        dynamodb.add_response("batch_get_item", unread(ITEM))
    with pytest.raises(Throttled):
        database.read({"lamps": [KEY]})
    assert sum(waits) <= LONGEST_WAIT


@pytest.mark.parametrize(
    "code",
    ["ProvisionedThroughputExceededException", "ThrottlingException", "RequestLimitExceeded"],
)
def test_a_throttled_call_goes_up_as_it_is(
    database: DynamoDatabase, dynamodb: Stubber, code: str
) -> None:
    """The SDK has tried it three times by then; the state machine retries every technical error."""
    dynamodb.add_client_error("transact_write_items", code)
    with pytest.raises(ClientError, match=code):
        database.transact([CHECK])
