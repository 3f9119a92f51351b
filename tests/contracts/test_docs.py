"""The documents point at what exists."""

import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted(chain(ROOT.glob("*.md"), ROOT.glob("docs/**/*.md")))
WITH_INVENTED_EXAMPLES = {"CONTRIBUTING.md"}

_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
_PATH = re.compile(r"`((?:contracts|functions|workflows|infra|scripts|tests|docs)/[\w./-]+)`")


def _name(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_links_lead_somewhere(document: Path) -> None:
    targets = _LINK.findall(document.read_text(encoding="utf-8"))
    assert [target for target in targets if not (document.parent / target).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=_name)
def test_files_that_are_named_exist(document: Path) -> None:
    if _name(document) not in WITH_INVENTED_EXAMPLES:
        paths = _PATH.findall(document.read_text(encoding="utf-8"))
        assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_decision_stands_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    decisions = [path.name for path in sorted((ROOT / "docs" / "adr").glob("*.md"))]
    assert [name for name in decisions if f"adr/{name}" not in index] == []
