"""NoteReturnedMail: queue of SES's bounces and complaints → the mail's claim, and no mail to there.

A bounce says that a mail did not arrive, a complaint that its reader called it spam. Both are noted
on the claim of the mail. To an address that can never be reached, or whose owner complained,
nothing is sent until the customer has another. Nobody has to act on one of them; where there are
too many, SES's reputation raises an alarm.

These events carry addresses. They come by EventBridge's default bus to this queue alone, are never
on the shop's own bus or in its archive, and nothing of them is logged but ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from functions.notifications.claims import EmailWrites, MailId, NothingToReturn, Returned
from functions.notifications.mailer import AddressBook, UserPoolAddressBook
from functions.shared import clients
from functions.shared.deliveries import Malformed, handle_each
from functions.shared.dynamodb import Database, DynamoDatabase
from functions.shared.logs import about, count, logger
from functions.shared.settings import setting

NOT_SPAM: Final = "not-spam"
"""A complaint that takes one back. Source: Feedback-Type, RFC 6650 and IANA's registry of them."""


class _Told(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="ignore", alias_generator=to_camel, hide_input_in_errors=True
    )


class _Recipient(_Told):
    email_address: str


class _Bounce(_Told):
    bounce_type: str
    bounced_recipients: tuple[_Recipient, ...]
    timestamp: AwareDatetime


class _Complaint(_Told):
    complained_recipients: tuple[_Recipient, ...]
    timestamp: AwareDatetime
    complaint_feedback_type: str | None = None


class _Mail(_Told):
    tags: Mapping[str, tuple[str, ...]] = Field(default_factory=dict)


class _Detail(_Told):
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None


class ReturnedMail(_Told):
    """A bounce or a complaint as EventBridge delivers it.

    Source: "Contents of event data that Amazon SES publishes" of the SES guide, and "Amazon Simple
    Email Service events" of the EventBridge reference.
    """

    detail: _Detail

    @property
    def mail(self) -> MailId | None:
        """Which mail came back; None if it was not sent by us."""
        tags = {name: values[0] for name, values in self.detail.mail.tags.items() if values}
        try:
            return MailId.from_tags(tags)
        except KeyError:
            return None


@dataclass(frozen=True, slots=True)
class NoteReturnedMail:
    """Notes what came back. Events may come in any order and more than once."""

    database: Database
    table: str
    addresses: AddressBook

    def __call__(self, event: ReturnedMail) -> str:
        """Says in a word what was done."""
        mail, bounce, complaint = event.mail, event.detail.bounce, event.detail.complaint
        if mail is None:
            return "not ours"
        if complaint is not None and complaint.complaint_feedback_type != NOT_SPAM:
            self._give_up(mail, complaint.complained_recipients)
            return self._note(mail, Returned.COMPLAINED, complaint.timestamp)
        if bounce is not None:
            if bounce.bounce_type == "Permanent":
                self._give_up(mail, bounce.bounced_recipients)
            return self._note(mail, Returned.BOUNCED, bounce.timestamp)
        return "nothing to note"

    def _give_up(self, mail: MailId, recipients: tuple[_Recipient, ...]) -> None:
        """Not the customer's present address: another one bounced, before it was changed."""
        for recipient in recipients:
            if self.addresses.give_up(mail.customer_id, recipient.email_address):
                count("AddressesGivenUp")

    def _note(self, mail: MailId, what: Returned, at: AwareDatetime) -> str:
        writes = EmailWrites.of(self.table, mail)
        try:
            self.database.write(writes.returned(mail.subject_id, what, at))
        except NothingToReturn:
            return "nothing new"
        count("MailsReturned", what=str(what))
        return str(what)


@cache
def _note_returned() -> NoteReturnedMail:
    return NoteReturnedMail(
        DynamoDatabase(clients.dynamodb),
        setting("ORDERS_TABLE"),
        UserPoolAddressBook(clients.user_pools, setting("USER_POOL_ID")),
    )


def _noted(body: str) -> None:
    try:
        event = ReturnedMail.model_validate_json(body)
    except ValidationError as error:
        wrong = [problem["loc"] for problem in error.errors(include_input=False)]
        raise Malformed(f"no bounce or complaint: {wrong}") from None
    about(event.mail.subject_id if event.mail else None)
    logger.info("returned", outcome=_note_returned()(event))


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """A batch of the queue."""
    return handle_each(event, _noted, "not noted")
