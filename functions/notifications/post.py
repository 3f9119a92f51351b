"""One mail, once: claimed before it is sent, settled after. Where the claim stands is the sender's
matter: in an item of its own, or with what the mail is about.
"""

from dataclasses import dataclass
from typing import Protocol

from functions.notifications.claims import EmailState, MailId
from functions.notifications.mailer import AddressBook, Mailer, NotSent, Undeliverable
from functions.notifications.message import Message
from functions.shared.logs import count


class Claim(Protocol):
    """What keeps one mail from being sent twice."""

    @property
    def mail(self) -> MailId:
        """Which mail it is, and to whom."""

    def take(self) -> bool:
        """Takes it, before the mail is sent. Whether nobody had."""

    def give_back(self) -> None:
        """Gives it back after a refusal by which certainly nothing was sent."""

    def settle(self, state: EmailState, message_id: str | None) -> bool:
        """Notes what became of the mail. Whether that was not known yet."""


@dataclass(frozen=True, slots=True)
class Post:
    """Sends mails to customers."""

    addresses: AddressBook
    mailer: Mailer

    def send(self, claim: Claim, message: Message) -> None:
        """Claims, sends, settles.

        A claim that is taken already is an attempt that died, or is still at work: whether its mail
        went out is unknown, and it is settled so.

        Raises:
            NotSent: it was not sent, and its claim is given back.
        """
        address = self.addresses.address_of(claim.mail.customer_id)
        if not claim.take():
            _settle(claim, EmailState.UNKNOWN)
        elif address is None:
            _settle(claim, EmailState.UNDELIVERABLE)
        else:
            self._send(claim, address, message)

    def _send(self, claim: Claim, address: str, message: Message) -> None:
        try:
            message_id = self.mailer.send(address, message, claim.mail.tags())
        except Undeliverable:
            _settle(claim, EmailState.UNDELIVERABLE)
        except NotSent:
            claim.give_back()
            raise
        else:
            _settle(claim, EmailState.SENT, message_id)


def _settle(claim: Claim, state: EmailState, message_id: str | None = None) -> None:
    if claim.settle(state, message_id):
        count("EmailsSettled", state=str(state))
