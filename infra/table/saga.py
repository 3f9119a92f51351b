"""The tasks of the state machines."""

from typing import Final

from infra.table.notifications import SENDS_MAIL
from infra.table.payments import PAYMENTS_ENVIRONMENT, PAYMENTS_KEY
from infra.table.rows import FunctionSpec, Grant, dynamodb

TASKS: Final = (
    FunctionSpec(
        "ChargePayment",
        "functions.checkout.charge_payment.handler",
        ("ORDERS_TABLE", *PAYMENTS_ENVIRONMENT),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            PAYMENTS_KEY,
        ),
        extras=("payments",),
    ),
    FunctionSpec(
        "ReserveInventory",
        "functions.checkout.reserve_inventory.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE", "HOLD_SECONDS"),
        (
            dynamodb("orders", "BatchGetItem", "UpdateItem"),
            dynamodb("inventory", "BatchGetItem", "GetItem", "PutItem", "UpdateItem"),
        ),
    ),
    FunctionSpec(
        "ConfirmOrder",
        "functions.checkout.confirm_order.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE", *PAYMENTS_ENVIRONMENT),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            dynamodb("inventory", "UpdateItem"),
            PAYMENTS_KEY,
        ),
        extras=("payments",),
    ),
    FunctionSpec(
        "SendConfirmation",
        "functions.checkout.send_confirmation.handler",
        ("ORDERS_TABLE", "USER_POOL_ID", "SENDER_ADDRESS"),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"),
            Grant("user_pool", ("cognito-idp:AdminGetUser",)),
            *SENDS_MAIL,
        ),
    ),
    FunctionSpec(
        "RejectOrder",
        "functions.checkout.reject_order.handler",
        ("ORDERS_TABLE",),
        (dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),),
    ),
    FunctionSpec(
        "ReleaseInventory",
        "functions.checkout.release_inventory.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE"),
        (
            dynamodb("orders", "BatchGetItem", "UpdateItem"),
            dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
        ),
    ),
    FunctionSpec(
        "RefundPayment",
        "functions.checkout.refund_payment.handler",
        ("ORDERS_TABLE", *PAYMENTS_ENVIRONMENT),
        (dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"), PAYMENTS_KEY),
        extras=("payments",),
    ),
    FunctionSpec(
        "IssueRefund",
        "functions.checkout.issue_refund.handler",
        ("ORDERS_TABLE", *PAYMENTS_ENVIRONMENT),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem", "ConditionCheckItem"),
            PAYMENTS_KEY,
        ),
        extras=("payments",),
    ),
    FunctionSpec(
        "RestockInventory",
        "functions.checkout.restock_inventory.handler",
        ("ORDERS_TABLE", "INVENTORY_TABLE"),
        (
            dynamodb("orders", "BatchGetItem", "PutItem", "UpdateItem"),
            dynamodb("inventory", "BatchGetItem", "PutItem", "UpdateItem"),
        ),
    ),
)
"""The saga's tasks, each named like its state."""
