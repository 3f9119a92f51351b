"""The claim on an e-mail: taken before it is sent, because SES has no idempotency key.

A claim that is found taken by a retry means that an attempt died between sending and marking:
whether the mail went out is unknown. It is marked so, counted, and never silently sent again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Self

from boto3.dynamodb.conditions import Attr

from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent


class EmailState(StrEnum):
    """The states of an e-mail."""

    CLAIMED = "CLAIMED"
    SENT = "SENT"
    UNDELIVERABLE = "UNDELIVERABLE"
    UNKNOWN = "UNKNOWN"
    OUTDATED = "OUTDATED"
    """What it was to tell was days old when it came: recorded, not sent."""


TRANSITIONS: Final[Mapping[EmailState, frozenset[EmailState]]] = {
    EmailState.CLAIMED: frozenset({EmailState.SENT, EmailState.UNDELIVERABLE, EmailState.UNKNOWN}),
    EmailState.SENT: frozenset(),
    EmailState.UNDELIVERABLE: frozenset(),
    EmailState.UNKNOWN: frozenset(),
    EmailState.OUTDATED: frozenset(),
}
"""Every allowed move. A claim by which certainly nothing was sent is deleted instead."""


class EmailClaimed(Exception):
    """Another attempt has claimed this e-mail."""


class Returned(StrEnum):
    """What came back of an e-mail that SES took."""

    BOUNCED = "BOUNCED"
    COMPLAINED = "COMPLAINED"


class NothingToReturn(Exception):
    """There is no claim of such an e-mail, or it is known already that it came back."""


ORDER: Final = "ORDER"
CART: Final = "CART"


@dataclass(frozen=True, slots=True)
class MailId:
    """Which e-mail it is, and to whom: ids alone.

    Attributes:
        subject: what it is about, an ORDER or the CART of a customer.
        subject_id: of the order or the customer.
        template: which of those about the same.
    """

    subject: str
    subject_id: str
    template: str
    customer_id: str

    def tags(self) -> dict[str, str]:
        """As SES hands it back with what becomes of the e-mail.

        Tags hold letters, digits, `_` and `-` alone. Source: MessageTag, Amazon SES API v2.
        """
        return {
            "subject": self.subject,
            "subjectId": self.subject_id,
            "template": self.template.replace("#", "_"),
            "customerId": self.customer_id,
        }

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Self:
        """The same again."""
        return cls(
            subject=tags["subject"],
            subject_id=tags["subjectId"],
            template=tags["template"].replace("_", "#"),
            customer_id=tags["customerId"],
        )


def email_key(subject_id: str, template: str, subject: str = ORDER) -> Key:
    """The key of an e-mail about an order, or about the cart of a customer."""
    return Key(f"{subject}#{subject_id}", f"EMAIL#{template}")


class EmailWrites:
    """What may be done to the claim of an e-mail.

    Args:
        table: the orders table's name.
        template: which e-mail it is, of those about the same order or cart.
        subject: whether it is about an ORDER or the CART of a customer, by whose id it is known.
    """

    def __init__(self, table: str, template: str, subject: str = ORDER) -> None:
        self.table = table
        self.template = template
        self.subject = subject

    @classmethod
    def of(cls, table: str, mail: MailId) -> Self:
        """Of the claim of this e-mail."""
        return cls(table, mail.template, mail.subject)

    def claim(self, subject_id: str) -> Write:
        """Takes the claim. Refused with EmailClaimed."""
        return self._first(subject_id, EmailState.CLAIMED)

    def outdated(self, subject_id: str) -> Write:
        """Records that it comes too late to be sent. Refused with EmailClaimed."""
        return self._first(subject_id, EmailState.OUTDATED)

    def unclaim(self, subject_id: str) -> Write:
        """Gives the claim back after a refusal by which certainly nothing was sent."""
        return Write(
            table=self.table,
            key=self._key(subject_id),
            kind="delete",
            condition=moved_from("state", EmailState.CLAIMED),
            refused=_claimed,
        )

    def settle(self, subject_id: str, state: EmailState, message_id: str | None) -> Write:
        """Notes what became of the e-mail. Refused with EmailClaimed if that is known already."""
        changes = {"state": str(state)}
        if message_id:
            changes["messageId"] = message_id
        return Write(
            table=self.table,
            key=self._key(subject_id),
            kind="update",
            changes=changes,
            condition=moved_from("state", *sources(TRANSITIONS, state)),
            refused=_claimed,
        )

    def returned(self, subject_id: str, what: Returned, at: datetime) -> Write:
        """Notes that it came back, whatever is known of its sending. Refused with NothingToReturn.

        An attribute of its own, not a state: it may come before the sender has noted that it sent.
        """
        return Write(
            table=self.table,
            key=self._key(subject_id),
            kind="update",
            changes={"returned": str(what), "returnedAt": at.isoformat()},
            condition=Attr("state").exists() & Attr("returned").not_exists(),
            refused=lambda _: NothingToReturn(),
        )

    def _key(self, subject_id: str) -> Key:
        return email_key(subject_id, self.template, self.subject)

    def _first(self, subject_id: str, state: EmailState) -> Write:
        return Write(
            table=self.table,
            key=self._key(subject_id),
            kind="put",
            item={"state": str(state)},
            condition=absent(),
            refused=_claimed,
        )


def _claimed(item: Item | None) -> Exception:
    return EmailClaimed(f"the e-mail is {item['state'] if item else 'not claimed'}")
