"""What the runbook tells people to type `scripts/shop` understands, and its links lead somewhere.

`tests/e2e/test_runbook.py` follows its blocks on the deployed shop.
"""

import re
import shlex
from collections.abc import Iterator

import pytest

from scripts.ops.__main__ import build_parser
from tests.support.markdown import anchors
from tests.support.runbook import ENTRY, PAGE, inline, sections, words

EXAMPLES = {
    "ORDERS_A_MINUTE": "3000",
    "FROM": "2026-03-01T00:00Z",
    "TO": "2026-03-02T00:00Z",
    "SKU": "HEB-250G",
}


def _commands() -> Iterator[str]:
    yield from inline()
    for section in sections().values():
        for block in section.blocks:
            yield from block


@pytest.mark.parametrize("command", sorted(set(_commands())))
def test_the_entry_understands_each_command(command: str) -> None:
    typed = shlex.split(command, comments=True)
    assert typed.pop(0) == ENTRY
    parsed = build_parser().parse_args([EXAMPLES.get(word, word) for word in typed])
    assert parsed.verb == typed[0]


def test_what_is_told_of_an_alarm_says_where_to_look_and_what_to_do() -> None:
    (chapter,) = re.findall(r"^## Alarms\n(.*?)^## ", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    _, *told = re.split(r"^### ", chapter, flags=re.MULTILINE)
    assert told
    for section in told:
        meaning, look, remedy = re.split(r"^- (?:First look|Remedy): ", section, flags=re.MULTILINE)
        assert len(meaning.splitlines()) > 2
        assert f"`{ENTRY} " in look, section
        assert "](#" in remedy or f"`{ENTRY} " in remedy, section


def test_links_within_the_page_lead_to_its_sections() -> None:
    linked = set(re.findall(r"\]\(#([\w-]+)\)", PAGE.read_text()))
    assert linked <= set(anchors(PAGE))


def test_a_placeholder_that_nobody_fills_in_is_found() -> None:
    text = "## One\n\n```sh\nscripts/shop order ORDER_ID  # its page\n```\n"
    (block,) = sections(text)["one"].blocks
    assert words(block[0], {"ORDER_ID": "o-1"}) == ["scripts/shop", "order", "o-1"]
    with pytest.raises(KeyError):
        words(block[0], {})


def test_commands_on_aws_are_known_by_their_mark() -> None:
    text = "## One\n\n```sh\n# on AWS\naws s3 ls \\\n  x\n```\n\n1. a\n\n   ```sh\n   b c\n   ```\n"
    found = sections(text)["one"]
    assert found.on_aws == (("aws s3 ls    x",),)
    assert found.blocks == (("b c",),)
