"""Every mail says the same as text and as HTML, loads nothing, and lets nobody write markup."""

from html.parser import HTMLParser

import pytest

from functions.notifications.confirmation import MailLine, confirmation
from functions.notifications.message import Message
from functions.notifications.news import news_of
from tests.unit.notifications.test_inform import EVENTS

CONFIRMATION = confirmation(
    "0b5c0f52-9d61-5f0e-8f6c-3b9c0a3f1d11",
    "Ada <Example> & Sons",
    [
        MailLine("House Espresso Beans, 250 g", 2, 2580),
        MailLine(
            "A Notebook with a Name that is Longer than any Line of a Mail Should be", 1, 1490
        ),
        MailLine("Desk Lamp", 10, 123_450),
    ],
    127_520,
    "EUR",
)
MESSAGES = {
    "OrderConfirmed": CONFIRMATION,
    **{name: news_of(event) for name, event in EVENTS.items()},
}
_VOID = {"meta"}


class Page(HTMLParser):
    """What a mail program shows, and what it would have to load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes |= {name for name, _ in attrs}
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "title" not in self.open and "h1" not in self.open:
            self.words += data.split()


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_text_and_html_say_the_same(message: Message) -> None:
    page = Page(message.html)
    assert page.open == []
    assert page.words == [word for word in message.text.split() if set(word) != {"-"}]
    assert f"<title>{message.subject}</title>" in message.html


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_nothing_is_loaded_from_anywhere(message: Message) -> None:
    assert Page(message.html).attributes <= {"style", "lang", "charset", "name", "content"}
    assert "http" not in message.html
    assert "url(" not in message.html


def test_names_are_no_markup() -> None:
    assert "Ada &lt;Example&gt; &amp; Sons" in CONFIRMATION.html
    assert "Ada <Example> & Sons" in CONFIRMATION.text


def test_amounts_stand_below_each_other() -> None:
    listing = [line for line in CONFIRMATION.text.splitlines() if line.startswith("  ")]
    assert len(listing) == 5
    assert len({len(line) for line in listing}) == 1
    assert listing[-1].split() == ["Total", "1275.20", "EUR"]
