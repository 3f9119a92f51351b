"""What is told of a customer's carts, to be deleted (docs/personal-data.md).

The carts themselves are emptied on `CustomerErased`: their store is reached by its functions alone.
"""

from functions.shared.dynamodb import Database, Rows
from functions.shared.writes import Key, Write


def cart_partition(customer_id: str) -> str:
    """The partition of the orders table that holds the events of a customer's carts."""
    return f"CART#{customer_id}"


def erase_cart_events(database: Database, table: str, customer_id: str) -> list[Write]:
    """Deletes each event: they prove nothing, and what is published is read from the stream."""
    rows = Rows(table, cart_partition(customer_id), "EVENT#")
    keys = (Key(item["PK"], item["SK"]) for item in database.query(rows).items)
    return [Write(table, key, "delete") for key in keys]
