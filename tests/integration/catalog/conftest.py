"""Empty tables in moto."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from tests.support.tables import create_table

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def client() -> Iterator["DynamoDBClient"]:
    """A client of DynamoDB with the tables `catalog` and `inventory`."""
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        create_table(dynamodb, "catalog", "GSI1")
        create_table(dynamodb, "inventory", "GSI1")
        yield dynamodb
