"""An OpenAPI document as a page for readers: static HTML, without scripts and foreign assets."""

import json
from collections.abc import Iterator
from html import escape
from typing import Any, Final

Node = dict[str, Any]

_STYLE: Final = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
details { border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; }
summary b { display: inline-block; width: 4.5rem; }
summary i { float: right; opacity: .7; }
pre { overflow-x: auto; background: #8881; padding: .6rem; border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; }
td, th { text-align: left; vertical-align: top; padding: .2rem .8rem .2rem 0; }
"""


def page(document: Node) -> str:
    """The whole page."""
    info = document["info"]
    body = "".join(
        [
            f"<h1>{escape(info['title'])}</h1>",
            f"<p>{_text(info['description'])}</p>",
            f"<p>{_text(document['components']['securitySchemes']['accessToken']['description'])}",
            ' <a href="openapi.json">The same as OpenAPI 3.1.</a></p>',
            *(_tag(tag["name"], document) for tag in document["tags"]),
            "<h2>schemas</h2>",
            *(_schema(name, it) for name, it in document["components"]["schemas"].items()),
        ]
    )
    title = escape(info["title"])
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{_STYLE}</style><body>{body}</body></html>\n"
    )


def _tag(name: str, document: Node) -> str:
    return f"<h2>{escape(name)}</h2>" + "".join(
        _operation(method, path, operation, document["components"]["responses"])
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation["tags"] == [name]
    )


def _operation(method: str, path: str, operation: Node, common: Node) -> str:
    answers = {
        status: common[answer["$ref"].rpartition("/")[2]] if "$ref" in answer else answer
        for status, answer in operation["responses"].items()
    }
    parts = [
        f'<details id="{operation["operationId"]}"><summary><b>{method.upper()}</b>',
        f"<code>{escape(path)}</code><i>{_who(operation['security'])}</i></summary>",
        f"<p>{_text(operation['summary'])}</p>",
    ]
    if operation["parameters"]:
        rows: list[tuple[str, ...]] = [
            (f"<code>{one['name']}</code>", one["in"], _needed(one), _text(one["description"]))
            for one in operation["parameters"]
        ]
        parts.append(_table("Parameters", rows))
    if "requestBody" in operation:
        parts += ["<h4>Body</h4>", *_content(operation["requestBody"]["content"])]
    answered: list[tuple[str, ...]] = [
        (f"<b>{status}</b>", _text(answer["description"]), ", ".join(answer.get("headers", ())))
        for status, answer in answers.items()
    ]
    parts.append(_table("Answers", answered))
    for status, answer in answers.items():
        if int(status) < 300 and "content" in answer:
            parts += [f"<h4>{status}</h4>", *_content(answer["content"])]
    return "".join([*parts, "</details>"])


def _who(security: list[Node]) -> str:
    if not security:
        return "anybody"
    return "operators" if security[0]["accessToken"] else "customers"


def _needed(parameter: Node) -> str:
    return "required" if parameter["required"] else "optional"


def _content(content: Node) -> Iterator[str]:
    for media, one in content.items():
        name = one["schema"].get("$ref", "").rpartition("/")[2]
        link = f' <a href="#{name}">{name}</a>' if name else ""
        yield f"<p><code>{media}</code>{link}</p>"
        if "example" in one:
            yield _code(one["example"])


def _schema(name: str, schema: Node) -> str:
    return f'<details id="{name}"><summary><code>{name}</code></summary>{_code(schema)}</details>'


def _code(value: Any) -> str:
    return f"<pre>{escape(json.dumps(value, indent=2, ensure_ascii=False))}</pre>"


def _table(title: str, rows: list[tuple[str, ...]]) -> str:
    cells = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<h4>{title}</h4><table>{''.join(f'<tr>{row}</tr>' for row in cells)}</table>"


def _text(text: str) -> str:
    """Text with `code` in backquotes."""
    parts = escape(text).split("`")
    return "".join(f"<code>{one}</code>" if i % 2 else one for i, one in enumerate(parts))
