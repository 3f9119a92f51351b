"""What came back of a mail is noted on its claim, and its address is given up if it must be."""

import json
import re
from collections.abc import Iterator
from itertools import permutations
from typing import Any

import boto3
import pytest
from moto import mock_aws

from functions.notifications import returned
from functions.notifications.claims import (
    CART,
    ORDER,
    EmailState,
    EmailWrites,
    MailId,
    email_key,
)
from functions.notifications.mailer import UserPoolAddressBook
from functions.notifications.returned import NoteReturnedMail, ReturnedMail
from functions.shared.writes import Item
from tests.support.memory import MemoryDatabase
from tests.support.returned_mail import AT, bounced, complained
from tests.support.shop import Mailbox

ADA = "ada@example.com"
MAIL = MailId(ORDER, "order-1", "OrderRejected#0b5c0f52-9d61-5f0e-8f6c-3b9c0a3f1d11", "customer-1")
TAGS = MAIL.tags()


class Desk:
    """A mail was sent to Ada; what SES tells of it is noted."""

    def __init__(self) -> None:
        self.database = MemoryDatabase()
        self.mailbox = Mailbox()
        self.writes = EmailWrites.of("orders", MAIL)
        self.database.write(self.writes.claim("order-1"))

    def sent(self) -> None:
        self.database.write(self.writes.settle("order-1", EmailState.SENT, "message-1"))

    def note(self, event: dict[str, Any]) -> str:
        note = NoteReturnedMail(self.database, "orders", self.mailbox)
        return note(ReturnedMail.model_validate_json(json.dumps(event)))

    @property
    def claim(self) -> Item:
        item = self.database.item("orders", email_key("order-1", MAIL.template))
        assert item is not None
        return item

    @property
    def mails_ada(self) -> bool:
        return self.mailbox.address_of("customer-1") is not None


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    made.sent()
    return made


def test_a_hard_bounce_is_noted_and_its_address_given_up(desk: Desk) -> None:
    assert desk.note(bounced("Ada@Example.com", TAGS)) == "BOUNCED"
    assert desk.claim["state"] == "SENT"
    assert (desk.claim["returned"], desk.claim["returnedAt"][:19]) == ("BOUNCED", AT[:19])
    assert not desk.mails_ada


@pytest.mark.parametrize("kind", ["Transient", "Undetermined"])
def test_a_full_mailbox_gives_no_address_up(desk: Desk, kind: str) -> None:
    assert desk.note(bounced(ADA, TAGS, kind)) == "BOUNCED"
    assert desk.mails_ada


@pytest.mark.parametrize("feedback", ["abuse", "fraud", None])
def test_who_complains_gets_no_mail_any_more(desk: Desk, feedback: str | None) -> None:
    assert desk.note(complained(ADA, TAGS, feedback)) == "COMPLAINED"
    assert desk.claim["returned"] == "COMPLAINED"
    assert not desk.mails_ada


def test_who_takes_a_mail_out_of_the_spam_goes_on_getting_some(desk: Desk) -> None:
    assert desk.note(complained(ADA, TAGS, "not-spam")) == "nothing to note"
    assert desk.mails_ada
    assert "returned" not in desk.claim


def test_a_former_address_changes_nothing_for_the_present_one(desk: Desk) -> None:
    desk.mailbox.addresses["customer-1"] = "ada@new.example"
    assert desk.note(bounced(ADA, TAGS)) == "BOUNCED"
    assert desk.mails_ada


def test_what_comes_again_is_nothing_new(desk: Desk) -> None:
    events = [bounced(ADA, TAGS), bounced(ADA, TAGS), complained(ADA, TAGS)]
    assert [desk.note(event) for event in events] == ["BOUNCED", "nothing new", "nothing new"]


@pytest.mark.parametrize("order", list(permutations(["sent", "bounced", "bounced"])))
def test_any_order_ends_the_same(order: tuple[str, ...]) -> None:
    desk = Desk()
    for step in order:
        if step == "bounced":
            desk.note(bounced(ADA, TAGS))
        else:
            desk.sent()
    assert (desk.claim["state"], desk.claim["returned"]) == ("SENT", "BOUNCED")


def test_a_mail_that_is_not_ours_is_left(desk: Desk) -> None:
    assert desk.note(bounced(ADA, {"campaign": "spring"})) == "not ours"
    unknown = MailId(ORDER, "order-2", "order-confirmation", "customer-2").tags()
    assert desk.note(bounced("eve@example.com", unknown)) == "nothing new"
    assert desk.mails_ada


@pytest.mark.parametrize(
    "mail", [MAIL, MailId(CART, "c", "CartAbandoned#1-2", "c"), MailId(ORDER, "o", "a-b", "c")]
)
def test_tags_name_the_mail_in_the_letters_that_they_may_have(mail: MailId) -> None:
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,256}", value) for value in mail.tags().values())
    assert MailId.from_tags(mail.tags()) == mail


def test_no_address_is_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    note = NoteReturnedMail(desk.database, "orders", desk.mailbox)
    monkeypatch.setattr(returned, "_note_returned", lambda: note)
    malformed = bounced(ADA, TAGS)
    del malformed["detail"]["bounce"]["bounceType"]
    bodies = [json.dumps(one) for one in (bounced(ADA, TAGS), malformed)]
    records = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
    answer = returned.handler({"Records": records}, None)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    logged = str([vars(record) for record in caplog.records])
    assert "BOUNCED" in logged
    assert "bounceType" in caplog.text
    assert "example.com" not in f"{logged}{caplog.text}".lower()


class TestUserPool:
    """The address book of the deployed functions."""

    @pytest.fixture
    def pool(self) -> Iterator[tuple[UserPoolAddressBook, Any, str]]:
        with mock_aws():
            client = boto3.client("cognito-idp", region_name="us-east-1")
            pool = client.create_user_pool(
                PoolName="users",
                Schema=[{"Name": "undeliverable", "AttributeDataType": "String", "Mutable": True}],
            )["UserPool"]["Id"]
            client.admin_create_user(
                UserPoolId=pool,
                Username="ada",
                UserAttributes=[
                    {"Name": "email", "Value": ADA},
                    {"Name": "email_verified", "Value": "true"},
                ],
            )
            yield UserPoolAddressBook(lambda: client, pool), client, pool

    def test_an_address_is_given_up_once_until_there_is_another(
        self, pool: tuple[UserPoolAddressBook, Any, str]
    ) -> None:
        book, client, pool_id = pool
        assert book.address_of("ada") == ADA
        assert not book.give_up("ada", "ada@former.example")
        assert book.give_up("ada", ADA.upper())
        assert not book.give_up("ada", ADA)
        assert book.address_of("ada") is None
        client.admin_update_user_attributes(
            UserPoolId=pool_id,
            Username="ada",
            UserAttributes=[
                {"Name": "email", "Value": "ada@new.example"},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
        assert book.address_of("ada") == "ada@new.example"

    def test_a_user_who_is_gone_has_none(self, pool: tuple[UserPoolAddressBook, Any, str]) -> None:
        book, _, _ = pool
        assert not book.give_up("eve", ADA)
        assert book.address_of("eve") is None
