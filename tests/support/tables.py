"""Tables for tests, with the keys and indexes of the deployed ones."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_table(
    client: "DynamoDBClient", name: str, *indexes: str, projection: str = "KEYS_ONLY"
) -> None:
    """Creates a table with PK and SK, and indexes (`GSI1`: GSI1PK and GSI1SK)."""
    names = ["PK", "SK", *(f"{index}{part}" for index in indexes for part in ("PK", "SK"))]
    secondary: Any = [
        {
            "IndexName": index,
            "KeySchema": _schema(f"{index}PK", f"{index}SK"),
            "Projection": {"ProjectionType": projection},
        }
        for index in indexes
    ]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
        KeySchema=_schema("PK", "SK"),
        **({"GlobalSecondaryIndexes": secondary} if secondary else {}),
    )


def _schema(partition: str, sort: str) -> Any:
    return [
        {"AttributeName": partition, "KeyType": "HASH"},
        {"AttributeName": sort, "KeyType": "RANGE"},
    ]
