"""Events fit those who know the released schemas; and the gate that says so finds each break."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from contracts.compatibility import RELEASED, breaks, misfits
from contracts.generate import EVENTS, SCHEMAS
from contracts.money import Currency


def test_no_event_breaks_a_consumer_of_the_released_schemas() -> None:
    assert breaks() == []


def test_events_and_the_payload_of_tasks_are_released() -> None:
    assert len(list(RELEASED.glob("*.json"))) >= 18
    names = {event.event_type() for event in EVENTS} | {"TaskInput"}
    assert {path.name.split(".")[0] for path in RELEASED.glob("*.json")} <= names


class Line(BaseModel):
    """A line as it was released."""

    sku: str
    quantity: int = Field(ge=1)


LINES = (tuple[Line, ...], ...)
OLD: dict[str, Any] = {
    "order_id": (str, ...),
    "total": (int, Field(ge=0)),
    "currency": (Currency, ...),
    "status": (Literal["ACTIVE", "RETIRED"], ...),
    "at": (datetime, ...),
    "brand": (str | None, None),
    "lines": LINES,
    "names": (dict[str, tuple[str, ...]], ...),
}


def schema(**fields: Any) -> dict[str, Any]:
    """The schema of an event like the released one, with other fields; None takes one away."""
    wanted = {name: kind for name, kind in {**OLD, **fields}.items() if kind is not None}
    model: type[BaseModel] = create_model("Event", **wanted)
    return model.model_json_schema()


def line(**fields: Any) -> Any:
    model = create_model("Line", **{"sku": (str, ...), "quantity": (int, Field(ge=1)), **fields})
    return (tuple[model, ...], ...)  # type: ignore[valid-type]  # made at run time


HARMLESS = {
    "nothing": {},
    "a new field that may be missing": {"note": (str | None, None)},
    "an optional field goes": {"brand": None},
    "text of a new field in a line": {"lines": line(note=(str, ""))},
}
FOR_OLD_CONSUMERS = {
    "a field goes": ({"total": None}, "total may be missing"),
    "a field may be missing": ({"total": (int, Field(default=0, ge=0))}, "total may be missing"),
    "another type": ({"total": (str, ...)}, "total may be of type string"),
    "null is new": (
        {"total": (Annotated[int, Field(ge=0)] | None, ...)},
        "total may be of type null",
    ),
    "a wider bound": ({"total": (int, Field(ge=-1))}, "total may be below minimum 0"),
    "a bound goes": ({"total": (int, ...)}, "total may be below minimum 0"),
    "a new value": (
        {"status": (Literal["ACTIVE", "RETIRED", "DRAFT"], ...)},
        "status may be 'DRAFT'",
    ),
    "any value": ({"status": (str, ...)}, "status may have any value"),
    "another pattern": (
        {"currency": (str, Field(pattern="^[a-z]{3}$"))},
        "currency may be other than pattern",
    ),
    "another format": ({"at": (str, ...)}, "at may be other than format date-time"),
    "a line's field goes": (
        {"lines": line(quantity=(int, Field(default=1, ge=1)))},
        "lines[].quantity may be missing",
    ),
    "a line's field is of another type": (
        {"lines": line(sku=(int, ...))},
        "lines[].sku may be of type integer",
    ),
    "a type within a mapping": (
        {"names": (dict[str, tuple[int, ...]], ...)},
        "names{}[] may be of type integer",
    ),
    "an optional field of another type": (
        {"brand": (int | None, None)},
        "brand may be of type integer",
    ),
}
FOR_ARCHIVED_EVENTS = {
    "a new field that must be there": ({"note": (str, ...)}, "note may be missing"),
    "an optional field must be there": ({"brand": (str | None, ...)}, "brand may be missing"),
    "null goes": ({"brand": (str, "")}, "brand may be of type null"),
    "a narrower bound": ({"total": (int, Field(ge=1))}, "total may be below minimum 1"),
    "a new upper bound": ({"total": (int, Field(ge=0, le=9))}, "total may be above maximum 9"),
    "a value goes": ({"status": (Literal["ACTIVE"], ...)}, "status may be 'RETIRED'"),
    "a new pattern": (
        {"order_id": (str, Field(pattern="^o"))},
        "order_id may be other than pattern",
    ),
    "a line's new field must be there": (
        {"lines": line(note=(str, ...))},
        "lines[].note may be missing",
    ),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_harmless_changes_pass_both_ways(change: dict[str, Any]) -> None:
    assert misfits(schema(**change), schema()) == []
    assert misfits(schema(), schema(**change)) == []


@pytest.mark.parametrize(("change", "said"), FOR_OLD_CONSUMERS.values(), ids=FOR_OLD_CONSUMERS)
def test_a_new_event_that_old_consumers_cannot_read(change: dict[str, Any], said: str) -> None:
    (found,) = misfits(schema(**change), schema())
    assert found.startswith(said)


@pytest.mark.parametrize(("change", "said"), FOR_ARCHIVED_EVENTS.values(), ids=FOR_ARCHIVED_EVENTS)
def test_an_archived_event_that_new_consumers_cannot_read(
    change: dict[str, Any], said: str
) -> None:
    (found,) = misfits(schema(), schema(**change))
    assert found.startswith(said)


def test_a_type_that_holds_itself_is_compared_once() -> None:
    class Tree(BaseModel):
        size: int
        branches: "tuple[Tree, ...]" = ()

    class Bush(BaseModel):
        size: str
        branches: "tuple[Bush, ...]" = ()

    Tree.model_rebuild()
    Bush.model_rebuild()
    made = {"$ref": "#/$defs/Tree", **Tree.model_json_schema()}
    assert misfits(made, made) == []
    assert misfits({**Bush.model_json_schema()}, made) != []


def changed(folder: Path, event: str, change: Any) -> Path:
    """The schemas of today, one of them changed."""
    for path in SCHEMAS.glob("*.v*.json"):
        whole = json.loads(path.read_text())
        if path.name.startswith(f"{event}."):
            change(whole)
        (folder / path.name).write_text(json.dumps(whole))
    return folder


def test_the_gate_names_event_and_field(tmp_path: Path) -> None:
    def rename(whole: dict[str, Any]) -> None:
        placed = whole["$defs"]["OrderPlaced"]
        placed["properties"]["sum"] = placed["properties"].pop("total")
        placed["required"] = ["sum" if name == "total" else name for name in placed["required"]]

    found = breaks(current=changed(tmp_path, "OrderPlaced", rename))
    assert found == [
        "OrderPlaced.v1: a consumer of the released schema: data.total may be missing",
        "OrderPlaced.v1: an archived event, read today: data.sum may be missing",
    ]


def test_an_event_that_is_published_no_longer_is_a_break(tmp_path: Path) -> None:
    folder = changed(tmp_path, "OrderPlaced", lambda whole: None)
    (folder / "OrderShipped.v1.json").unlink()
    assert breaks(current=folder) == ["OrderShipped.v1: is released and no longer published"]


def test_a_new_event_is_harmless(tmp_path: Path) -> None:
    folder = changed(tmp_path, "OrderPlaced", lambda whole: None)
    (folder / "WishGranted.v1.json").write_text("{}")
    assert breaks(current=folder) == []
