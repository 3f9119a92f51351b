"""The tables of docs/saga.md cannot say anything else than the code."""

from dataclasses import replace

import pytest
from boto3.dynamodb.conditions import Attr, ConditionBase

from functions.shared.writes import Key, Write, absent
from scripts.dev.saga_moves import Machine, Move, machines
from scripts.dev.saga_tables import Drift, check, diagram, filled, table

KEY = Key("LAMP#1", "METADATA")


def _write(to: str, condition: ConditionBase) -> Write:
    return Write("lamps", KEY, "update", changes={"state": to}, condition=condition)


BUY = Write("lamps", KEY, "put", item={"state": "OFF"}, condition=absent())
ON = _write("ON", Attr("state").is_in(["OFF"]) & Attr("plugged").exists())
OFF = _write("OFF", Attr("state").eq("ON"))
LAMP = Machine(
    "lamp",
    "state",
    "lamps/domain.py",
    frozenset({("OFF", "ON"), ("ON", "OFF")}),
    [
        Move("a buyer", "Lamp.buy", BUY),
        Move("a hand", "Lamp.on", ON),
        Move("a cat", "Lamp.off", OFF),
    ],
)


def test_a_row_is_read_off_its_write() -> None:
    assert table(LAMP).splitlines()[2:] == [
        "| — | OFF | a buyer | `Lamp.buy`: it does not exist |  |",
        "| OFF | ON | a hand | `Lamp.on`: state = OFF and plugged exists |  |",
        "| ON | OFF | a cat | `Lamp.off`: state = ON |  |",
    ]
    assert "    OFF --> ON: a hand" in diagram(LAMP).splitlines()
    assert "    [*] --> OFF: a buyer" in diagram(LAMP).splitlines()


@pytest.mark.parametrize("machine", machines(), ids=lambda machine: machine.name)
def test_the_moves_are_those_of_the_code(machine: Machine) -> None:
    check(machine)


def test_a_move_beyond_the_table_is_drift() -> None:
    broken = [*LAMP.moves, Move("a storm", "Lamp.broken", _write("BROKEN", Attr("state").eq("ON")))]
    with pytest.raises(Drift, match="ON → BROKEN is made, but not in lamps"):
        check(replace(LAMP, moves=broken))


def test_a_transition_that_nothing_makes_is_drift() -> None:
    with pytest.raises(Drift, match="ON → OFF is allowed, but nothing makes it"):
        check(replace(LAMP, moves=LAMP.moves[:2]))


def test_a_write_that_moves_a_state_whatever_it_is_is_drift() -> None:
    moves = [Move("a hand", "Lamp.on", _write("ON", Attr("plugged").exists()))]
    with pytest.raises(Drift, match="whatever it is"):
        check(replace(LAMP, moves=moves))


def test_only_what_is_between_the_markers_is_replaced() -> None:
    text = "before\n<!-- generated: lamp -->old<!-- /generated -->\nafter"
    new = filled(text, [("lamp", "new")])
    assert new == "before\n<!-- generated: lamp -->\n\nnew\n\n<!-- /generated -->\nafter"
    assert filled(new, [("lamp", "new")]) == new


@pytest.mark.parametrize("text", ["", "<!-- generated: lamp -->", "<!-- /generated -->"])
def test_a_document_without_a_place_is_drift(text: str) -> None:
    with pytest.raises(Drift, match="no place for lamp"):
        filled(text, [("lamp", "new")])
