"""What customers are told of by mail, besides the confirmation that is a task of the saga."""

from typing import Final

from infra.table.rows import FunctionSpec, Grant, dynamodb

INFORM_CUSTOMER: Final = FunctionSpec(
    "InformCustomer",
    "functions.notifications.inform.handler",
    ("ORDERS_TABLE", "USER_POOL_ID", "SENDER_ADDRESS"),
    (
        dynamodb("orders", "PutItem", "UpdateItem", "DeleteItem"),
        Grant("user_pool", ("cognito-idp:AdminGetUser",)),
        Grant("sender", ("ses:SendEmail",)),
    ),
)
"""One mail for each event that a customer is told of."""
