"""Whether events fit those who know the released schemas: `python -m contracts.compatibility`.

Two questions of each event: can a consumer that knows the released schema read what is published
now, and can a consumer of today read the events that were archived under the released schema?
Both are one: whether a reader's schema takes all that a writer's may bring forth. Fields that a
reader does not know are ignored, as the models do. The payload of the saga's tasks is held to the
same: while a release is a canary, and after it went back, both codes read what either definition
sends.

With `--release` the schemas of today become the released ones, if nothing breaks. A break that is
meant is a new event, or removes the released file in the commit that says why.
"""

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from contracts.generate import SCHEMAS

RELEASED: Final = SCHEMAS / "released"
_EVENTS: Final = "*.v*.json"
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")

Schema = dict[str, Any]


def breaks(released: Path = RELEASED, current: Path = SCHEMAS) -> list[str]:
    """What is broken, each with its event, its field, and who cannot read it."""
    found = []
    for file in sorted(released.glob(_EVENTS)):
        old, event = json.loads(file.read_text()), file.name.removesuffix(".json")
        if not (current / file.name).exists():
            found.append(f"{event}: is released and no longer published")
            continue
        new = json.loads((current / file.name).read_text())
        found += [f"{event}: a consumer of the released schema: {one}" for one in misfits(new, old)]
        found += [f"{event}: an archived event, read today: {one}" for one in misfits(old, new)]
    return found


def misfits(writer: Schema, reader: Schema) -> list[str]:
    """What a writer may write and a reader does not take, each with its field."""
    return list(_Comparison(writer, reader).misfits(writer, reader, ""))


class _Comparison:
    """Two whole schemas, in which `$ref` is looked up."""

    def __init__(self, writer: Schema, reader: Schema) -> None:
        self._writer, self._reader = writer, reader
        self._open: set[tuple[str, str]] = set()

    def misfits(self, writer: Schema, reader: Schema, field: str) -> Iterator[str]:
        pair = (writer.get("$ref", ""), reader.get("$ref", ""))
        if all(pair):
            if pair in self._open:  # a type that holds itself is being compared already
                return
            self._open.add(pair)
        yield from self._resolved(
            _resolve(writer, self._writer), _resolve(reader, self._reader), field
        )
        self._open.discard(pair)

    def _resolved(self, writer: Schema, reader: Schema, field: str) -> Iterator[str]:
        if "anyOf" in writer:
            for branch in writer["anyOf"]:
                yield from self.misfits(branch, reader, field)
        elif "anyOf" in reader:
            yield from self._best_branch(writer, reader["anyOf"], field)
        else:
            yield from self._same_kind(writer, reader, field)

    def _best_branch(self, writer: Schema, branches: list[Schema], field: str) -> Iterator[str]:
        """None, if a branch takes it all; else what the nearest one does not take."""
        tried = [list(self.misfits(writer, branch, field)) for branch in branches]
        yield from min(tried, key=len)

    def _same_kind(self, writer: Schema, reader: Schema, field: str) -> Iterator[str]:
        kind, wanted = writer.get("type"), reader.get("type")
        if wanted is not None and kind != wanted and (kind, wanted) != ("integer", "number"):
            yield f"{_name(field)} may be of type {kind or 'any'}, {wanted} is read"
            return
        yield from _values(writer, reader, field)
        yield from _bounds(writer, reader, field)
        yield from _text(writer, reader, field)
        yield from self._members(writer, reader, field)
        if "items" in writer and "items" in reader:
            yield from self.misfits(writer["items"], reader["items"], f"{field}[]")

    def _members(self, writer: Schema, reader: Schema, field: str) -> Iterator[str]:
        written, read = writer.get("properties", {}), reader.get("properties", {})
        always = writer.get("required", [])
        for name in sorted(reader.get("required", [])):
            if name not in always:
                yield f"{_name(_join(field, name))} may be missing"
        for name in sorted(written):
            if name in read:
                yield from self.misfits(written[name], read[name], _join(field, name))
            elif reader.get("additionalProperties") is False:
                yield f"{_name(_join(field, name))} is not allowed"
        value, taken = writer.get("additionalProperties"), reader.get("additionalProperties")
        if isinstance(value, dict) and isinstance(taken, dict):
            yield from self.misfits(value, taken, f"{field}{{}}")


def _resolve(schema: Schema, whole: Schema) -> Schema:
    while "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _values(writer: Schema, reader: Schema, field: str) -> Iterator[str]:
    taken = _listed(reader)
    if taken is None:
        return
    written = _listed(writer)
    if written is None:
        yield f"{_name(field)} may have any value, only {taken} are read"
        return
    for value in written:
        if value not in taken:
            yield f"{_name(field)} may be {value!r}, which is not read"


def _listed(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values: list[Any] | None = schema.get("enum")
    return values


def _bounds(writer: Schema, reader: Schema, field: str) -> Iterator[str]:
    for bound in _LOWER:
        if bound in reader and writer.get(bound, float("-inf")) < reader[bound]:
            yield f"{_name(field)} may be below {bound} {reader[bound]}"
    for bound in _UPPER:
        if bound in reader and writer.get(bound, float("inf")) > reader[bound]:
            yield f"{_name(field)} may be above {bound} {reader[bound]}"


def _text(writer: Schema, reader: Schema, field: str) -> Iterator[str]:
    """Whether one pattern takes all that another does is not decided: they must be the same."""
    if _listed(writer) is not None:
        return
    for rule in ("pattern", "format"):
        if rule in reader and writer.get(rule) != reader[rule]:
            yield f"{_name(field)} may be other than {rule} {reader[rule]}"


def _join(field: str, name: str) -> str:
    return f"{field}.{name}" if field else name


def _name(field: str) -> str:
    return field or "the event"


def main() -> int:
    """Says what is broken; releases the schemas if that is asked for and nothing is."""
    parser = argparse.ArgumentParser(description="Hold the events against the released schemas.")
    parser.add_argument("--release", action="store_true", help="release the schemas of today")
    release, found = parser.parse_args().release, breaks()
    for one in found:
        sys.stderr.write(f"{one}\n")
    if release and not found:
        RELEASED.mkdir(exist_ok=True)
        for file in SCHEMAS.glob(_EVENTS):
            shutil.copyfile(file, RELEASED / file.name)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
