"""The claim on an e-mail: taken before it is sent, because SES has no idempotency key.

A claim that is found taken by a retry means that an attempt died between sending and marking:
whether the mail went out is unknown. It is marked so, counted, and never silently sent again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from functions.shared.transitions import moved_from, sources
from functions.shared.writes import Item, Key, Write, absent


class EmailState(StrEnum):
    """The states of an e-mail."""

    CLAIMED = "CLAIMED"
    SENT = "SENT"
    UNDELIVERABLE = "UNDELIVERABLE"
    UNKNOWN = "UNKNOWN"


TRANSITIONS: Final[Mapping[EmailState, frozenset[EmailState]]] = {
    EmailState.CLAIMED: frozenset({EmailState.SENT, EmailState.UNDELIVERABLE, EmailState.UNKNOWN}),
    EmailState.SENT: frozenset(),
    EmailState.UNDELIVERABLE: frozenset(),
    EmailState.UNKNOWN: frozenset(),
}
"""Every allowed move. A claim by which certainly nothing was sent is deleted instead."""


class EmailClaimed(Exception):
    """Another attempt has claimed this e-mail."""


def email_key(order_id: str, template: str) -> Key:
    """The key of an order's e-mail, in the order's partition."""
    return Key(f"ORDER#{order_id}", f"EMAIL#{template}")


class EmailWrites:
    """What may be done to the claim of an order's e-mail.

    Args:
        table: the orders table's name.
        template: which e-mail of the order.
    """

    def __init__(self, table: str, template: str) -> None:
        self.table = table
        self.template = template

    def claim(self, order_id: str) -> Write:
        """Takes the claim. Refused with EmailClaimed."""
        return Write(
            table=self.table,
            key=email_key(order_id, self.template),
            kind="put",
            item={"state": str(EmailState.CLAIMED)},
            condition=absent(),
            refused=_claimed,
        )

    def unclaim(self, order_id: str) -> Write:
        """Gives the claim back after a refusal by which certainly nothing was sent."""
        return Write(
            table=self.table,
            key=email_key(order_id, self.template),
            kind="delete",
            condition=moved_from("state", EmailState.CLAIMED),
            refused=_claimed,
        )

    def settle(self, order_id: str, state: EmailState, message_id: str | None) -> Write:
        """Notes what became of the e-mail. Refused with EmailClaimed if that is known already."""
        changes = {"state": str(state)}
        if message_id:
            changes["messageId"] = message_id
        return Write(
            table=self.table,
            key=email_key(order_id, self.template),
            kind="update",
            changes=changes,
            condition=moved_from("state", *sources(TRANSITIONS, state)),
            refused=_claimed,
        )


def _claimed(item: Item | None) -> Exception:
    return EmailClaimed(f"the e-mail is {item['state'] if item else 'not claimed'}")
