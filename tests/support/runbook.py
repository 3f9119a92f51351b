"""The runbook's commands, as its page has them."""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.support.markdown import anchor

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "runbook.md"
ON_AWS: Final = "# on AWS"
"""How a block begins whose commands only a stage in AWS knows."""
ENTRY: Final = "scripts/shop"

Block = tuple[str, ...]
"""Commands that are run one after the other."""


@dataclass(frozen=True)
class Section:
    """A section's blocks of commands, those on AWS apart."""

    blocks: tuple[Block, ...]
    on_aws: tuple[Block, ...]


def sections(text: str | None = None) -> dict[str, Section]:
    """The sections of the page that have commands in blocks, by their anchor."""
    page = PAGE.read_text() if text is None else text
    found = {}
    for part in re.split(r"^## ", page, flags=re.MULTILINE)[1:]:
        title, _, content = part.partition("\n")
        blocks = re.findall(r"^ *```sh\n(.*?)^ *```", content, re.DOTALL | re.MULTILINE)
        on_aws = tuple(_commands(one) for one in blocks if one.lstrip().startswith(ON_AWS))
        local = tuple(_commands(one) for one in blocks if not one.lstrip().startswith(ON_AWS))
        if blocks:
            found[anchor(title)] = Section(local, on_aws)
    return found


def _commands(block: str) -> Block:
    joined = block.replace("\\\n", " ")
    lines = (line.strip() for line in joined.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def inline(text: str | None = None) -> list[str]:
    """Commands of the shop's entry that stand in sentences."""
    page = PAGE.read_text() if text is None else text
    return re.findall(rf"`({ENTRY} [^`]+)`", page)


def words(command: str, given: Mapping[str, str]) -> list[str]:
    """A command's words as the shell would have them, with placeholders filled in.

    Raises:
        KeyError: the page names something in capitals that is not given.
    """
    return [
        _PLACEHOLDER.sub(lambda found: given[found[0]], word) if word not in METHODS else word
        for word in shlex.split(command, comments=True)
    ]


METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_PLACEHOLDER: Final = re.compile(r"\b(?<![-\w])[A-Z]+(?:_[A-Z]+)*\b(?![-\w])")
