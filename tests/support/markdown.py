"""Markdown pages as tests ask about them."""

import re
from pathlib import Path


def anchors(page: Path, *, under: str = "") -> list[str]:
    """The anchors of a page's headings, as GitHub makes them.

    Args:
        under: of the sections below that heading only.
    """
    found: list[tuple[int, str]] = []
    fenced = False
    for line in page.read_text().splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        heading = re.match(r"(#+) (.+)", line)
        if heading and not fenced:
            found.append((len(heading[1]), anchor(heading[2])))
    if not under:
        return [name for _, name in found]
    start = next(i for i, (_, name) in enumerate(found) if name == under)
    inside = []
    for level, name in found[start + 1 :]:
        if level <= found[start][0]:
            break
        inside.append(name)
    return inside


def anchor(heading: str) -> str:
    """The anchor of a heading: small letters, no punctuation, hyphens for spaces."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
