"""What a mail looks like: the same words as text and as HTML.

Styles stand in the elements, because mail programs drop style sheets; nothing is loaded from
anywhere, so a mail tells nobody that it was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final


@dataclass(frozen=True, slots=True)
class Message:
    """An e-mail in both forms."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Table:
    """Names with amounts, the last of which is their sum."""

    rows: Sequence[tuple[str, str]]
    total: tuple[str, str]


_BODY: Final = (
    "margin:0;padding:24px 12px;background:#f4f4f2;color:#222;"
    "font:16px/1.5 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
)
_CARD: Final = (
    "max-width:560px;margin:0 auto;padding:28px 32px;background:#fff;border:1px solid #e2e2de;"
    "border-radius:8px"
)
_HEADING: Final = "margin:0 0 20px;font-size:20px;line-height:1.3;overflow-wrap:anywhere"
_PARAGRAPH: Final = "margin:0 0 14px;overflow-wrap:anywhere"
_TABLE: Final = "width:100%;margin:4px 0 18px;border-collapse:collapse"
_NAME: Final = "padding:8px 12px 8px 0;text-align:left;border-top:1px solid #e2e2de"
_AMOUNT: Final = (
    "padding:8px 0;text-align:right;white-space:nowrap;vertical-align:top;"
    "border-top:1px solid #e2e2de"
)


def compose(subject: str, *parts: str | Table) -> Message:
    """A mail of paragraphs and tables; the first is the greeting."""
    return Message(
        subject=subject,
        text="\n\n".join(_text(part) for part in parts) + "\n",
        html=(
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>{escape(subject)}</title></head>"
            f'<body style="{_BODY}"><div style="{_CARD}">'
            f'<h1 style="{_HEADING}">{escape(subject)}</h1>'
            f"{''.join(_html(part) for part in parts)}</div></body></html>"
        ),
    )


def _text(part: str | Table) -> str:
    if isinstance(part, str):
        return part
    rows = [*part.rows, part.total]
    names = max(len(name) for name, _ in rows)
    amounts = max(len(amount) for _, amount in rows)
    lines = [f"  {name:<{names}}  {amount:>{amounts}}" for name, amount in rows]
    rule = "  " + "-" * (names + 2 + amounts)
    return "\n".join([*lines[:-1], rule, lines[-1]])


def _html(part: str | Table) -> str:
    if isinstance(part, str):
        return f'<p style="{_PARAGRAPH}">{escape(part)}</p>'
    rows = "".join(_row("td", *row) for row in part.rows) + _row("th", *part.total)
    return f'<table style="{_TABLE}">{rows}</table>'


def _row(cell: str, name: str, amount: str) -> str:
    return (
        f'<tr><{cell} style="{_NAME}">{escape(name)}</{cell}>'
        f'<{cell} style="{_AMOUNT}">{escape(amount)}</{cell}></tr>'
    )
