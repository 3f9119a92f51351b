"""What customers are told of by mail, besides the confirmation that is a task of the saga, and what
comes back."""

from typing import Final

from infra.table.rows import FunctionSpec, Grant, dynamodb

SENDS_MAIL: Final = (
    Grant("sender", ("ses:SendEmail",)),
    Grant("mail_set", ("ses:SendEmail",)),
)
"""A mail is sent from an identity, under its configuration set. Source: "Actions, resources, and
condition keys for Amazon Simple Email Service v2".
"""

INFORM_CUSTOMER: Final = FunctionSpec(
    "InformCustomer",
    "functions.notifications.inform.handler",
    ("ORDERS_TABLE", "USER_POOL_ID", "SENDER_ADDRESS"),
    (
        dynamodb("orders", "PutItem", "UpdateItem", "DeleteItem"),
        Grant("user_pool", ("cognito-idp:AdminGetUser",)),
        *SENDS_MAIL,
    ),
)
"""One mail for each event that a customer is told of."""

NOTE_RETURNED: Final = FunctionSpec(
    "NoteReturnedMail",
    "functions.notifications.returned.handler",
    ("ORDERS_TABLE", "USER_POOL_ID"),
    (
        dynamodb("orders", "UpdateItem"),
        Grant("user_pool", ("cognito-idp:AdminGetUser", "cognito-idp:AdminUpdateUserAttributes")),
    ),
    memory=512,
)
"""Notes bounces and complaints."""
