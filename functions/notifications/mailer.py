"""Sending e-mail by SES, and finding the address of a customer."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from functions.notifications.message import Message
from functions.shared.errors import RetryableError

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient
    from mypy_boto3_sesv2 import SESV2Client


class Undeliverable(Exception):
    """The address or the message is refused for good."""


class NotSent(RetryableError):
    """SES answered that it did not send, and may later."""


class Mailer(Protocol):
    """Sends e-mail."""

    def send(self, address: str, message: Message, tags: Mapping[str, str]) -> str:
        """Sends and returns the message id.

        Args:
            tags: what a bounce or complaint is to name.

        Raises:
            Undeliverable: it will never be sent.
            NotSent: it was not sent, and may be later.
            Exception: anything else leaves unknown whether it was sent.
        """


class AddressBook(Protocol):
    """Knows the e-mail addresses of customers."""

    def address_of(self, customer_id: str) -> str | None:
        """The verified address, or None if the customer has none (any more), or wants no mail."""

    def give_up(self, customer_id: str, address: str) -> bool:
        """Has no mail sent to the address of a customer any more, until the customer has another.

        Returns:
            Whether that is news: it is the customer's address, and was not given up before.
        """


_FOR_GOOD: Final = frozenset({"MessageRejected", "BadRequestException"})
_LATER: Final = frozenset(
    {
        "TooManyRequestsException",
        "LimitExceededException",
        "AccountSuspendedException",
        "SendingPausedException",
        "MailFromDomainNotVerifiedException",
        "NotFoundException",
    }
)
"""Errors of SendEmail (Amazon SES API v2 reference) by which nothing was sent, but may be later:
what is wrong there is the account's, not the message's."""


class SesMailer:
    """`Mailer` on SES.

    Args:
        sender: the address it comes from, verified in SES.
    """

    def __init__(self, client: Callable[[], "SESV2Client"], sender: str) -> None:
        self._client = client
        self._sender = sender

    def send(self, address: str, message: Message, tags: Mapping[str, str]) -> str:
        """See `Mailer.send`."""
        try:
            answer = self._client().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [address]},
                EmailTags=[{"Name": name, "Value": value} for name, value in tags.items()],
                Content={
                    "Simple": {
                        "Subject": _utf8(message.subject),
                        "Body": {"Text": _utf8(message.text), "Html": _utf8(message.html)},
                    }
                },
            )
        except (ConnectTimeoutError, EndpointConnectionError) as error:  # no connection came about
            raise NotSent(type(error).__name__) from None
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _FOR_GOOD:
                raise Undeliverable(code) from None
            if code in _LATER:
                raise NotSent(code) from None
            raise
        return answer["MessageId"]


def _utf8(text: str) -> Any:
    return {"Data": text, "Charset": "UTF-8"}


GIVEN_UP: Final = "custom:undeliverable"
"""The attribute that holds the address of a user to which nothing is sent any more. It stands where
addresses stand, so that it costs no read, goes with its user, and lapses with another address."""


class UserPoolAddressBook:
    """`AddressBook` on a Cognito user pool: access tokens carry no addresses.

    Args:
        pool_id: of the user pool. AdminGetUser takes the `sub` of a local user as its username.
    """

    def __init__(self, client: Callable[[], "CognitoIdentityProviderClient"], pool_id: str) -> None:
        self._client = client
        self._pool_id = pool_id

    def address_of(self, customer_id: str) -> str | None:
        """See `AddressBook.address_of`."""
        known = self._attributes(customer_id)
        address = known.get("email")
        verified = known.get("email_verified", "").lower() == "true"
        return address if verified and address != known.get(GIVEN_UP) else None

    def give_up(self, customer_id: str, address: str) -> bool:
        """See `AddressBook.give_up`."""
        known = self._attributes(customer_id)
        present = known.get("email", "")
        if present.lower() != address.lower() or present == known.get(GIVEN_UP):
            return False
        self._client().admin_update_user_attributes(
            UserPoolId=self._pool_id,
            Username=customer_id,
            UserAttributes=[{"Name": GIVEN_UP, "Value": present}],
        )
        return True

    def _attributes(self, customer_id: str) -> dict[str, str]:
        """The user's attributes; none where there is no such user."""
        try:
            user = self._client().admin_get_user(UserPoolId=self._pool_id, Username=customer_id)
        except self._client().exceptions.UserNotFoundException:
            return {}
        return {one["Name"]: one.get("Value", "") for one in user["UserAttributes"]}
