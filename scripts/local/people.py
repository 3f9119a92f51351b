"""The people of the local stage: two customers and an operator, and the payment provider's key."""

import json
from collections.abc import Callable, Mapping

from scripts.kit.clients import Clients
from scripts.kit.endpoints import User
from scripts.local.payment_sandbox.core import DEFAULT_API_KEY

PASSWORD = "Local-Shop-2026!"  # noqa: S105 - of a machine's own embedded cloud, which is no secret
USERS = (
    User("ada", PASSWORD, "customer"),
    User("linus", PASSWORD, "customer"),
    User("grace", PASSWORD, "operator"),
)


def seed_people(clients: Clients, user_pool: str, say: Callable[[str], None]) -> None:
    """Create who is missing, with their passwords and groups."""
    cognito = clients.cognito
    present = {
        user["Username"] for user in cognito.list_users(UserPoolId=user_pool, Limit=60)["Users"]
    }
    for user in USERS:
        if user.username not in present:
            email = f"{user.username}@example.com"
            add_person(clients, user_pool, user, email)
            say(f"  {user.role} {user.username} <{email}>")
        cognito.admin_add_user_to_group(
            UserPoolId=user_pool, Username=user.username, GroupName=user.role
        )


def add_person(clients: Clients, user_pool: str, user: User, email: str) -> str:
    """Create somebody of no group yet, who can log in at once. Returns their subject."""
    made = clients.cognito.admin_create_user(
        UserPoolId=user_pool,
        Username=user.username,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": email},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    clients.cognito.admin_set_user_password(
        UserPoolId=user_pool, Username=user.username, Password=user.password, Permanent=True
    )
    return next(one["Value"] for one in made["User"]["Attributes"] if one["Name"] == "sub")


def seed_payment_key(clients: Clients, secret: str) -> None:
    """Store the sandbox's key where the functions look for the provider's; once."""
    store_secret(clients, secret, {"apiKey": DEFAULT_API_KEY})


def store_secret(clients: Clients, secret: str, wanted: Mapping[str, str]) -> None:
    """Give a secret its value, unless it has it."""
    try:
        found = json.loads(clients.secrets.get_secret_value(SecretId=secret)["SecretString"])
    except (clients.secrets.exceptions.ResourceNotFoundException, ValueError, KeyError):
        found = None
    if found != wanted:
        clients.secrets.put_secret_value(SecretId=secret, SecretString=json.dumps(wanted))
